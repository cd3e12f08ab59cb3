// Members that come and go under a replicated store: through the log, through a snapshot, and across restarts.
import { describe, expect, it } from 'vitest';
import type { LogLimits, NodeId } from '../../raft/node/index.ts';
import { defined, systemClock } from '../../src/lib/index.ts';
import { createMemoryStore, type StoreMemberChange, type StoreMembershipOutcome } from '../../src/store/index.ts';
import { HISTORY_LIMIT_MS, HISTORY_MARK_MS } from '../../src/store/limits.ts';
import { RaftWorld } from './raft-world.ts';
import { committed, NO_ABORT, pod, put } from './support.ts';

const N1 = 'n1' as NodeId;
const N4 = 'n4' as NodeId;

const SMALL_LOGS: LogLimits = {
  segmentLimitBytes: 4096,
  segmentStepBytes: 2048,
  recentLimitBytes: 4096,
  keptBytes: 0,
  laggardBytes: 0,
};

const addressOf = (member: NodeId): string => `${member}.example:7000`;

const addition = (member: NodeId, autoPromote = true): StoreMemberChange => ({
  kind: 'add',
  member,
  address: addressOf(member),
  autoPromote,
});

/** Asks the leader, and waits for its answer. */
async function change(world: RaftWorld, ...changes: readonly StoreMemberChange[]): Promise<StoreMembershipOutcome> {
  const asked = world.leader().store.changeMembership(changes, NO_ABORT);
  let outcome: StoreMembershipOutcome | undefined;
  void asked.then((answer) => {
    outcome = answer;
  });
  await world.until(() => outcome !== undefined);
  return defined(outcome, 'an outcome');
}

const votersOf = (world: RaftWorld, id: NodeId): readonly string[] =>
  defined(world.members.get(id), `member ${id}`)
    .store.membership()
    .members.filter((member) => member.role === 'voter')
    .map((member) => member.id);

async function write(world: RaftWorld, count: number): Promise<void> {
  for (let i = 0; i < count; i += 20) {
    const { store } = world.leader();
    const outcomes = Array.from({ length: 20 }, (_, k) => committed(store, put(pod(`filler-${i + k}`), 'x')));
    await world.advance(400);
    await Promise.all(outcomes);
  }
}

/** Starts a member that is added meanwhile: it is ready only when it is one. */
async function join(world: RaftWorld, id: NodeId): Promise<void> {
  const started = world.startMember(id);
  expect(await change(world, addition(id))).toMatchObject({ kind: 'done' });
  await world.until(() => votersOf(world, world.leader().id).includes(id) && votersOf(world, id).includes(id));
  await started;
  await world.until(() => world.stores().every((store) => store.status().ready));
}

describe('the members of a replicated store', () => {
  it('are joined by a new one that is sent the log, votes once it has caught up, and holds the same state', async () => {
    const world = await RaftWorld.start();
    await write(world, 40);
    await join(world, N4);
    const { store } = world.leader();
    expect(store.membership().members).toHaveLength(4);
    expect(store.membership().members.find(({ id }) => id === N4)).toMatchObject({
      role: 'voter',
      address: addressOf(N4),
      replication: 'replicate',
    });
    await write(world, 20);
    await world.advance(1_000);
    expect(new Set(world.stores().map((each) => each.stateHash())).size).toBe(1);
    expect(world.failures).toEqual([]);
  });

  it('are joined by one that only a snapshot can serve, which brings the members as of its index', async () => {
    const world = await RaftWorld.start(SMALL_LOGS);
    await write(world, 200);
    await join(world, N4);
    expect(world.hasInstalled(N4)).toBe(true);
    await write(world, 40);
    await world.advance(2_000);
    expect(new Set(world.stores().map((each) => each.stateHash())).size).toBe(1);
    expect(world.failures).toEqual([]);
  });

  it('are the same after everybody has restarted, also when the log that said so is gone', async () => {
    const world = await RaftWorld.start(SMALL_LOGS);
    await join(world, N4);
    await change(world, { kind: 'remove', member: N1 });
    await world.until(() => world.failures.length > 0);
    expect(world.failures).toEqual(['n1: this member was removed from the cluster']);
    await world.stopMember(N1);
    await world.until(() => [...world.members.values()].some(({ store }) => store.status().role === 'leader'));
    await world.until(() => world.stores().every((store) => store.status().ready));
    await write(world, 200);
    const ids = [...world.members.keys()];
    for (const id of ids) await world.stopMember(id);
    await Promise.all(ids.map((id) => world.startMember(id)));
    for (const id of ids) expect([...votersOf(world, id)].sort()).toEqual(['n2', 'n3', 'n4']);
    await world.until(() => world.stores().every((store) => store.status().ready));
    expect(world.leader().store.membership().removed).toEqual([N1]);
    // It is known to be removed, also by itself: nobody lets it come back.
    expect(await change(world, addition(N1))).toMatchObject({ kind: 'refused', reason: 'idUsedBefore' });
    await write(world, 20);
  });

  it('may lose their leader: it answers, hands over at once, and ends with a plain reason', async () => {
    const world = await RaftWorld.start();
    const leader = world.leader().id;
    const outcome = await change(world, { kind: 'remove', member: leader });
    expect(outcome).toMatchObject({ kind: 'done', membership: { removed: [leader], changing: false } });
    await world.until(() =>
      [...world.members.values()].some((m) => m.id !== leader && m.store.status().role === 'leader'),
    );
    await world.until(() => world.failures.length > 0);
    expect(world.failures).toEqual([`${leader}: this member was removed from the cluster`]);
    await world.stopMember(leader);
    await write(world, 20);
  });

  it('are changed by the leader only, and not without a reason why not', async () => {
    const world = await RaftWorld.start();
    const follower = defined(
      world.stores().find((store) => store.status().role === 'follower'),
      'a follower',
    );
    const answer = await follower.changeMembership([addition(N4)], NO_ABORT);
    expect(answer).toEqual({ kind: 'notLeader', leader: world.leader().id });
    expect(await change(world, { kind: 'promote', member: N4 })).toMatchObject({
      kind: 'refused',
      reason: 'unknownMember',
      message: 'n4 is not a member',
    });
    // Never started, it can be removed again, and its id is spent.
    expect(await change(world, addition(N4, false))).toMatchObject({ kind: 'done' });
    expect(await change(world, { kind: 'promote', member: N4 })).toMatchObject({ reason: 'notCaughtUp' });
    expect(await change(world, { kind: 'remove', member: N4 })).toMatchObject({ kind: 'done' });
    expect(await change(world, addition(N4))).toMatchObject({ reason: 'idUsedBefore' });
  });

  it('are not changed beside one of an older version, but that one may be removed: its machine may be lost', async () => {
    const world = await RaftWorld.start();
    const lost = defined(
      [...world.members.keys()].find((id) => id !== world.leader().id),
      'a follower',
    );
    await world.stopMember(lost);
    world.featureLevels.set(lost, 2);
    await world.startMember(lost);
    await world.until(() => world.stores().every((store) => store.status().ready));
    expect(await change(world, addition(N4))).toMatchObject({ kind: 'refused', reason: 'olderMembers' });
    await world.stopMember(lost);
    expect(await change(world, { kind: 'remove', member: lost })).toMatchObject({ kind: 'done' });
    await world.until(() => votersOf(world, world.leader().id).length === 2);
  });

  it('forget the past again when the last one that did not know how to is removed', async () => {
    const lost = 'n3' as NodeId;
    const world = await RaftWorld.start(SMALL_LOGS, (made) => made.featureLevels.set(lost, 0));
    await world.until(() => votersOf(world, world.leader().id).length === 3);
    await write(world, 20);
    await world.advance(HISTORY_LIMIT_MS + 2 * HISTORY_MARK_MS);
    expect(world.leader().store.status().compactedRevision).toBe(0);
    await world.stopMember(lost);
    await world.until(() => world.stores().some((store) => store.status().role === 'leader'));
    expect(await change(world, { kind: 'remove', member: lost })).toMatchObject({ kind: 'done' });
    await world.until(() => world.stores().every((store) => store.status().compactedRevision > 0));
  });

  it('do not exist in memory, which says so', async () => {
    const store = createMemoryStore({ clock: systemClock() });
    expect(store.membership().members).toEqual([]);
    expect(await store.changeMembership([addition(N4)], NO_ABORT)).toMatchObject({ reason: 'unsupported' });
  });
});

describe('a transfer of leadership', () => {
  it('resolves when it is over, goes to voters only, and says what is wrong otherwise', async () => {
    const world = await RaftWorld.start();
    const { id, store } = world.leader();
    expect(await store.transferLeadership(id)).toMatchObject({ kind: 'refused' });
    expect(await store.transferLeadership('nobody')).toMatchObject({
      kind: 'refused',
      message: 'nobody is not a voter',
    });
    const target = defined(
      [...world.members.keys()].find((member) => member !== id),
      'another member',
    );
    let outcome: unknown;
    void store.transferLeadership(target).then((answer) => {
      outcome = answer;
    });
    await world.until(() => outcome !== undefined);
    expect(outcome).toEqual({ kind: 'done', leader: target });
    expect(await store.transferLeadership()).toEqual({ kind: 'notLeader', leader: target });
  });
});
