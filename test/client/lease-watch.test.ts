// How a candidate waits for a lease that another holds.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Lease, Served } from '../../src/api/index.ts';
import { outwait, type WaitOutcome } from '../../src/client/lease-watch.ts';
import { LEASES } from '../../src/client/resources.ts';
import type { ApiClient } from '../../src/client/types.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { fakeClient } from './support/fake-client.ts';
import { fakeCluster } from './support/fake-cluster.ts';

let clock: ManualClock;
let client: ApiClient;
let lease: Served<Lease>;

beforeEach(async () => {
  clock = manualClock();
  client = fakeClient(fakeCluster());
  const metadata = { namespace: 'kube-system', name: 'test' };
  lease = await client.create(LEASES, { metadata, spec: { holderIdentity: 'other', leaseDurationSeconds: 6 } });
});

/** Waits as `me` from now on, and tells how it ended, if it has. */
function waiting(signal = new AbortController().signal): { outcome(): WaitOutcome | undefined } {
  let ended: WaitOutcome | undefined;
  const seen = { lease, sinceMs: clock.monotonic() };
  void outwait({ client, clock, identity: 'me' }, seen, signal).then((outcome) => {
    ended = outcome;
  });
  return { outcome: () => ended };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function hold(holderIdentity: string): Promise<void> {
  lease = await client.update(LEASES, { ...lease, spec: { ...lease.spec, holderIdentity } });
  await settled();
}

describe('who waits for a lease', () => {
  it('goes on waiting while it is renewed, and learns when it runs out', async () => {
    const wait = waiting();
    clock.advance(5_000);
    await hold('other');
    clock.advance(5_999);
    await settled();
    expect(wait.outcome()).toBeUndefined();
    clock.advance(1);
    await settled();
    expect(wait.outcome()).toMatchObject({ isBlind: false, seen: { lease } });
    expect(clock.pending).toBe(0);
  });

  it('learns at once that it was given up', async () => {
    const wait = waiting();
    await hold('');
    expect(wait.outcome()).toMatchObject({ isBlind: false });
    expect(clock.pending).toBe(0);
  });

  it('learns that it is its own after all, of a claim whose answer was lost', async () => {
    const wait = waiting();
    await hold('me');
    expect(wait.outcome()).toMatchObject({ isBlind: false });
  });

  it('stops when it is told to, before and while it waits', async () => {
    const early = waiting(AbortSignal.abort());
    const stop = new AbortController();
    const late = waiting(stop.signal);
    stop.abort();
    await settled();
    expect([early.outcome()?.isBlind, late.outcome()?.isBlind]).toEqual([true, true]);
    expect(clock.pending).toBe(0);
  });
});
