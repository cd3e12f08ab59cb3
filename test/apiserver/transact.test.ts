// How often a write is decided: a refusal, or an answer that commits nothing, needs a current snapshot; what is already as
// it was asked for is not worked out a second time.
import { describe, expect, it } from 'vitest';
import { ApiError, createApiRegistry } from '../../src/api/index.ts';
import { internalEnvelope } from '../../src/apiserver/storage/codec.ts';
import { type Step, transact } from '../../src/apiserver/storage/transact.ts';
import { Cancellation, defined } from '../../src/lib/index.ts';
import { createMemoryStore, type ObjectStore, type StoredObject, storeKey } from '../../src/store/index.ts';
import { manualClock } from '../support/manual-clock.ts';

const KEY = storeKey('configmaps', 'default', 'a');
const signal = new Cancellation();
const definition = defined(createApiRegistry().find('', 'v1', 'configmaps'), 'configmaps');

async function put(store: ObjectStore): Promise<StoredObject> {
  const write = { kind: 'put', key: KEY, envelope: internalEnvelope() } as const;
  const outcome = await store.commit({ conditions: [], writes: [write] }, signal);
  if (outcome.kind !== 'committed') throw new Error('a command without conditions was refused');
  return defined(outcome.objects[0], 'the object');
}

/** How often `decide` was called, and what came of it; `meanwhile` happens once, while it decides first. */
async function decided(
  decide: (stored: StoredObject) => Step<number>,
  meanwhile: (store: ObjectStore) => Promise<unknown> = async () => undefined,
): Promise<{ readonly times: number; readonly value: number | string }> {
  const store = createMemoryStore({ clock: manualClock() });
  await put(store);
  let times = 0;
  const value = await transact<number>({
    store,
    signal,
    fence: undefined,
    definition,
    name: 'a',
    async decide(snapshot) {
      times++;
      if (times === 1) await meanwhile(store);
      return decide(defined(snapshot.get(KEY), 'the object'));
    },
  }).catch((error: unknown) => (error instanceof ApiError ? error.message : String(error)));
  return { times, value };
}

const already = (stored: StoredObject): Step<number> => ({ kind: 'answer', value: stored.revision, already: stored });

describe('a write that changes nothing', () => {
  it('is decided once when the version that it found is still the one', async () => {
    expect((await decided(already)).times).toBe(1);
  });

  it('is decided again when that version was overtaken, and answered from what came', async () => {
    const calm = await decided(already);
    const moved = await decided(already, put);
    expect(moved.times).toBe(2);
    expect(moved.value).toBeGreaterThan(Number(calm.value));
  });

  it('is decided again when its answer rests on more than that version', async () => {
    expect((await decided(({ revision }) => ({ kind: 'answer', value: revision }))).times).toBe(2);
  });
});

describe('a refusal', () => {
  it('is always reached twice, the second time on a current snapshot', async () => {
    const refuse = (): never => {
      throw new ApiError(409, 'Conflict', 'no');
    };
    expect(await decided(refuse)).toEqual({ times: 2, value: 'no' });
  });
});
