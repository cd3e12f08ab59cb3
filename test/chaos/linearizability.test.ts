import { describe, expect, it } from 'vitest';
import { checkLinearizable, type Verdict } from '../../chaos/checker/linearizability.ts';
import type { Operation } from '../../chaos/history/operation.ts';
import { madeHistory, naiveVerdict, spoiled } from './generate.ts';

type Rest = Partial<Pick<Operation, 'outcome' | 'refusal' | 'key'>>;
let process = 0;

const at = (start: number, end: number, rest: Rest) => ({
  process: process++,
  key: rest.key ?? 'r',
  start,
  end,
  outcome: rest.outcome ?? ('ok' as const),
  ...(rest.refusal === undefined ? {} : { refusal: rest.refusal }),
});
const create = (start: number, end: number, value: string, revision?: number, rest: Rest = {}): Operation => ({
  ...at(start, end, rest),
  type: 'create',
  argument: { value },
  result: revision === undefined ? null : { revision },
});
const write = (start: number, end: number, value: string, revision?: number, rest: Rest = {}): Operation => ({
  ...at(start, end, rest),
  type: 'write',
  argument: { value },
  result: revision === undefined ? null : { revision },
});
const cas = (
  start: number,
  end: number,
  expected: number,
  value: string,
  revision?: number,
  rest: Rest = {},
): Operation => ({
  ...at(start, end, rest),
  type: 'cas',
  argument: { value, revision: expected },
  result: revision === undefined ? null : { revision },
});
const read = (start: number, end: number, value: string | null, revision?: number, rest: Rest = {}): Operation => ({
  ...at(start, end, rest),
  type: 'read',
  argument: null,
  result: value === null ? null : revision === undefined ? { value } : { value, revision },
});
const remove = (start: number, end: number, rest: Rest = {}): Operation => ({
  ...at(start, end, rest),
  type: 'delete',
  argument: null,
  result: null,
});

const unknown = { outcome: 'unknown' } as const;

describe('good histories', () => {
  const good: Readonly<Record<string, readonly Operation[]>> = {
    'nothing at all': [],
    'one after the other': [create(0, 1, 'a', 1), read(2, 3, 'a', 1), write(4, 5, 'b', 2), read(6, 7, 'b', 2)],
    'a read that overlaps a write may see either': [
      create(0, 1, 'a', 1),
      write(2, 9, 'b', 2),
      read(3, 4, 'a', 1),
      read(5, 6, 'b', 2),
    ],
    'an unknown write seen later': [create(0, 1, 'a', 1), write(2, 3, 'b', undefined, unknown), read(9, 10, 'b', 2)],
    'an unknown write never seen': [create(0, 1, 'a', 1), write(2, 3, 'b', undefined, unknown), read(9, 10, 'a', 1)],
    'an unknown write that takes effect long after': [
      create(0, 1, 'a', 1),
      write(2, 3, 'b', undefined, unknown),
      read(4, 5, 'a', 1),
      read(6, 7, 'b', 2),
    ],
    'an unknown create explains a refusal': [
      create(0, 1, 'a', undefined, unknown),
      create(2, 3, 'b', undefined, { outcome: 'failed', refusal: 'exists' }),
    ],
    'an unknown delete explains an absence': [
      create(0, 1, 'a', 1),
      remove(2, 3, unknown),
      read(4, 5, null),
      create(6, 7, 'b', 3),
    ],
    'a conflict with an unknown write': [
      create(0, 1, 'a', 1),
      write(2, 3, 'b', undefined, unknown),
      cas(4, 5, 1, 'c', undefined, { outcome: 'failed', refusal: 'conflict' }),
    ],
    'without revisions': [create(0, 1, 'a'), write(2, 3, 'b'), read(4, 5, 'b')],
  };
  it.each(Object.entries(good))('%s', (_, history) => {
    expect(checkLinearizable(history).kind).toBe('ok');
  });
});

describe('bad histories', () => {
  const bad: Readonly<Record<string, readonly Operation[]>> = {
    'a stale read': [create(0, 1, 'a', 1), write(2, 3, 'b', 2), read(4, 5, 'a', 1)],
    'a lost write': [create(0, 1, 'a', 1), write(2, 3, 'b', 2), read(4, 5, 'b', 2), read(6, 7, 'a', 1)],
    'a write that comes and goes': [
      create(0, 1, 'a', 1),
      write(2, 3, 'b', undefined, unknown),
      read(4, 5, 'b', 2),
      read(6, 7, 'a', 1),
    ],
    'a read of what nobody wrote': [create(0, 1, 'a', 1), read(2, 3, 'x', 7)],
    'a refused write that took effect': [
      create(0, 1, 'a', 1),
      write(2, 3, 'b', undefined, { outcome: 'failed', refusal: 'other' }),
      read(4, 5, 'b', 2),
    ],
    'two that swap at one revision': [create(0, 1, 'a', 1), cas(2, 9, 1, 'b', 2), cas(3, 8, 1, 'c', 3)],
    'two creates': [create(0, 1, 'a', 1), create(2, 3, 'b', 2)],
    'a refusal without a reason': [
      create(0, 1, 'a', 1),
      create(2, 3, 'b', undefined, { outcome: 'failed', refusal: 'exists' }),
      remove(4, 5),
      create(6, 7, 'c', undefined, { outcome: 'failed', refusal: 'exists' }),
    ],
    'a conflict without a reason': [
      create(0, 1, 'a', 1),
      cas(2, 3, 1, 'b', undefined, { outcome: 'failed', refusal: 'conflict' }),
    ],
    'an absence that nobody made': [create(0, 1, 'a', 1), read(2, 3, null)],
    'revisions that go back': [create(0, 1, 'a', 5), write(2, 3, 'b', 4)],
    'a stale read without revisions': [create(0, 1, 'a'), write(2, 3, 'b'), read(4, 5, 'a')],
    'one unknown delete for two absences': [
      create(0, 1, 'a', 1),
      remove(2, 3, unknown),
      read(4, 5, null),
      create(6, 7, 'b', 3),
      read(8, 9, null),
    ],
  };
  it.each(Object.entries(bad))('%s', (_, history) => {
    expect(checkLinearizable(history).kind).toBe('violation');
  });

  it('are shown by their smallest window', () => {
    const calm = madeHistory({ seed: 3, operations: 400, keys: 1, clients: 4, lost: 0.02 });
    const last = Math.max(...calm.map((operation) => operation.end));
    const after = [
      write(last + 1, last + 2, 'x', 9_001),
      remove(last + 3, last + 4),
      create(last + 5, last + 6, 'a', 10_001),
      write(last + 7, last + 8, 'b', 10_002),
      read(last + 9, last + 10, 'a', 10_001),
    ].map((operation) => ({ ...operation, key: 'r0' }));
    const more = [read(last + 11, last + 12, 'b', 10_002), read(last + 13, last + 14, 'b', 10_002)].map(
      (operation) => ({ ...operation, key: 'r0' }),
    );
    const start = create(last, last, 'never', undefined, { ...unknown, key: 'r0' });
    const verdict = checkLinearizable([...calm, start, ...after, ...more]);
    const window = verdict.kind === 'violation' ? verdict.window : [];
    expect(window.filter((operation) => operation.outcome === 'ok')).toEqual([after[3], after[4]]);
  });
});

describe('the verdict', () => {
  it('on thousands of small histories is that of a judge who tries every order', () => {
    const counts: Record<Verdict['kind'], number> = { ok: 0, violation: 0, 'gave up': 0 };
    for (let seed = 0; seed < 12_000; seed += 1) {
      const made = madeHistory({ seed, operations: 3 + (seed % 5), keys: 1, clients: 3, lost: 0.2 });
      const history = seed % 4 === 0 ? made : spoiled(made, seed);
      const verdict = checkLinearizable(history).kind;
      counts[verdict] += 1;
      if ((verdict === 'ok') !== naiveVerdict(history))
        expect.fail(`seed ${seed}: ${verdict}, but tried one by one: ${naiveVerdict(history)}`);
      if (seed % 4 === 0) expect(verdict).toBe('ok');
    }
    expect(counts['gave up']).toBe(0);
    expect(Math.min(counts.ok, counts.violation)).toBeGreaterThan(500);
  }, 60_000);

  it('on a hundred thousand operations over fifty keys needs about one step for each', () => {
    const history = madeHistory({ seed: 1, operations: 100_000, keys: 50, clients: 20, lost: 0.02 });
    expect(checkLinearizable(history, 20_000)).toEqual({ kind: 'ok', keys: 50, operations: 100_000 });
  }, 60_000);

  it('says that it gave up when the steps do not suffice', () => {
    const history = madeHistory({ seed: 1, operations: 1_000, keys: 1, clients: 20, lost: 0 });
    expect(checkLinearizable(history, 10)).toEqual({ kind: 'gave up', key: 'r0', operations: 1_000 });
  });
});
