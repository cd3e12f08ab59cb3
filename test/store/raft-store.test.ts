// The replicated store over real Raft nodes: the contract of the port, and what happens when the leader goes.
import { describe, expect, it } from 'vitest';
import type { LogLimits } from '../../raft/node/index.ts';
import { defined } from '../../src/lib/index.ts';
import type { ObjectStore, Revision } from '../../src/store/index.ts';
import { describeStoreContract } from './contract.ts';
import { RaftWorld } from './raft-world.ts';
import { committed, NO_ABORT, pod, put } from './support.ts';

describeStoreContract('three raft members', async () => {
  const world = await RaftWorld.start();
  const [store] = world.stores();
  if (store === undefined) throw new Error('a member');
  const all: ObjectStore = store;
  return {
    store: all,
    advance: (ms) => world.advance(ms),
    stop: async () => {
      for (const each of world.stores()) await each.stop();
    },
  };
});

/** Logs of which hardly anything is kept. */
const SMALL_LOGS: LogLimits = {
  segmentLimitBytes: 4096,
  segmentStepBytes: 2048,
  recentLimitBytes: 4096,
  keptBytes: 0,
  laggardBytes: 0,
};

/** Writes, with time for the state databases to follow, so that the logs are cut. */
async function fill(world: RaftWorld, store: ObjectStore, count: number): Promise<void> {
  for (let i = 0; i < count; i += 20) {
    const outcomes = Array.from({ length: 20 }, (_, k) => committed(store, put(pod(`filler-${i + k}`), 'x')));
    await world.advance(400);
    await Promise.all(outcomes);
  }
}

async function settled<T>(world: RaftWorld, promise: Promise<T>): Promise<T> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await world.until(() => done);
  return promise;
}

async function eventsAfter(world: RaftWorld, store: ObjectStore, from: Revision): Promise<readonly string[]> {
  const events: string[] = [];
  const watch = store.watch(
    { range: { prefix: 'pods/' }, from },
    {
      events: (batch) => events.push(...batch.map(({ type, revision, object }) => `${type} ${revision} ${object.key}`)),
      ended: () => {},
    },
  );
  await world.until(() => watch.progress() === store.snapshot().revision);
  watch.close();
  return events;
}

describe('three raft members', () => {
  it('answer commits accepted by any of them while the leader stops and comes back, exactly once, with equal hashes', async () => {
    const world = await RaftWorld.start();
    const outcomes: Promise<unknown>[] = [];
    for (let round = 0; round < 6; round++) {
      const leader = world.leader().id;
      const survivors = [...world.members.values()].filter((member) => member.id !== leader);
      for (const [i, { store }] of survivors.entries()) {
        for (let k = 0; k < 10; k++) outcomes.push(committed(store, put(pod(`r${round}-${i}-${k}`), 'x')));
      }
      await world.advance(20);
      await world.stopMember(leader);
      for (const [i, { store }] of survivors.entries())
        outcomes.push(committed(store, put(pod(`r${round}-${i}`), 'x')));
      await world.until(() => survivors.every(({ store }) => store.status().ready));
      await world.startMember(leader);
      await world.until(() => world.stores().every((store) => store.status().ready));
    }
    await Promise.all(outcomes);
    const barriers = world.stores().map((store) => store.readBarrier(NO_ABORT));
    await world.advance(200);
    await Promise.all(barriers);
    expect(world.failures).toEqual([]);
    const hashes = world.stores().map((store) => store.stateHash());
    expect(new Set(hashes).size).toBe(1);
    for (const store of world.stores()) {
      const pods = [...store.snapshot().scan({ prefix: 'pods/' })];
      expect(pods).toHaveLength(6 * 22);
      for (const object of pods) expect(object.revision).toBe(object.createRevision);
      await store.stop();
    }
  });

  it('bring a member that was away for longer than their logs reach back by a snapshot, with all history', async () => {
    const world = await RaftWorld.start(SMALL_LOGS);
    const { store: first } = world.leader();
    await committed(first, put(pod('before'), 'x'));
    await world.advance(1_000);
    const seen = first.snapshot().revision;
    const away = defined(
      [...world.members.keys()].find((id) => id !== world.leader().id),
      'a follower',
    );
    await world.stopMember(away);
    await fill(world, first, 200);
    await world.startMember(away);
    await world.until(() => world.stores().every((store) => store.status().ready));
    expect(world.hasInstalled(away)).toBe(true);
    // A chunk, the record that filled it, and what is around them: never the whole.
    expect(world.largestFrameBytes).toBeLessThan(4_000);
    expect(world.largestFrameBytes).toBeGreaterThan(1_000);
    await world.advance(1_000);
    expect(new Set(world.stores().map((store) => store.stateHash())).size).toBe(1);
    const { store } = defined(world.members.get(away), 'the member');
    expect(await eventsAfter(world, store, seen)).toEqual(await eventsAfter(world, first, seen));
    await world.stopMember(away);
    await world.startMember(away);
    await world.until(() => world.stores().every((each) => each.status().ready));
    expect(new Set(world.stores().map((each) => each.stateHash())).size).toBe(1);
    expect(world.failures).toEqual([]);
    for (const each of world.stores()) await each.stop();
  });

  it('tell a caller what became of its command, and go on with a watch, where a snapshot came over both', async () => {
    const world = await RaftWorld.start(SMALL_LOGS);
    const { store: first } = world.leader();
    const deaf = defined(
      [...world.members.keys()].find((id) => id !== world.leader().id),
      'a follower',
    );
    const { store } = defined(world.members.get(deaf), 'the member');
    const revisions: number[] = [];
    store.watch(
      { range: { prefix: 'pods/' }, from: store.snapshot().revision },
      { events: (batch) => revisions.push(...batch.map((event) => event.revision)), ended: () => revisions.push(-1) },
    );
    world.deaf.add(deaf);
    const mine = committed(store, put(pod('mine'), 'x'));
    await fill(world, first, 200);
    world.deaf.delete(deaf);
    const outcome = await settled(world, mine);
    expect(world.hasInstalled(deaf)).toBe(true);
    expect(first.snapshot().get(pod('mine'))?.revision).toBe(outcome.revision);
    await world.until(() => world.stores().every((each) => each.status().ready));
    await world.advance(1_000);
    expect(revisions).toEqual(Array.from({ length: 201 }, (_, i) => i + 1));
    expect(world.failures).toEqual([]);
    for (const each of world.stores()) await each.stop();
  });

  it('come back together from their disks with everything that was acknowledged', async () => {
    const world = await RaftWorld.start();
    const [first] = world.stores();
    if (first === undefined) throw new Error('a member');
    for (let i = 0; i < 20; i++) await committed(first, put(pod(`p${i}`), `${i}`));
    const ids = [...world.members.keys()];
    for (const id of ids) await world.stopMember(id);
    await Promise.all(ids.map((id) => world.startMember(id)));
    await world.until(() => world.stores().every((store) => store.status().ready));
    for (const store of world.stores()) {
      expect(store.snapshot().count({ prefix: 'pods/' })).toBe(20);
      await store.stop();
    }
  });
});
