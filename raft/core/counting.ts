// Who counts for a leader: the voters, but none that repairs its log. It may have acknowledged what it does not hold any
// more, so nothing rests on it until it holds all of that again (repair.ts).

import type { Progress } from './progress.ts';
import { quorumReached } from './quorum.ts';
import type { Leading, State } from './state.ts';
import type { LogLife, NodeId } from './types.ts';

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

/** A follower says which log it speaks of. Returns false when that one is known to be lost. */
export function speaks(
  state: State,
  leading: Leading,
  message: { readonly from: NodeId; readonly life?: LogLife },
): boolean {
  return leading.peers.get(message.from)?.speaks(message.life, state.log.lastIndex()) ?? true;
}
