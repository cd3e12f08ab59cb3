// Brings a state machine back from the state database, and believes nothing: each record has its checksum, and together
// they must give the count, the sum and the hash that the last batch wrote. Anything else is damage.
import type { Membership } from '../../../raft/core/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { Change } from '../history.ts';
import type { Revision, StoreKey } from '../port.ts';
import { Sessions } from '../session.ts';
import { addRecord, type Recorder, type RecordSum, StateMachine } from '../state-machine.ts';
import { Tree } from '../tree.ts';
import { readRecord, StoredVersion, Tombstone } from '../version.ts';
import { StateDamageError, StateVersionError } from './damage.ts';
import type { KeyValue } from './key-value.ts';
import {
  decodeMeta,
  decodeSession,
  META_END,
  META_KEY,
  type Meta,
  revisionOfKey,
  SESSIONS_FROM,
  SESSIONS_TO,
  sessionKey,
  VERSIONS_FROM,
  VERSIONS_TO,
} from './layout.ts';

export interface Loaded {
  readonly machine: StateMachine;
  readonly appliedIndex: number;
  /** Of the entry at appliedIndex; undefined while it is not known. */
  readonly appliedTerm: number | undefined;
  /** The members as of appliedIndex; undefined while no database has told. */
  readonly membership: Membership | undefined;
}

/** Throws StateDamageError or StateVersionError. An empty database gives an empty machine. */
export async function loadState(keyValue: KeyValue, recorder: Recorder): Promise<Loaded> {
  const meta = await readMeta(keyValue);
  const sessions = await readSessions(keyValue, meta?.sessions ?? 0);
  const reader = new VersionReader(meta?.compactedRevision ?? (0 as Revision), sessions, recorder);
  for await (const { key, value } of keyValue.iterate(VERSIONS_FROM, VERSIONS_TO)) {
    reader.read(revisionOfKey(key), Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  }
  const machine = reader.finish();
  const { count, laneA, laneB } = machine.records;
  if (meta === undefined) {
    if (count > 0) throw new StateDamageError('its summary is missing');
    return { machine, appliedIndex: 0, appliedTerm: undefined, membership: undefined };
  }
  if (count !== meta.count) throw new StateDamageError(`it holds ${count} versions, and ${meta.count} were written`);
  if (laneA !== meta.laneA || laneB !== meta.laneB) {
    throw new StateDamageError('its versions are not those that were written (hash mismatch)');
  }
  if (machine.revision !== meta.revision || machine.stateHash() !== meta.stateHash) {
    throw new StateDamageError(`it gives revision ${machine.revision} where ${meta.revision} was written`);
  }
  const { appliedIndex, appliedTerm, membership } = meta;
  return { machine, appliedIndex, appliedTerm, membership };
}

async function readMeta(keyValue: KeyValue): Promise<Meta | undefined> {
  for await (const { key, value } of keyValue.iterate(META_KEY, META_END)) {
    checkKey(key, META_KEY, 'its summary');
    return decodeMeta(value);
  }
  return undefined;
}

async function readSessions(keyValue: KeyValue, expected: number): Promise<Sessions> {
  const sessions = new Sessions();
  let count = 0;
  for await (const { key, value } of keyValue.iterate(SESSIONS_FROM, SESSIONS_TO)) {
    const session = decodeSession(value);
    checkKey(key, sessionKey(session.member), `the session of ${session.member}`);
    sessions.restore(session);
    count += 1;
  }
  if (count !== expected) throw new StateDamageError(`it holds ${count} sessions, and ${expected} were written`);
  return sessions;
}

/** A record under another key than its own would stay there beside the next one that is written of the same thing. */
function checkKey(found: Uint8Array, own: Uint8Array, what: string): void {
  if (Buffer.compare(found, own) !== 0) throw new StateDamageError(`${what} is under another key than its own`);
}

/**
 * Takes versions, which come by revision: first those of the state at the compacted revision, one for each key, then
 * every change since, which the machine takes in command by command.
 */
class VersionReader {
  readonly #compactedRevision: Revision;
  readonly #sessions: Sessions;
  readonly #recorder: Recorder;
  readonly #records: RecordSum = { laneA: 0, laneB: 0, count: 0 };
  readonly #base = new Tree<StoredVersion>();
  #machine: StateMachine | undefined;
  /** Changes of a command whose last one has not come yet. */
  #command: Change[] = [];

  constructor(compactedRevision: Revision, sessions: Sessions, recorder: Recorder) {
    this.#compactedRevision = compactedRevision;
    this.#sessions = sessions;
    this.#recorder = recorder;
  }

  read(keyRevision: number, value: Buffer): void {
    const record = readRecord(value);
    switch (record.kind) {
      case 'damaged':
        throw new StateDamageError(`the version of revision ${keyRevision}: ${record.problem}`);
      case 'unknownFormat':
        throw new StateVersionError(`the version of revision ${keyRevision} has format ${record.format}`);
      case 'put':
        this.#checkRevision(keyRevision, record.version.revision);
        this.#put(record.version);
        return;
      case 'delete': {
        this.#checkRevision(keyRevision, record.revision);
        const previous = this.#current(record.key);
        if (previous === undefined) {
          throw new StateDamageError(`revision ${keyRevision} deletes ${record.key}, which is not there`);
        }
        const version = new Tombstone(previous, record.revision, record.record);
        this.#change({ version, previous, boundary: version.boundary });
        return;
      }
      default:
        unreachable(record);
    }
  }

  finish(): StateMachine {
    if (this.#command.length > 0) throw new StateDamageError('its last command is not complete');
    return this.#begin();
  }

  #checkRevision(keyRevision: number, revision: number): void {
    if (keyRevision !== revision) {
      throw new StateDamageError(`the version of revision ${keyRevision} says that it is of revision ${revision}`);
    }
  }

  #put(version: StoredVersion): void {
    if (version.revision > this.#compactedRevision) {
      this.#change({ version, previous: this.#current(version.key), boundary: version.boundary });
      return;
    }
    addRecord(this.#records, version, 1);
    if (this.#base.set(version) !== undefined) {
      throw new StateDamageError(`it holds two versions of ${version.key} from before its compacted revision`);
    }
  }

  #change(change: Change): void {
    const machine = this.#begin();
    const expected = machine.revision + this.#command.length + 1;
    if (change.version.revision !== expected) throw new StateDamageError(`revision ${expected} is missing`);
    addRecord(this.#records, change.version, 1);
    this.#command.push(change);
    if (change.boundary !== change.version.revision) return;
    machine.restore(this.#command);
    this.#command = [];
  }

  /** What a key has, as of the last version read. */
  #current(key: StoreKey): StoredVersion | undefined {
    const inCommand = this.#command.findLast((change) => change.version.key === key);
    if (inCommand === undefined) return this.#begin().current(key);
    return inCommand.version instanceof StoredVersion ? inCommand.version : undefined;
  }

  /** The machine at the compacted revision: all versions up to it have been read. */
  #begin(): StateMachine {
    const state = {
      tree: this.#base,
      compactedRevision: this.#compactedRevision,
      sessions: this.#sessions,
      records: this.#records,
    };
    this.#machine ??= new StateMachine(state, this.#recorder);
    return this.#machine;
  }
}
