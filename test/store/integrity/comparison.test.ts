// Servers compare their states: the one that differs stops and is not believed again, and software of mixed ages works.
import { describe, expect, it } from 'vitest';
import { type CommittedEntry, LOG_LIMITS, type NodeId } from '../../../raft/node/index.ts';
import { defined } from '../../../src/lib/index.ts';
import { decodeCommand, encodeCommit, packCommand } from '../../../src/store/command.ts';
import { StateDamageError } from '../../../src/store/index.ts';
import { CHECKPOINT_PERIOD_MS } from '../../../src/store/limits.ts';
import { RaftWorld } from '../raft-world.ts';
import { committed, pod, put } from '../support.ts';

/** One interval, and the time that the claims take. */
const A_PERIOD_MS = CHECKPOINT_PERIOD_MS + 1_500;

/** Sees another object than the one that was committed, without being told. */
function wrongApply(entry: CommittedEntry): CommittedEntry {
  if (entry.kind !== 'command') return entry;
  const command = decodeCommand(entry.data);
  if (command.kind !== 'commit' || command.writes.every((write) => write.key !== pod('victim'))) return entry;
  const { origin, sequence, lowWater, pass } = command;
  return { ...entry, data: encodeCommit(origin, sequence, lowWater, packCommand(put(pod('victim'), 'WRONG')), pass) };
}

function follower(world: RaftWorld): NodeId {
  const id = [...world.members.keys()].find((each) => each !== world.leader().id);
  return defined(id, 'a follower');
}

async function stopAll(world: RaftWorld): Promise<void> {
  for (const store of world.stores()) await store.stop();
}

function agreed(world: RaftWorld): readonly (number | undefined)[] {
  return world.stores().map((store) => store.status().checkpoints.findLast((checkpoint) => checkpoint.agreed)?.index);
}

describe('the states of three servers', () => {
  it('are compared at the same entries, and found equal', async () => {
    const world = await RaftWorld.start();
    await committed(world.leader().store, put(pod('a'), 'x'));
    await world.advance(A_PERIOD_MS);
    await committed(world.leader().store, put(pod('b'), 'x'));
    await world.advance(A_PERIOD_MS);
    const [first, ...others] = world.stores().map((store) => store.status().checkpoints);
    expect(first?.map((checkpoint) => checkpoint.agreed)).toEqual([true, true]);
    expect(new Set(first?.map((checkpoint) => checkpoint.hash)).size).toBe(2);
    for (const other of others) expect(other).toEqual(first);
    await stopAll(world);
  });

  it('are not compared while nothing is written: an idle cluster stays idle', async () => {
    const world = await RaftWorld.start();
    await world.advance(A_PERIOD_MS);
    const [before] = world.stores().map((store) => store.status().commitIndex);
    await world.advance(3 * A_PERIOD_MS);
    for (const store of world.stores()) expect(store.status().commitIndex).toBe(before);
    await stopAll(world);
  });

  it.each(['a follower', 'the leader'])('that differ stop %s, whose database is refused from then on', async (who) => {
    const world = await RaftWorld.start();
    const id = who === 'the leader' ? world.leader().id : follower(world);
    world.tamper.set(id, wrongApply);
    const { store } = defined(world.members.get(id), 'the member');
    await committed(store, put(pod('victim'), 'right'));
    await world.advance(A_PERIOD_MS);
    expect(world.failures).toEqual([expect.stringMatching(new RegExp(`^${id}: the state of this server differs`))]);
    expect(store.status()).toMatchObject({ ready: false, reason: expect.stringContaining('differs') });
    expect(world.logged.filter((line) => line.includes('members hold another state'))).toHaveLength(2);
    world.tamper.delete(id);
    await world.stopMember(id);
    await world.until(() => world.stores().some((each) => each.status().role === 'leader'));
    await committed(world.leader().store, put(pod('after'), 'x'));
    await expect(world.startMember(id)).rejects.toThrow(StateDamageError);
    await stopAll(world);
  });

  it('are all said to differ, by everybody, when no majority holds any of them', async () => {
    const world = await RaftWorld.start();
    const [, second, third] = [...world.members.keys()];
    world.tamper.set(defined(second, 'a member'), wrongApply);
    // Another difference: its object is not written at all.
    world.tamper.set(defined(third, 'a member'), (entry) => {
      const changed = wrongApply(entry);
      return changed === entry ? entry : { ...entry, kind: 'noop' };
    });
    const { store } = world.leader();
    store.commit(put(pod('victim'), 'right'), new AbortController().signal).catch(() => {});
    await world.advance(2 * A_PERIOD_MS);
    expect(world.failures).toEqual([]);
    const told = world.logged
      .filter((line) => line.includes('none is held by a majority'))
      .map((line) => line.slice(0, 2));
    expect(new Set(told)).toEqual(new Set(world.members.keys()));
    await stopAll(world);
  });

  it('are compared again with a server that was away, from the first checkpoint that it takes part in', async () => {
    const world = await RaftWorld.start();
    const away = follower(world);
    await world.stopMember(away);
    await committed(world.leader().store, put(pod('a'), 'x'));
    await world.advance(A_PERIOD_MS);
    const alone = defined(agreed(world)[0], 'an agreed checkpoint');
    await world.startMember(away);
    await world.until(() => world.stores().every((store) => store.status().ready));
    await world.advance(A_PERIOD_MS);
    for (const index of agreed(world)) expect(index).toBeGreaterThan(alone);
    await stopAll(world);
  });
});

describe('servers of mixed versions', () => {
  it('work together, and compare nothing until the last of them knows how', async () => {
    const old = 'n2' as NodeId;
    const world = await RaftWorld.start(undefined, (made) => made.featureLevels.set(old, 1));
    await committed(world.leader().store, put(pod('a'), 'x'));
    await world.advance(2 * A_PERIOD_MS);
    for (const store of world.stores()) expect(store.status().checkpoints).toEqual([]);
    world.featureLevels.delete(old);
    await world.stopMember(old);
    await world.until(() => world.stores().every((store) => store.status().ready));
    await world.startMember(old);
    await world.until(() => world.stores().every((store) => store.status().ready));
    await world.advance(A_PERIOD_MS);
    for (const index of agreed(world)) expect(index).toBeDefined();
    expect(world.failures).toEqual([]);
    await stopAll(world);
  });

  it('propose nothing that a member which was never heard may not know', async () => {
    const world = new RaftWorld(LOG_LIMITS);
    await Promise.all(['n1', 'n2'].map((id) => world.startMember(id as NodeId)));
    await world.until(() => world.stores().every((store) => store.status().ready));
    await committed(world.leader().store, put(pod('a'), 'x'));
    await world.advance(2 * A_PERIOD_MS);
    for (const store of world.stores()) expect(store.status().checkpoints).toEqual([]);
    await stopAll(world);
  });

  it('stop one that is set back to software which does not know what is in the log', async () => {
    const world = await RaftWorld.start();
    const id = follower(world);
    await world.stopMember(id);
    await committed(world.leader().store, put(pod('a'), 'x'));
    await world.advance(A_PERIOD_MS);
    expect(agreed(world)[0]).toBeDefined();
    world.featureLevels.set(id, 1);
    await world.startMember(id);
    await world.until(() => world.failures.length > 0);
    expect(world.failures[0]).toMatch(/written by a newer version: a command is of kind 4/);
    await stopAll(world);
  });
});
