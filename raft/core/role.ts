// Becoming a follower: the one way out of every role, so that nothing of a former role survives by accident.
import { assert } from '../../src/lib/index.ts';
import { dropHeld } from './proposals.ts';
import { failLeaderReads, failQuestions } from './reads.ts';
import { resetElectionTimer, type State } from './state.ts';
import type { NodeId, Term } from './types.ts';

/** Follows `leader` (or nobody yet) in `term`. Within the same term the vote is kept: it is spent. */
export function becomeFollower(state: State, term: Term, leader: NodeId | undefined): void {
  assert(term >= state.term, 'a term never goes back');
  const isNewTerm = term > state.term;
  // While the term is still the old one, so that the refusals say who sent them.
  if (state.leading !== undefined) {
    failLeaderReads(state, state.leading);
    dropHeld(state, state.leading);
    state.leading = undefined;
  }
  if (isNewTerm || leader !== state.leader) failQuestions(state);
  if (isNewTerm) {
    state.term = term;
    state.votedFor = undefined;
    state.refused.clear();
    state.outbox.voidBefore(term);
  }
  state.role = 'follower';
  state.leader = leader;
  if (leader !== undefined) state.quickPreVotes = 0;
  state.votes.clear();
  resetElectionTimer(state);
}
