// Whether a server may be removed, decided from what the members say before anything is changed. Pure.
import { UserError } from '../src/lib/index.ts';
import type { MembersView } from './admin.ts';
import type { Topology } from './topology.ts';

/** The exit code of a change that was refused because of what it would do to the cluster. */
export const UNSAFE_EXIT_CODE = 4;

export interface RemovalWish {
  readonly id: string;
  /** Although the voters that remain have no living majority. */
  readonly force: boolean;
}

export interface RemovalSteps {
  /** It leads: leadership is handed over first. */
  readonly transfer: boolean;
  /** It is a member: the members are changed. */
  readonly change: boolean;
  /** Worth telling before it happens. */
  readonly warnings: readonly string[];
}

/**
 * `living`: who answers and follows the leader, the leader included.
 * Throws UserError (exit code 2 for an id that is no server's, 4 for what would harm the cluster).
 */
export function planRemoval(
  { id, force }: RemovalWish,
  topology: Topology,
  known: MembersView,
  living: ReadonlySet<string>,
): RemovalSteps {
  const member = known.members.find((other) => other.id === id);
  if (member === undefined && topology.servers.every((server) => server.id !== id)) throw unknown(id, topology, known);
  const change = member !== undefined && member.role !== 'leaving';
  if (member?.role !== 'voter') return { transfer: false, change, warnings: [] };
  const voters = known.members.filter(({ role }) => role === 'voter').map((voter) => voter.id);
  const rest = voters.filter((voter) => voter !== id);
  if (rest.length === 0) {
    throw new UserError(
      `${id} is the only voter: without it there is no cluster`,
      'Add another member first (`quorate member add`), or end the cluster with all its objects: `quorate down --purge`.',
      { exitCode: UNSAFE_EXIT_CODE },
    );
  }
  const alive = rest.filter((voter) => living.has(voter));
  const warnings = toleranceWarning(rest.length);
  if (alive.length < majorityOf(rest.length)) {
    const who =
      alive.length === 0 ? 'none answers' : `only ${alive.join(', ')} ${alive.length === 1 ? 'answers' : 'answer'}`;
    const harm = `without ${id} the voters are ${rest.join(', ')}, of which ${who}: they would have no living majority`;
    if (!force) {
      throw new UserError(
        harm,
        'Bring a voter back first, or remove the one that is gone. `--force` goes ahead: then nothing can be read or written until enough of them are back.',
        { exitCode: UNSAFE_EXIT_CODE },
      );
    }
    return { transfer: known.leader === id, change, warnings: [...warnings, harm] };
  }
  return { transfer: known.leader === id, change, warnings };
}

export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

function toleranceWarning(voters: number): readonly string[] {
  const tolerated = voters - majorityOf(voters);
  return tolerated === 0
    ? [`${voters === 1 ? 'one voter is left' : `${voters} voters are left`}: the death of one stops the cluster`]
    : [];
}

function unknown(id: string, topology: Topology, known: MembersView): UserError {
  const was = known.removed.includes(id) ? `${id} was removed already` : `there is no server ${id}`;
  return new UserError(was, `The servers are ${topology.servers.map((server) => server.id).join(', ')}.`, {
    exitCode: 2,
  });
}
