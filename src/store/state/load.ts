// Brings a state machine back from the state database, and believes nothing: each record has its checksum, and together
// they must give the count, the sum and the hash that the last batch wrote. Anything else is damage.
import type { Change } from '../history.ts';
import type { Revision, StoreKey } from '../port.ts';
import { Sessions } from '../session.ts';
import { addRecord, type Recorder, type RecordSum, StateMachine } from '../state-machine.ts';
import { Tree } from '../tree.ts';
import { readRecord, type StoredVersion, Tombstone } from '../version.ts';
import { StateDamageError, StateVersionError } from './damage.ts';
import type { KeyValue } from './key-value.ts';
import {
  decodeMeta,
  decodeSession,
  META_KEY,
  type Meta,
  revisionOfKey,
  SESSIONS_FROM,
  SESSIONS_TO,
  VERSIONS_FROM,
  VERSIONS_TO,
} from './layout.ts';

export interface Loaded {
  readonly machine: StateMachine;
  readonly appliedIndex: number;
}

/** Throws StateDamageError or StateVersionError. An empty database gives an empty machine. */
export async function loadState(keyValue: KeyValue, recorder: Recorder): Promise<Loaded> {
  const meta = await readMeta(keyValue);
  const sessions = await readSessions(keyValue, meta?.sessions ?? 0);
  const versions = new VersionReader(meta?.compactedRevision ?? (0 as Revision));
  for await (const { key, value } of keyValue.iterate(VERSIONS_FROM, VERSIONS_TO)) {
    versions.read(revisionOfKey(key), Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  }
  const { sum, tree, changes } = versions.finish();
  if (meta === undefined) {
    if (sum.count > 0 || sessions.all().length > 0) throw new StateDamageError('its summary is missing');
    return { machine: new StateMachine(undefined, recorder), appliedIndex: 0 };
  }
  if (sum.count !== meta.count) {
    throw new StateDamageError(`it holds ${sum.count} versions, and ${meta.count} were written`);
  }
  if (sum.laneA !== meta.laneA || sum.laneB !== meta.laneB) {
    throw new StateDamageError('its versions are not those that were written (hash mismatch)');
  }
  const state = { tree, compactedRevision: meta.compactedRevision, sessions, records: sum };
  const machine = new StateMachine(state, recorder);
  for (const command of changes) machine.restore(command);
  if (machine.revision !== meta.revision || machine.stateHash() !== meta.stateHash) {
    throw new StateDamageError(`it gives revision ${machine.revision} where ${meta.revision} was written`);
  }
  return { machine, appliedIndex: meta.appliedIndex };
}

async function readMeta(keyValue: KeyValue): Promise<Meta | undefined> {
  for await (const { value } of keyValue.iterate(META_KEY, Buffer.from('n'))) return decodeMeta(value);
  return undefined;
}

async function readSessions(keyValue: KeyValue, expected: number): Promise<Sessions> {
  const sessions = new Sessions();
  let count = 0;
  for await (const { value } of keyValue.iterate(SESSIONS_FROM, SESSIONS_TO)) {
    sessions.restore(decodeSession(value));
    count += 1;
  }
  if (count !== expected) throw new StateDamageError(`it holds ${count} sessions, and ${expected} were written`);
  return sessions;
}

/** Sorts versions, which come by revision, into the state at the compacted revision and the changes after it. */
class VersionReader {
  readonly #compactedRevision: Revision;
  readonly #sum: RecordSum = { laneA: 0, laneB: 0, count: 0 };
  readonly #base = new Tree<StoredVersion>();
  /** What each key has, as of the last version read. */
  readonly #current: Tree<StoredVersion>;
  readonly #changes: Change[][] = [];
  #command: Change[] = [];

  constructor(compactedRevision: Revision) {
    this.#compactedRevision = compactedRevision;
    this.#current = new Tree();
  }

  read(keyRevision: number, value: Buffer): void {
    const record = readRecord(value);
    switch (record.kind) {
      case 'damaged':
        throw new StateDamageError(`the version of revision ${keyRevision}: ${record.problem}`);
      case 'unknownFormat':
        throw new StateVersionError(`the version of revision ${keyRevision} has format ${record.format}`);
      case 'put': {
        const { version } = record;
        this.#checkRevision(keyRevision, version.revision);
        const previous = this.#current.set(version);
        if (version.revision <= this.#compactedRevision) this.#base.set(version);
        else this.#change({ version, previous, boundary: version.boundary });
        addRecord(this.#sum, version, 1);
        return;
      }
      case 'delete': {
        this.#checkRevision(keyRevision, record.revision);
        const previous = this.#current.delete(record.key as StoreKey);
        if (previous === undefined) {
          throw new StateDamageError(`revision ${keyRevision} deletes ${record.key}, which is not there`);
        }
        const version = new Tombstone(previous, record.revision, record.record);
        this.#change({ version, previous, boundary: version.boundary });
        addRecord(this.#sum, version, 1);
      }
    }
  }

  finish(): { sum: RecordSum; tree: Tree<StoredVersion>; changes: readonly (readonly Change[])[] } {
    if (this.#command.length > 0) throw new StateDamageError('its last command is not complete');
    return { sum: this.#sum, tree: this.#base, changes: this.#changes };
  }

  #checkRevision(keyRevision: number, revision: number): void {
    if (keyRevision !== revision) {
      throw new StateDamageError(`the version of revision ${keyRevision} says that it is of revision ${revision}`);
    }
  }

  #change(change: Change): void {
    const last = this.#command.at(-1) ?? this.#changes.at(-1)?.at(-1);
    const expected = (last?.version.revision ?? this.#compactedRevision) + 1;
    if (change.version.revision !== expected) throw new StateDamageError(`revision ${expected} is missing`);
    this.#command.push(change);
    if (change.boundary !== change.version.revision) return;
    this.#changes.push(this.#command);
    this.#command = [];
  }
}
