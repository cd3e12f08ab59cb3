// Writes the state machine's changes behind it, in batches. Each batch holds the changes up to one applied index with
// the index, the revisions and the hash they lead to, so that the database is always the state at one point of the log.
// Any failure to write is fatal: what the disk holds then is unknown.
import type { LogIndex, Membership, SnapshotPosition } from '../../../raft/core/index.ts';
import { assert, type Clock, type Timer } from '../../lib/index.ts';
import { stateStream } from '../archive/records.ts';
import { STATE_FLUSH_BYTES, STATE_FLUSH_DELAY_MS, WRITE_BEHIND_LIMIT_BYTES } from '../limits.ts';
import { type Revision, StoreStoppedError } from '../port.ts';
import type { Session } from '../session.ts';
import type { Recorder, StateMachine } from '../state-machine.ts';
import { type StoredVersion, sealRecord, type Tombstone } from '../version.ts';
import { StateDamageError } from './damage.ts';
import type { KeyValue, KeyValueEntry, KeyValueOperation } from './key-value.ts';
import {
  DISTRUST_KEY,
  DISTRUST_KEY_END,
  encodeMeta,
  encodeSession,
  META_KEY,
  STATE_END,
  seal,
  sessionKey,
  unseal,
  versionKey,
} from './layout.ts';
import { type Loaded, loadState } from './load.ts';
import { StateSlots } from './slots.ts';

export interface StateDatabaseOptions {
  readonly keyValue: KeyValue;
  readonly clock: Clock;
  /** Everything up to this index is durable now. */
  readonly durable: (index: number) => void;
  /** A write failed. Nothing is written afterwards. */
  readonly failed: (error: unknown) => void;
}

export class StateDatabase implements Recorder {
  readonly #options: StateDatabaseOptions;
  #keyValue: KeyValue;
  #slots: StateSlots;
  #machine: StateMachine | undefined;
  /** Versions to write; a version that is dropped before it was written leaves no trace. */
  #stored = new Map<Revision, StoredVersion | Tombstone>();
  #dropped = new Set<Revision>();
  #sessions = new Map<string, Session>();
  #pendingBytes = 0;
  #appliedIndex = 0;
  #appliedTerm: number | undefined;
  /** As of #appliedIndex; undefined while it is that of the founders. */
  #membership: Membership | undefined;
  #durableIndex = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #distrusting: Promise<void> | undefined;
  #failed = false;
  #closed = false;
  /** Being closed, or closed. */
  #ended = false;

  constructor(options: StateDatabaseOptions) {
    this.#options = options;
    this.#keyValue = options.keyValue;
    this.#slots = new StateSlots(options.keyValue);
  }

  /** Before it is loaded: another database takes the place of a damaged one. */
  replace(keyValue: KeyValue): void {
    this.#keyValue = keyValue;
    this.#slots = new StateSlots(keyValue);
  }

  /** Reads and verifies everything. Throws StateDamageError or StateVersionError. */
  async load(): Promise<Loaded> {
    for await (const { value } of this.#keyValue.iterate(DISTRUST_KEY, DISTRUST_KEY_END))
      throw new StateDamageError(String(unseal(value, 'the reason not to believe it')));
    await this.#slots.open();
    const loaded = await loadState(this.#slots.active, this);
    this.#takeOver(loaded);
    return loaded;
  }

  /** The snapshot that the state came from, while the log may not have followed it. */
  get installed(): SnapshotPosition | undefined {
    return this.#slots.installed;
  }

  /** The log has followed the snapshot up to `index`. */
  followed(index: LogIndex): void {
    this.#slots.followed(index).catch((error: unknown) => this.#broken(error));
  }

  /** Every record of the durable state as it is when the reading begins, the summary first. */
  read(): AsyncIterable<KeyValueEntry> {
    return this.#slots.active.iterate(META_KEY, STATE_END);
  }

  /** Makes room for the state of a snapshot. */
  clearIncoming(): Promise<void> {
    return this.#slots.clearIdle();
  }

  writeIncoming(records: readonly KeyValueEntry[]): Promise<void> {
    return this.#slots.idle.batch(records.map(({ key, value }) => ({ kind: 'put', key, value })));
  }

  /** Verifies what was written as if it were loaded. Throws StateDamageError or StateVersionError. */
  async verifyIncoming(snapshot: SnapshotPosition): Promise<Loaded> {
    const loaded = await loadState(this.#slots.idle, this);
    if (loaded.appliedIndex !== snapshot.index || loaded.appliedTerm !== snapshot.term)
      throw new StateDamageError(`a snapshot of entry ${snapshot.index} holds the state at ${loaded.appliedIndex}`);
    return loaded;
  }

  /** What was verified takes the place of the state, durably. Nothing is applied meanwhile. */
  async exchange(snapshot: SnapshotPosition, loaded: Loaded): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#failed || this.#closed) throw new Error('the state database is closed');
    this.#writing = this.#slots.exchange(snapshot).finally(() => {
      this.#writing = undefined;
    });
    try {
      await this.#writing;
    } catch (error) {
      this.#broken(error);
      throw error;
    }
    this.#takeOver(loaded);
    // The former state. What is left of it by a crash is removed before the next snapshot comes.
    this.#slots.clearIdle().catch((error: unknown) => this.#broken(error));
  }

  #takeOver(loaded: Loaded): void {
    this.#machine = loaded.machine;
    this.#appliedIndex = loaded.appliedIndex;
    this.#appliedTerm = loaded.appliedTerm;
    this.#membership = loaded.membership;
    this.#durableIndex = loaded.appliedIndex;
    this.#stored = new Map();
    this.#dropped = new Set();
    this.#sessions = new Map();
    this.#pendingBytes = 0;
  }

  #broken(error: unknown): void {
    // What is cut off by the closing itself is no failure.
    if (this.#failed || this.#ended) return;
    this.#failed = true;
    this.#options.failed(error);
  }

  get durableIndex(): number {
    return this.#durableIndex;
  }

  /** Whether the disk is so far behind that no more should be accepted. */
  get overloaded(): boolean {
    return this.#pendingBytes > WRITE_BEHIND_LIMIT_BYTES;
  }

  /** Bytes of versions that are not durable here yet. */
  get unwrittenBytes(): number {
    return this.#pendingBytes;
  }

  stored(version: StoredVersion | Tombstone): void {
    this.#stored.set(version.revision, version);
    this.#pendingBytes += version.record.length;
  }

  dropped(revision: Revision): void {
    const unwritten = this.#stored.get(revision);
    if (unwritten === undefined) {
      this.#dropped.add(revision);
      return;
    }
    this.#stored.delete(revision);
    this.#pendingBytes -= unwritten.record.length;
  }

  session(session: Session): void {
    this.#sessions.set(session.member, session);
  }

  /** An entry that is applied made `membership` the effective one. Comes before applied() of its index. */
  members(membership: Membership): void {
    this.#membership = membership;
  }

  /** The state machine has applied everything up to `index`, whose entry is of `term`. */
  applied(index: number, term: number | undefined): void {
    this.#appliedIndex = index;
    this.#appliedTerm = term;
    if (this.#failed || this.#closed || this.#writing !== undefined || index === this.#durableIndex) return;
    if (this.#pendingBytes >= STATE_FLUSH_BYTES) void this.#beginWrite();
    else this.#timer ??= this.#options.clock.timer(STATE_FLUSH_DELAY_MS, () => void this.#beginWrite());
  }

  /** Applying has failed within an entry: what was recorded since the last whole one is never written. */
  abandon(): void {
    this.#failed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What is stored is not what it should be: records that, so that load() refuses it for `reason`, and writes nothing more. */
  distrust(reason: string): Promise<void> {
    this.abandon();
    this.#distrusting ??= this.#mark(reason);
    return this.#distrusting;
  }

  async #mark(reason: string): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#keyValue.batch([{ kind: 'put', key: DISTRUST_KEY, value: seal(reason) }]);
  }

  /** The state in chunks, once everything up to `index`, which is applied, is durable here. Throws StoreStoppedError. */
  async stream(index: number): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>> {
    while (this.#durableIndex < index) {
      if (this.#failed || this.#closed) throw new StoreStoppedError('the state database has stopped');
      await this.#beginWrite();
    }
    return stateStream(this.read());
  }

  /** Writes what is left and closes the database. */
  async close(): Promise<void> {
    this.#closed = true;
    // Who distrusts it hears of a failure.
    await this.#distrusting?.catch(() => {});
    while (this.#writing !== undefined) await this.#writing;
    if (!this.#failed && this.#appliedIndex > this.#durableIndex) {
      await this.#beginWrite();
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#ended = true;
    await this.#keyValue.close();
  }

  #beginWrite(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#appliedIndex > this.#durableIndex) this.applied(this.#appliedIndex, this.#appliedTerm);
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    const index = this.#appliedIndex;
    const bytes = this.#pendingBytes;
    const operations = this.#takeOperations(index);
    try {
      await this.#slots.active.batch(operations);
    } catch (error) {
      this.#failed = true;
      this.#options.failed(error);
      return;
    }
    this.#pendingBytes -= bytes;
    this.#durableIndex = index;
    this.#options.durable(index);
  }

  #takeOperations(index: number): readonly KeyValueOperation[] {
    const machine = this.#machine;
    assert(machine !== undefined, 'a database is loaded before it is written');
    const operations: KeyValueOperation[] = [];
    for (const version of this.#stored.values()) {
      operations.push({ kind: 'put', key: versionKey(version.revision), value: sealRecord(version.record) });
    }
    for (const revision of this.#dropped) operations.push({ kind: 'delete', key: versionKey(revision) });
    for (const session of this.#sessions.values()) {
      operations.push({ kind: 'put', key: sessionKey(session.member), value: encodeSession(session) });
    }
    this.#stored = new Map();
    this.#dropped = new Set();
    this.#sessions = new Map();
    const { revision, compactedRevision, records } = machine;
    const { laneA, laneB, count } = records;
    const sessions = machine.sessions.all().length;
    const stateHash = machine.stateHash();
    const appliedTerm = this.#appliedTerm;
    const meta = {
      membership: this.#membership,
      appliedIndex: index,
      appliedTerm,
      revision,
      compactedRevision,
      laneA,
      laneB,
      count,
      sessions,
      stateHash,
    };
    operations.push({ kind: 'put', key: META_KEY, value: encodeMeta(meta) });
    return operations;
  }
}
