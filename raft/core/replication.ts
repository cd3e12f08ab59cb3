// The leader's side of replication: what to send to whom, what the answers mean, and when an entry is committed.
import { assert } from '../../src/lib/index.ts';
import { advanceCommit, reachedByCounting } from './counting.ts';
import { STALLED_HEARTBEATS } from './limits.ts';
import { larger, plus, smaller } from './numbers.ts';
import type { Progress } from './progress.ts';
import { confirmRounds, speaks } from './reads.ts';
import type { Leading, State } from './state.ts';
import type { AppendResponse, HeartbeatResponse } from './types.ts';

/** Sends each follower what its window allows, then the commit index to those that have not heard of it. */
export function flushAppends(state: State, leading: Leading): void {
  for (const peer of leading.peers.values()) {
    while (peer.next <= state.log.lastIndex() && peer.canSend(state.limits)) {
      if (!sendAppend(state, leading, peer)) break;
    }
    if (smaller(peer.match, state.commit) > peer.commitTold) sendHeartbeat(state, leading, peer);
  }
}

/**
 * One append message, possibly empty. Returns false when the entry before the next one is not in the log any more: such a
 * follower needs a snapshot, and hears heartbeats until it gets one.
 */
function sendAppend(state: State, leading: Leading, peer: Progress): boolean {
  const index = plus(peer.next, -1);
  const term = state.log.term(index);
  if (term === undefined) {
    peer.awaitSnapshot();
    // Who has left needs no state any more.
    if (peer.departedAtTick === undefined) leading.snapshots.push(peer.id);
    return false;
  }
  const entries = state.log.entries(peer.next, plus(state.log.lastIndex(), 1), state.limits.appendLimitBytes);
  const last = plus(index, entries.length);
  state.outbox.send({
    kind: 'appendRequest',
    from: state.id,
    to: peer.id,
    term: state.term,
    previous: { index, term },
    entries,
    commit: state.commit,
  });
  peer.sent(
    last,
    entries.reduce((sum, entry) => sum + entry.data.length, 0),
  );
  peer.commitTold = larger(peer.commitTold, smaller(state.commit, last));
  return true;
}

export function broadcastHeartbeats(state: State, leading: Leading): void {
  leading.heartbeatElapsed = 0;
  for (const peer of leading.peers.values()) sendHeartbeat(state, leading, peer);
}

/** A heartbeat never tells a follower to commit what it is not known to hold. */
function sendHeartbeat(state: State, leading: Leading, peer: Progress): void {
  const commit = smaller(peer.match, state.commit);
  peer.commitTold = larger(peer.commitTold, commit);
  const readRound = leading.readRound;
  const about = peer.generation === 0 ? {} : { generation: peer.generation };
  const { id: from, term } = state;
  state.outbox.send({ kind: 'heartbeatRequest', from, to: peer.id, term, commit, readRound, ...about });
}

/** A follower answers. Returns nothing for a stranger, and for what is said of a log that the follower has lost since. */
function heard(state: State, leading: Leading, message: AppendResponse | HeartbeatResponse): Progress | undefined {
  const peer = leading.peers.get(message.from);
  if (peer === undefined || !speaks(state, leading, message)) return undefined;
  peer.heardAtTick = state.tick;
  return peer;
}

export function stepAppendResponse(state: State, leading: Leading, message: AppendResponse): void {
  const peer = heard(state, leading, message);
  if (peer === undefined) return;
  const { result } = message;
  if (result.kind === 'accepted') {
    assert(result.match <= state.log.lastIndex(), `${peer.id} acknowledges entries that this leader does not have`);
    peer.accepted(result.match);
    advanceCommit(state, leading);
    return;
  }
  peer.rejected(result.previous, state.log.lastAtMost(result.hint.index, result.hint.term).index);
}

/**
 * Heartbeats flow also when appends were lost, so they are what wakes a stuck pipeline: a probe is repeated (also an empty
 * one, or a follower that is up to date would stay in probe), and a window without answers is sent again.
 */
export function stepHeartbeatResponse(state: State, leading: Leading, message: HeartbeatResponse): void {
  const peer = heard(state, leading, message);
  if (peer === undefined) return;
  if (message.readRound > peer.readRound) {
    peer.readRound = message.readRound;
    confirmRounds(state, leading);
  }
  if (peer.heartbeatAnswered(state.tick, STALLED_HEARTBEATS * state.limits.heartbeatTicks)) peer.probe();
  if (peer.state !== 'probe') return;
  peer.paused = false;
  sendAppend(state, leading, peer);
}

/** The tick at which a majority had been heard; the leader hears itself. */
export function majorityHeardAtTick(state: State, leading: Leading): number {
  return reachedByCounting(state, leading, state.tick, (peer) => peer.heardAtTick);
}
