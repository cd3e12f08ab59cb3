// Leader election over one state, with time that only moves when told.
import { describe, expect, it } from 'vitest';
import type { KubeObject, Lease } from '../../src/api/index.ts';
import { createLeaderElector, type Fence, PODS } from '../../src/client/index.ts';
import { prng, silentLogger, sleep } from '../../src/lib/index.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { fakeClient } from './support/fake-client.ts';
import { type FakeCluster, fakeCluster } from './support/fake-cluster.ts';

const LEASES = 'leases.coordination.k8s.io';

interface Contender {
  readonly events: string[];
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  readonly elector: ReturnType<typeof createLeaderElector>;
  fence: (() => Fence | undefined) | undefined;
  cutOff: boolean;
  /** The next answer is lost. */
  loseAnswer: boolean;
  /** Requests take so long to arrive. */
  delayMs: number;
}

function contend(cluster: FakeCluster, clock: ManualClock, identity: string, endless = true): Contender {
  const client = fakeClient(cluster, {
    before: async () => {
      if (contender.delayMs > 0) await sleep(clock, contender.delayMs);
      if (contender.cutOff) throw new Error('no route');
    },
    after: () => {
      if (!contender.loseAnswer) return;
      contender.loseAnswer = false;
      throw new Error('the answer was lost');
    },
  });
  const random = prng(identity.charCodeAt(0));
  const lease = { namespace: 'kube-system', name: 'test' };
  const elector = createLeaderElector({ client, lease, identity, clock, logger: silentLogger, random });
  const stop = new AbortController();
  const events: string[] = [];
  const lead = async (fence: () => Fence | undefined, signal: AbortSignal): Promise<void> => {
    contender.fence = fence;
    events.push('leads');
    if (endless) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    events.push('stopped');
  };
  const contender: Contender = {
    events,
    stop,
    elector,
    fence: undefined,
    cutOff: false,
    loseAnswer: false,
    delayMs: 0,
    get ended() {
      return ended;
    },
  };
  const ended = elector.run(stop.signal, lead);
  return contender;
}

/** Lets promises settle, then time pass, step by step. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  for (let left = ms; left > 0; left -= 100) {
    clock.advance(Math.min(100, left));
    await settle();
  }
}

const holder = (cluster: FakeCluster): string | undefined =>
  (cluster.get(LEASES, 'kube-system', 'test') as Lease).spec?.holderIdentity;

describe('leader election', () => {
  it('makes one leader, which stays while it renews', async () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const contenders = ['a', 'b', 'c'].map((identity) => contend(cluster, clock, identity));
    await pass(clock, 30_000);
    expect(contenders.map((one) => one.events.length)).toEqual([1, 0, 0]);
    expect(contenders.map((one) => one.elector.isLeader())).toEqual([true, false, false]);
    for (const one of contenders) one.stop.abort();
    await pass(clock, 5_000);
    await Promise.all(contenders.map((one) => one.ended));
  });

  it('hands the lease over at once when the leader is stopped in good order', async () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const a = contend(cluster, clock, 'a');
    await pass(clock, 1_000);
    const b = contend(cluster, clock, 'b');
    await pass(clock, 3_000);
    a.stop.abort();
    await pass(clock, 1_300);
    expect(a.events).toEqual(['leads', 'stopped']);
    expect(b.events).toEqual(['leads']);
    b.stop.abort();
    await pass(clock, 100);
    expect(holder(cluster)).toBe('');
  });

  it('stops a leader that cannot renew before another may lead, and refuses what it still sends', async () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const a = contend(cluster, clock, 'a');
    await pass(clock, 1_000);
    const b = contend(cluster, clock, 'b');
    await pass(clock, 2_000);
    const proof = a.fence?.();
    a.cutOff = true;
    for (let passedMs = 0; b.events.length === 0; passedMs += 100) {
      expect(passedMs).toBeLessThan(10_000);
      await pass(clock, 100);
    }
    expect(a.events).toEqual(['leads', 'stopped']);
    expect(a.elector.isLeader()).toBe(false);
    const late = fakeClient(cluster).fenced(() => proof);
    await expect(late.create(PODS, { metadata: { namespace: 'default', name: 'x' } })).rejects.toMatchObject({
      code: 409,
    });
    const current = fakeClient(cluster).fenced(() => b.fence?.());
    await current.create(PODS, { metadata: { namespace: 'default', name: 'y' } });
    b.stop.abort();
    a.stop.abort();
    await pass(clock, 2_000);
  });

  it('stops leading when its machine slept, although monotonic time stood still', async () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const a = contend(cluster, clock, 'a');
    await pass(clock, 1_500);
    expect(a.elector.isLeader()).toBe(true);
    clock.jump(60_000);
    expect(a.fence?.()).toBeUndefined();
    await pass(clock, 500);
    expect(a.events.slice(0, 2)).toEqual(['leads', 'stopped']);
    a.stop.abort();
    await pass(clock, 2_000);
  });

  it('goes on leading when somebody else wrote to the lease without taking it', async () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const a = contend(cluster, clock, 'a');
    await pass(clock, 1_500);
    const before = a.fence?.();
    cluster.patch(LEASES, 'kube-system', 'test', { metadata: { annotations: { note: 'seen' } } });
    await pass(clock, 10_000);
    expect(a.events).toEqual(['leads']);
    expect(a.fence?.()).toEqual(before);
    expect((cluster.get(LEASES, 'kube-system', 'test') as KubeObject).metadata?.annotations).toEqual({ note: 'seen' });
    a.stop.abort();
    await pass(clock, 100);
  });

  it('steps down as soon as the lease names another', async () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const a = contend(cluster, clock, 'a');
    await pass(clock, 1_500);
    cluster.patch(LEASES, 'kube-system', 'test', { spec: { holderIdentity: 'thief' } });
    await pass(clock, 1_500);
    expect(a.events).toEqual(['leads', 'stopped']);
    a.stop.abort();
    await pass(clock, 2_000);
    expect(holder(cluster)).toBe('thief');
  });

  it('lets others try when what it runs ends by itself', async () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const a = contend(cluster, clock, 'a', false);
    await pass(clock, 100);
    expect(a.events).toEqual(['leads', 'stopped']);
    expect(holder(cluster)).toBe('');
    a.stop.abort();
    await pass(clock, 2_000);
    await a.ended;
  });

  it('keeps its term and fence when the answer to a renewal is lost', async () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const a = contend(cluster, clock, 'a');
    await pass(clock, 1_500);
    const before = a.fence?.();
    a.loseAnswer = true;
    await pass(clock, 1_000);
    expect(a.loseAnswer).toBe(false);
    await pass(clock, 8_000);
    expect(a.events).toEqual(['leads']);
    expect(a.fence?.()).toEqual(before);
    a.stop.abort();
    await pass(clock, 100);
    expect(holder(cluster)).toBe('');
  });

  it('never has two leaders at a time, whatever is lost, late or cut off, and always finds one again', async () => {
    let led = 0;
    const terms = new Set<string>();
    for (let seed = 1; seed <= 25; seed++) {
      const [cluster, clock, random] = [fakeCluster(), manualClock(), prng(seed)];
      const contenders = ['a', 'b', 'c'].map((identity) => contend(cluster, clock, identity));
      const leaders = () => contenders.filter((one) => one.elector.isLeader()).length;
      for (let step = 0; step < 300; step++) {
        const one = random.pick(contenders);
        if (random.chance(0.05)) one.cutOff = !one.cutOff;
        if (random.chance(0.05)) one.loseAnswer = true;
        if (random.chance(0.1)) one.delayMs = random.chance(0.7) ? 0 : random.int(1_500);
        await pass(clock, 100);
        expect(leaders()).toBeLessThanOrEqual(1);
        led += leaders();
        terms.add(`${seed}: ${cluster.fenceOf('kube-system/test')}`);
      }
      for (const one of contenders) Object.assign(one, { cutOff: false, loseAnswer: false, delayMs: 0 });
      for (let waitedMs = 0; leaders() === 0; waitedMs += 100) {
        expect(waitedMs).toBeLessThan(20_000);
        await pass(clock, 100);
      }
      for (const one of contenders) one.stop.abort();
      await pass(clock, 8_000);
    }
    // The faults left room for leading, and made many terms of it.
    expect(led).toBeGreaterThan(1_500);
    expect(terms.size).toBeGreaterThan(50);
  });

  it('gives itself an identity that no other process has', () => {
    const [cluster, clock] = [fakeCluster(), manualClock()];
    const lease = { namespace: 'kube-system', name: 'test' };
    const client = fakeClient(cluster);
    const identities = [1, 2].map(
      (seed) => createLeaderElector({ client, lease, clock, logger: silentLogger, random: prng(seed) }).identity,
    );
    expect(new Set(identities).size).toBe(2);
    expect(identities[0]).toMatch(/^.+_\d+_[0-9a-f]{8}$/);
  });
});
