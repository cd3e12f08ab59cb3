// The replicated store over real Raft nodes: the contract of the port, and what happens when the leader goes.
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/store/index.ts';
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
