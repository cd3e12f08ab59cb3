// The leader's side of membership changes (joint consensus, dissertation §4.3):
//
// 1. A change is refused unless the leader has committed an entry of its own term and no other change is under way: then
//    every leader before it has lost the power to commit, and what this one counts with is what everybody counts with.
// 2. Its entry takes effect when it is appended. If the voters differ it is joint: majorities of both are needed.
// 3. Once the joint entry is committed the leader appends the new membership alone, whether it began the change or found it.
// 4. A leader that is no voter any more leads until that entry is committed, without counting itself; then it says so and
//    asks the furthest voter to take over at once.
// 5. Who was removed is told for a while, so that it stops by itself; later it is told by whoever it tries to reach.
import { CatchUp } from './catch-up.ts';
import { advanceCommit } from './counting.ts';
import { CATCH_UP_ELECTION_TIMEOUTS, DEPARTURE_ELECTION_TIMEOUTS } from './limits.ts';
import { afterJoint, encodeMembership, everyMember, isJoint, plan, type Refusal } from './membership.ts';
import { plus } from './numbers.ts';
import { Progress } from './progress.ts';
import { appendOwn } from './proposals.ts';
import { majority } from './quorum.ts';
import { confirmRounds } from './reads.ts';
import { broadcastHeartbeats } from './replication.ts';
import { becomeFollower } from './role.ts';
import type { Leading, State } from './state.ts';
import { mostCaughtUp } from './transfer.ts';
import type { ChangeAnswer, LogIndex, MemberChange, Membership, NodeId } from './types.ts';

export function changeMembership(state: State, changes: readonly MemberChange[]): ChangeAnswer {
  const { leading, leader } = state;
  if (leading === undefined) return { kind: 'notLeader', leader };
  const busy = notNow(state, leading);
  if (busy !== undefined) return { kind: 'refused', ...busy };
  const planned = plan(state.memberships.current, changes);
  if ('refusal' in planned) return { kind: 'refused', ...planned.refusal };
  const laggard = changes.find(({ kind, member }) => kind === 'promote' && !isCaughtUp(state, leading, member));
  if (laggard !== undefined) {
    const message = `${laggard.member} has not caught up yet`;
    return { kind: 'refused', reason: 'notCaughtUp', message, remedy: 'Wait until it has, then try again.' };
  }
  if (!isReachable(state, leading, planned.membership)) {
    const message = 'no majority of the voters that would be can be reached: the cluster would stand still';
    return { kind: 'refused', reason: 'noQuorum', message, remedy: 'Start them, or remove those that are gone first.' };
  }
  return { kind: 'begun', index: appendMembership(state, leading, planned.membership) };
}

/** Why no change can begin now. */
function notNow(state: State, leading: Leading): Refusal | undefined {
  const remedy = 'Try again in a moment.';
  if (leading.transfer !== undefined)
    return { reason: 'transferUnderWay', message: 'leadership is being handed over', remedy };
  if (state.commit < leading.firstIndex)
    return { reason: 'leaderIsNew', message: 'the leader has not committed an entry of its term yet', remedy };
  if (!isSettled(state)) return { reason: 'changeUnderWay', message: 'another change is under way', remedy };
  return undefined;
}

/** Committed as far as this node knows, and not joint. */
export function isSettled(state: State): boolean {
  return state.memberships.currentIndex <= state.commit && !isJoint(state.memberships.current);
}

function isCaughtUp(state: State, leading: Leading, member: NodeId): boolean {
  const peer = leading.peers.get(member);
  if (peer === undefined || peer.repairing) return false;
  const limitTicks = CATCH_UP_ELECTION_TIMEOUTS * state.limits.electionTimeoutMinTicks;
  return leading.catchUps.get(member)?.isCaughtUp(peer, state.tick, limitTicks) === true;
}

/** Whether enough of the voters that would be have been heard lately. Those before are: they elected this leader and keep it. */
function isReachable(state: State, leading: Leading, { voters }: Membership): boolean {
  const since = state.tick - state.limits.electionTimeoutMinTicks;
  const heard = voters.filter((voter) => {
    const peer = leading.peers.get(voter);
    return voter === state.id || (peer !== undefined && peer.heardAtTick > since && !peer.repairing);
  });
  return heard.length >= majority(voters.length);
}

function appendMembership(state: State, leading: Leading, membership: Membership): LogIndex {
  const { index } = appendOwn(state, 'membership', encodeMembership(membership));
  followMembership(state, leading);
  return index;
}

/** Replicates to whom the effective membership names; and for a while to those whom it no longer names (see 5). */
function followMembership(state: State, leading: Leading): void {
  const members = everyMember(state.memberships.current);
  for (const member of members) {
    if (member === state.id || leading.peers.has(member)) continue;
    leading.peers.set(member, new Progress(member, plus(state.log.lastIndex(), 1), state.tick));
  }
  for (const peer of leading.peers.values()) {
    if (!members.includes(peer.id)) peer.departedAtTick ??= state.tick;
  }
  followLearners(state, leading);
  // Fewer voters may be a quorum that has come far enough already.
  advanceCommit(state, leading);
  confirmRounds(state, leading);
}

function followLearners(state: State, leading: Leading): void {
  const { learners } = state.memberships.current;
  for (const learner of learners) {
    if (!leading.catchUps.has(learner)) leading.catchUps.set(learner, new CatchUp(state.log.lastIndex(), state.tick));
  }
  for (const learner of leading.catchUps.keys()) if (!learners.includes(learner)) leading.catchUps.delete(learner);
}

/** A follower was heard, and its progress noted. */
export function noteCatchUp(state: State, leading: Leading, from: NodeId): void {
  const peer = leading.peers.get(from);
  if (peer !== undefined) leading.catchUps.get(from)?.heard(peer, state.log.lastIndex(), state.tick);
}

/** Takes a change that is committed so far to its next stage: see 3 and 4. To be called when the commit index has risen. */
export function continueChange(state: State, leading: Leading): void {
  const { current, currentIndex } = state.memberships;
  if (state.commit < leading.firstIndex || currentIndex > state.commit || leading.transfer !== undefined) return;
  if (isJoint(current)) appendMembership(state, leading, afterJoint(current));
  else if (!current.voters.includes(state.id)) leave(state, leading);
}

function leave(state: State, leading: Leading): void {
  broadcastHeartbeats(state, leading);
  const successor = mostCaughtUp(state, leading);
  if (successor !== undefined)
    state.outbox.send({ kind: 'timeoutNow', from: state.id, to: successor, term: state.term });
  becomeFollower(state, state.term, undefined);
}

/** Time passes for a leader: learners that have caught up become voters, and those who left are let go. */
export function tickMembership(state: State, leading: Leading): void {
  followLearners(state, leading);
  continueChange(state, leading);
  if (state.leading === undefined) return;
  const limitTicks = DEPARTURE_ELECTION_TIMEOUTS * state.limits.electionTimeoutMaxTicks;
  for (const peer of leading.peers.values()) {
    if (peer.departedAtTick !== undefined && state.tick - peer.departedAtTick >= limitTicks)
      forget(state, leading, peer.id);
  }
  const { autoPromote = [] } = state.memberships.current;
  const ready = autoPromote.filter((member) => isCaughtUp(state, leading, member));
  if (ready.length > 0)
    changeMembership(
      state,
      ready.map((member) => ({ kind: 'promote', member })),
    );
}

/** Who has left cannot be reached: it has stopped, or hears of it from others. */
export function forget(state: State, leading: Leading, peer: NodeId): void {
  leading.peers.delete(peer);
  state.memberships.version += 1;
}
