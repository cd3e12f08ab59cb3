// A state as the beginning of a history: its objects as they are now, nothing before, no sessions. Restore and recover
// raise every revision on the way, so that whatever a client remembers of the former cluster is compacted (a list or
// watch: 410) or of no object (a conditional write: conflict).
import type { Revision } from '../port.ts';
import { Sessions } from '../session.ts';
import type { KeyValueEntry } from '../state/key-value.ts';
import { encodeMeta, META_KEY, type Meta, versionKey } from '../state/layout.ts';
import { addRecord, type RecordSum, StateMachine } from '../state-machine.ts';
import { Tree } from '../tree.ts';
import { type StoredVersion, sealRecord } from '../version.ts';

/** Where in the log a state is. */
export interface StatePosition {
  readonly index: number;
  readonly term: number;
}

export interface RebasedState {
  /** By revision. */
  readonly versions: readonly StoredVersion[];
  readonly meta: Meta;
}

/** The state of `machine`, its revisions raised by `distance`, as applied at `position`. */
export function rebase(machine: StateMachine, distance: number, position: StatePosition): RebasedState {
  const records: RecordSum = { laneA: 0, laneB: 0, count: 0 };
  const versions = machine.versions().map((version) => (distance === 0 ? version : version.raisedBy(distance)));
  versions.sort((a, b) => a.revision - b.revision);
  for (const version of versions) addRecord(records, version, 1);
  const revision = (machine.revision + distance) as Revision;
  const sessions = new Sessions();
  const { laneA, laneB, count } = records;
  const hashed = new StateMachine({ tree: new Tree(), compactedRevision: revision, sessions, records });
  const meta: Meta = {
    appliedIndex: position.index,
    appliedTerm: position.term,
    revision,
    compactedRevision: revision,
    laneA,
    laneB,
    count,
    sessions: 0,
    stateHash: hashed.stateHash(),
    // The members of the cluster that it becomes: of another one than it came from.
    membership: undefined,
  };
  return { versions, meta };
}

/** The records of a state database that holds it, in the order of their keys. */
export function* recordsOf({ versions, meta }: RebasedState): Generator<KeyValueEntry> {
  yield { key: META_KEY, value: encodeMeta(meta) };
  for (const version of versions) yield { key: versionKey(version.revision), value: sealRecord(version.record) };
}
