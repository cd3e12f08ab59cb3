// Who counts for a leader, and what that commits: the voters count, but none that repairs its log. It may have acknowledged
// what it does not hold any more, so nothing rests on it until it holds all of that again (repair.ts).

import type { Progress } from './progress.ts';
import { quorumReached } from './quorum.ts';
import type { Leading, State } from './state.ts';

/** The largest value that a quorum of those who count has reached: the leader itself `own`, each follower as `of` says. */
export function reachedByCounting<T extends number>(
  state: State,
  leading: Leading,
  own: T,
  of: (peer: Progress) => T,
): T {
  return quorumReached(state.memberships.current, (voter) => {
    if (voter === state.id) return own;
    const peer = leading.peers.get(voter);
    return peer === undefined || peer.repairing ? (0 as T) : of(peer);
  });
}

/**
 * Commits what a majority holds durably. Only entries of this term are counted: an older one on a majority may still be
 * overwritten, until an entry of this term above it is committed (§5.4.2). The leader counts its own disk as one more.
 */
export function advanceCommit(state: State, leading: Leading): void {
  const reached = reachedByCounting(state, leading, state.log.durableIndex(), (peer) => peer.match);
  if (reached <= state.commit || state.log.term(reached) !== state.term) return;
  state.commit = reached;
  state.memberships.committedTo(reached);
}
