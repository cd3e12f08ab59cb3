// What a stopped member holds: its state database, verified like at a start, and after it every entry that its log has.
// Whether the newest of these were ever committed cannot be known from one member; they are applied all the same, as
// etcd and Consul do: an acknowledged write is among them or in the state, and an entry that nobody acknowledged was
// asked for by a client that has been told nothing.
import { type LogIndex, type LogPosition, type Membership, membershipOf, type Term } from '../../../raft/core/index.ts';
import type { RaftLog } from '../../../raft/node/index.ts';
import { assert, type Clock, defined } from '../../lib/index.ts';
import { decodeCommand } from '../command.ts';
import { REPLAY_LIMIT_BYTES } from '../limits.ts';
import { StateDamageError } from '../state/damage.ts';
import type { KeyValue } from '../state/key-value.ts';
import { StateDatabase } from '../state/state-database.ts';
import type { StateMachine } from '../state-machine.ts';

type ReadableLog = Pick<RaftLog, 'firstIndex' | 'lastIndex' | 'term' | 'entries' | 'memberships'>;

export interface OfflineState {
  readonly machine: StateMachine;
  /** What the state database had applied: all of it was committed. */
  readonly appliedIndex: number;
  /** The last entry that is in `machine`. */
  readonly last: LogPosition;
  /** The newest up to there, committed or not; undefined: nobody ever changed the founding one. */
  readonly membership: Membership | undefined;
}

/**
 * Reads a state database and replays the log's entries after it; without a log, the state alone. Nothing is written, and
 * the database is closed. Throws StateDamageError, StateVersionError and UnknownFormatError.
 */
export async function readOffline(
  keyValue: KeyValue,
  log: ReadableLog | undefined,
  clock: Clock,
): Promise<OfflineState> {
  const database = new StateDatabase({ keyValue, clock, durable: () => {}, failed: () => {} });
  try {
    const { machine, appliedIndex, appliedTerm, membership } = await database.load();
    const applied: LogPosition = { index: appliedIndex as LogIndex, term: (appliedTerm ?? 0) as Term };
    const alone: OfflineState = { machine, appliedIndex, last: applied, membership };
    if (log === undefined) return alone;
    if (continues(log, applied, appliedTerm !== undefined)) {
      const last = replay(machine, log, applied);
      return { machine, appliedIndex, last, membership: newestMembership(log, membership) };
    }
    // A snapshot took the place of the state, and the process ended before the log followed.
    if (database.installed !== undefined) return alone;
    throw new StateDamageError(
      `its log holds entries ${log.firstIndex()} to ${log.lastIndex()}, and the state is at entry ${appliedIndex}`,
    );
  } finally {
    // So that closing writes nothing.
    database.abandon();
    await database.close();
  }
}

/** The log's newest, unless it begins after the one that the state knows. */
function newestMembership(log: ReadableLog, known: Membership | undefined): Membership | undefined {
  const entry = log.memberships().at(-1);
  return entry !== undefined && entry.index >= (known?.index ?? 0) ? membershipOf(entry) : known;
}

/** Whether the log goes on where the state is. */
function continues(log: ReadableLog, applied: LogPosition, isTermKnown: boolean): boolean {
  if (log.firstIndex() > applied.index + 1 || log.lastIndex() < applied.index) return false;
  const term = log.term(applied.index);
  return !isTermKnown || term === undefined || term === applied.term;
}

function replay(machine: StateMachine, log: ReadableLog, applied: LogPosition): LogPosition {
  const end = log.lastIndex();
  let index: number = applied.index;
  while (index < end) {
    const from = (index + 1) as LogIndex;
    for (const entry of log.entries(from, (end + 1) as LogIndex, REPLAY_LIMIT_BYTES)) {
      assert(entry.index === index + 1, 'entries are replayed without a hole');
      if (entry.kind === 'command') machine.apply(decodeCommand(entry.data), []);
      index = entry.index;
    }
  }
  return { index: end, term: defined(log.term(end), 'the term of the last entry') };
}
