// Servers whose disk is low, among others whose disk is not: who leads, what is accepted where, and that what the reserve
// admits fits into it.
import { describe, expect, it } from 'vitest';
import type { LogLimits, NodeId } from '../../../raft/node/index.ts';
import { defined, KIB } from '../../../src/lib/index.ts';
import { DiskLowError } from '../../../src/store/index.ts';
import { RaftWorld } from '../raft-world.ts';
import { committed, NO_ABORT, pod, put, remove } from '../support.ts';

const LOW = () => 1_000;
/** A poll, a round of questions, and a transfer. */
const A_WHILE_MS = 6_000;

async function stopAll(world: RaftWorld): Promise<void> {
  for (const store of world.stores()) await store.stop();
}

describe('a server whose disk is low', () => {
  it('refuses writes at its own door, takes deletions and what others accepted, and stays ready for reads', async () => {
    const world = await RaftWorld.start();
    await committed(world.leader().store, put(pod('before'), 'x'));
    const id = defined(
      [...world.members.keys()].find((each) => each !== world.leader().id),
      'a follower',
    );
    const { store } = defined(world.members.get(id), 'the member');
    world.freeBytes.set(id, LOW);
    await world.advance(1_000);
    await expect(store.commit(put(pod('mine'), 'x'), NO_ABORT)).rejects.toThrow(DiskLowError);
    await committed(world.leader().store, put(pod('theirs'), 'x'));
    await committed(store, remove(pod('before')));
    expect([...store.snapshot().scan({ prefix: 'pods/' })].map((object) => object.key)).toEqual([pod('theirs')]);
    expect(store.status()).toMatchObject({ ready: true, disk: { low: true, directory: `/data/${id}` } });
    world.freeBytes.delete(id);
    await world.advance(1_000);
    await committed(store, put(pod('mine'), 'x'));
    await stopAll(world);
  });

  it('leads no longer than it takes to find a member with room, which the low ones are not', async () => {
    const world = await RaftWorld.start();
    const before = world.leader().id;
    const [lowToo, roomy] = [...world.members.keys()].filter((id) => id !== before);
    world.freeBytes.set(before, LOW);
    world.freeBytes.set(defined(lowToo, 'a member'), LOW);
    await world.advance(A_WHILE_MS);
    expect(world.leader().id).toBe(roomy);
    await committed(world.leader().store, put(pod('a'), 'x'));
    await stopAll(world);
  });

  it('goes on leading when the others are low too: there is nothing to be won, and deletions go on', async () => {
    const world = await RaftWorld.start();
    await committed(world.leader().store, put(pod('a'), 'x'));
    const { id, store } = world.leader();
    const { term } = store.status();
    for (const member of world.members.keys()) world.freeBytes.set(member, LOW);
    await world.advance(2 * A_WHILE_MS);
    expect(world.leader().id).toBe(id);
    expect(store.status().term).toBe(term);
    await committed(store, remove(pod('a')));
    await stopAll(world);
  });
});

describe('the reserve', () => {
  /** Segments as small, against the reserve, as in production: 16 MiB of 256 MiB. */
  const LIMITS: LogLimits = {
    segmentLimitBytes: 16 * KIB,
    segmentStepBytes: 4 * KIB,
    recentLimitBytes: 32 * KIB,
    keptBytes: 64 * KIB,
    laggardBytes: 128 * KIB,
  };
  const DISK_BYTES = 1_024 * KIB;
  const RESERVE_BYTES = 256 * KIB;

  it('has room for the deletion of everything that filled the disk', async () => {
    const world = await RaftWorld.start(LIMITS, (made) => {
      made.diskReserveBytes = RESERVE_BYTES;
      for (const id of ['n1', 'n2', 'n3'] as NodeId[]) made.freeBytes.set(id, () => DISK_BYTES - made.usedBytes(id));
    });
    const { store } = world.leader();
    const names: string[] = [];
    const fill = async (): Promise<void> => {
      for (;;) {
        const name = `filler-${names.length}`;
        await committed(store, put(pod(name), 'x'.repeat(4 * KIB)));
        names.push(name);
        if (names.length % 10 === 0) await world.advance(1_000);
      }
    };
    await expect(fill()).rejects.toThrow(DiskLowError);
    expect(names.length).toBeGreaterThan(30);
    let least = DISK_BYTES;
    for (const name of names) {
      await committed(store, remove(pod(name)));
      least = Math.min(least, ...[...world.members.keys()].map((id) => DISK_BYTES - world.usedBytes(id)));
    }
    expect(store.snapshot().count({ prefix: 'pods/' })).toBe(0);
    expect(least).toBeGreaterThan(RESERVE_BYTES / 2);
    expect(world.failures).toEqual([]);
    await stopAll(world);
  });
});
