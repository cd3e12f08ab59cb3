// The follower's side of replication: what to do with a leader's appends, heartbeats and snapshots.
import { assert } from '../../src/lib/index.ts';
import { larger, plus, smaller } from './numbers.ts';
import { commitToldOf, lifeOf } from './repair.ts';
import { becomeFollower } from './role.ts';
import { appendEntries, type State } from './state.ts';
import type { AppendRequest, AppendResponse, Entry, HeartbeatRequest, LogIndex, SnapshotPosition } from './types.ts';

export function stepAppendRequest(state: State, message: AppendRequest): void {
  const { previous, entries } = message;
  // What is committed is the same everywhere, so it is not compared. What follows it counts: the leader takes it for delivered.
  const committed = Math.max(0, state.commit - previous.index);
  if (committed === 0 && !state.log.matches(previous)) {
    const hint = state.log.lastAtMost(previous.index, previous.term);
    respond(state, message, { kind: 'rejected', previous: previous.index, hint });
    return;
  }
  appendMissing(state, entries.slice(committed));
  const match = larger(state.commit, plus(previous.index, entries.length));
  commitTo(state, smaller(message.commit, match));
  respond(state, message, { kind: 'accepted', match });
}

/** Entries that are there already are left alone: an older message must not cut what a newer one brought. */
function appendMissing(state: State, entries: readonly Entry[]): void {
  const from = entries.findIndex((entry) => !state.log.matches(entry));
  if (from < 0) return;
  const missing = entries.slice(from);
  const first = missing[0];
  assert(first === undefined || first.index > state.commit, `committed entry ${first?.index} would be cut off`);
  appendEntries(state, missing);
}

export function stepHeartbeatRequest(state: State, message: HeartbeatRequest): void {
  const commit = commitToldOf(state, message);
  assert(commit <= state.log.lastIndex(), `${message.from} knows of entries here that are not in the log`);
  commitTo(state, commit);
  const { id: from, term } = state;
  const { from: to, readRound } = message;
  state.outbox.send({ kind: 'heartbeatResponse', from, to, term, readRound, ...lifeOf(state) });
}

/**
 * The state machine holds everything up to the snapshot. Returns whether the log begins anew there (RaftCore.installed).
 *
 * 1. The sender's term is adopted: a leader of an older term may lack what the snapshot holds, and must not be told of it.
 * 2. A snapshot at or below what is applied changes nothing: applied state never goes back. But who does not know the members
 *    learns them from it.
 * 3. A log that holds the snapshot's last entry goes on after it (§7): only the commit index is news.
 * 4. Any other log ends before the snapshot or contradicts it. All of it goes, in the same durable step as the term.
 */
export function installSnapshot(state: State, snapshot: SnapshotPosition): boolean {
  if (snapshot.leaderTerm > state.term) becomeFollower(state, snapshot.leaderTerm, undefined);
  state.memberships.learned(snapshot.index, snapshot.membership);
  if (snapshot.index <= state.applied) return false;
  if (state.log.matches(snapshot)) {
    commitTo(state, snapshot.index);
    return false;
  }
  assert(state.leading === undefined, 'a leader holds everything that was committed before it');
  assert(snapshot.index > state.commit, 'what is committed here is in the log, and no snapshot contradicts it');
  state.log.reset(snapshot);
  state.commit = snapshot.index;
  state.applied = snapshot.index;
  state.memberships.reset(snapshot.membership);
  return true;
}

function commitTo(state: State, index: LogIndex): void {
  state.commit = larger(state.commit, index);
  state.memberships.committedTo(state.commit);
}

function respond(state: State, message: AppendRequest, result: AppendResponse['result']): void {
  const { id: from, term } = state;
  state.outbox.send({ kind: 'appendResponse', from, to: message.from, term, result, ...lifeOf(state) });
}
