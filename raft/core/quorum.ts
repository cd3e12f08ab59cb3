// Majorities. One pure function answers every question of the kind "how far has a majority come?": the commit index, the
// confirmed read round, the tick of the last contact. Joint consensus will ask it of both halves.
import type { NodeId } from './types.ts';

/** How many of `voters` voters make a majority. */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** The largest value that a majority of the voters has reached; 0 without voters, so that nothing commits by accident. */
export function majorityReached<T extends number>(voters: readonly NodeId[], reachedBy: (voter: NodeId) => T): T {
  const descending = voters.map(reachedBy).sort((a, b) => b - a);
  return descending[majority(voters.length) - 1] ?? (0 as T);
}

/** Whether a majority granted, can still grant, or can grant no more. */
export function voteResult(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): 'won' | 'lost' | 'open' {
  const needed = majority(voters.length);
  const granted = voters.filter((voter) => votes.get(voter) === true).length;
  const refused = voters.filter((voter) => votes.get(voter) === false).length;
  if (granted >= needed) return 'won';
  return voters.length - refused < needed ? 'lost' : 'open';
}
