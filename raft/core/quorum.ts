// Majorities, and the only place where they are counted. One pure function answers every question of the kind "how far
// has a quorum come?": the commit index, the confirmed read round, the tick of the last contact. While a membership is
// joint a quorum is a majority of its voters and a majority of those before (dissertation §4.3).
import type { Membership, NodeId } from './types.ts';

/** How many of `voters` voters make a majority. */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** The largest value that a majority of the voters has reached; 0 without voters, so that nothing commits by accident. */
export function majorityReached<T extends number>(voters: readonly NodeId[], reachedBy: (voter: NodeId) => T): T {
  const descending = voters.map(reachedBy).sort((a, b) => b - a);
  return descending[majority(voters.length) - 1] ?? (0 as T);
}

/** The largest value that a quorum has reached. Whoever is not to count reaches 0. */
export function quorumReached<T extends number>(membership: Membership, reachedBy: (voter: NodeId) => T): T {
  const { voters, outgoing } = membership;
  const reached = majorityReached(voters, reachedBy);
  if (outgoing === undefined) return reached;
  const before = majorityReached(outgoing, reachedBy);
  return Math.min(reached, before) as T;
}

type VoteResult = 'won' | 'lost' | 'open';

/** Whether a majority granted, can still grant, or can grant no more. */
export function majorityVote(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  const needed = majority(voters.length);
  const granted = voters.filter((voter) => votes.get(voter) === true).length;
  const refused = voters.filter((voter) => votes.get(voter) === false).length;
  if (granted >= needed) return 'won';
  return voters.length - refused < needed ? 'lost' : 'open';
}

/** The same of a quorum. Votes of those who do not vote count nowhere. */
export function voteResult(membership: Membership, votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  const { voters, outgoing } = membership;
  const result = majorityVote(voters, votes);
  if (outgoing === undefined) return result;
  const before = majorityVote(outgoing, votes);
  if (result === 'lost' || before === 'lost') return 'lost';
  return result === 'won' && before === 'won' ? 'won' : 'open';
}
