// Who votes in a stopped cluster. Its record names servers, and a learner is one: the log alone says who counts, and the log
// that goes on furthest says it last.
import { electorate, type Membership, type NodeId, voteResult } from '../../../raft/core/index.ts';
import { type FoundServer, mostAdvanced } from './inspect.ts';

/** The newest membership that can be read; where none was ever written, the founders vote. */
export function membershipOf(found: readonly FoundServer[], founders: readonly string[]): Membership {
  return mostAdvanced(found)?.usable.membership ?? { voters: founders as readonly NodeId[], learners: [] };
}

/** Whether `servers` alone could elect a leader, and commit. */
export function isQuorum(membership: Membership, servers: readonly string[]): boolean {
  return voteResult(membership, new Map(electorate(membership).map((id) => [id, servers.includes(id)]))) === 'won';
}

/** Whoever has a vote: while the membership is joint, of both halves. */
export function votersOf<Server extends { readonly id: string }>(
  membership: Membership,
  servers: readonly Server[],
): readonly Server[] {
  const voting: readonly string[] = electorate(membership);
  return servers.filter(({ id }) => voting.includes(id));
}
