// Decides what a recovery is made of, and what it may lose. Pure.
import type { Membership } from '../../../raft/core/index.ts';
import { UserError } from '../../lib/index.ts';
import { isQuorum, membershipOf, votersOf } from '../offline/electorate.ts';
import { type FoundServer, mostAdvanced, type UsableState } from '../offline/inspect.ts';

export interface RecoveryWish {
  /** undefined: the server that holds most. */
  readonly from: string | undefined;
  /** Although a majority is intact. */
  readonly force: boolean;
}

export interface RecoveryPlan {
  readonly source: FoundServer & { readonly usable: UsableState };
  /** Sentences for a person: what may be lost, or appear, and why. */
  readonly consequences: readonly string[];
  /** How many servers voted. */
  readonly voters: number;
}

/** `founders` vote where no membership was ever written. Throws UserError when nothing can be used, or no recovery is needed. */
export function planRecovery(
  found: readonly FoundServer[],
  founders: readonly string[],
  { from, force }: RecoveryWish,
): RecoveryPlan {
  const membership = membershipOf(found, founders);
  const voting = votersOf(membership, found);
  const intact = voting.filter((server) => server.health === 'intact');
  if (isQuorum(membership, idsOf(intact)) && !force)
    throw new UserError(
      `the quorum is not lost: ${intact.length} of the ${voting.length} servers that vote are intact (${namesOf(intact)})`,
      'Start the cluster with `quorate up`: it needs no recovery. --force recovers all the same, and loses what only others hold.',
    );
  const best = mostAdvanced(found);
  if (best === undefined)
    throw new UserError(
      `no server holds a state that can be used: ${found.map(({ id, problem }) => `${id}: ${problem}`).join('; ')}`,
      'Restore an archive with `quorate snapshot restore`, or the data directory of a server from a copy.',
    );
  const source = from === undefined ? best : named(found, from);
  return { source, consequences: consequencesOf(found, membership, source, best), voters: membership.voters.length };
}

function named(found: readonly FoundServer[], from: string): RecoveryPlan['source'] {
  const server = found.find(({ id }) => id === from);
  if (server === undefined)
    throw new UserError(`--from ${from} is none of the servers (${namesOf(found)})`, 'Name one of them.', {
      exitCode: 2,
    });
  const { usable } = server;
  if (usable === undefined)
    throw new UserError(`--from ${from} cannot be used: ${server.problem}`, 'Name another server, or none.');
  return { ...server, usable };
}

function consequencesOf(
  found: readonly FoundServer[],
  membership: Membership,
  source: RecoveryPlan['source'],
  best: RecoveryPlan['source'],
): readonly string[] {
  const { id, usable } = source;
  const sentences: string[] = [];
  const unknown = usable.last.index - usable.appliedIndex;
  if (unknown > 0)
    sentences.push(
      `${id}'s last ${unknown} log entries (${usable.appliedIndex + 1} to ${usable.last.index}) may or may not have been committed: ` +
        'all are kept, as etcd and Consul do, so a write whose outcome its client never learnt may appear.',
    );
  if (source.problem !== undefined)
    sentences.push(`${id} is damaged (${source.problem}): what its damaged part alone held is lost.`);
  const voting = votersOf(membership, found);
  const others = found.filter((server) => !voting.includes(server));
  if (others.length > 0)
    sentences.push(`${namesOf(others)} had no vote: nothing was acknowledged by them, and they count for no majority.`);
  const unread = voting.filter((server) => server.id !== id && server.usable === undefined);
  if (unread.length > 0)
    sentences.push(
      `${namesOf(unread)} cannot be read: what they acknowledged after ${id}'s entry ${usable.last.index} without it is lost, and nobody can say whether there was anything.`,
    );
  if (best.id !== id && isAhead(best.usable, usable))
    sentences.push(
      `${best.id} holds more (entry ${best.usable.last.index} of term ${best.usable.last.term}): what ${id} lacks of it is lost, although it was perhaps acknowledged.`,
    );
  sentences.push(
    'Every revision is raised by 10^9 and everything older is compacted: clients list anew. Sessions end: a write that waits for its outcome stays unknown.',
  );
  return sentences;
}

function isAhead(one: UsableState, other: UsableState): boolean {
  return one.last.term > other.last.term || (one.last.term === other.last.term && one.last.index > other.last.index);
}

function idsOf(servers: readonly FoundServer[]): readonly string[] {
  return servers.map((server) => server.id);
}

function namesOf(servers: readonly FoundServer[]): string {
  return idsOf(servers).join(', ');
}
