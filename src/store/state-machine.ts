// The deterministic heart of the store: the same commands in the same order give the same objects, revisions, outcomes
// and hash on every server. It knows no clock, no randomness and no other server. What it changed is told to a recorder
// (the state database) and returned, to be published at command boundaries.
import { createHash } from 'node:crypto';
import { Packr } from 'msgpackr';
import { assert, unreachable } from '../lib/index.ts';
import type { LogCommand, PackedWrite } from './command.ts';
import { type Change, History, replay } from './history.ts';
import { rangeInterval } from './key.ts';
import {
  type CommitOutcome,
  CompactedError,
  type Condition,
  FutureRevisionError,
  type Revision,
  type Snapshot,
  type StoredObject,
  type StoreKey,
} from './port.ts';
import { type Admission, type Session, Sessions, sessionOutcome } from './session.ts';
import { Tree, type TreeView } from './tree.ts';
import { makeTombstone, makeVersion, type StoredVersion, Tombstone } from './version.ts';

/** Told of everything that must outlive the process. */
export interface Recorder {
  stored(version: StoredVersion | Tombstone): void;
  dropped(revision: Revision): void;
  session(session: Session): void;
}

/** A sum over hashes of records: order does not matter, and what goes away is subtracted. */
export interface RecordSum {
  laneA: number;
  laneB: number;
  count: number;
}

/** What a state machine begins with. */
export interface MachineState {
  readonly tree: Tree<StoredVersion>;
  readonly compactedRevision: Revision;
  readonly sessions: Sessions;
  readonly records: RecordSum;
}

/** What a log entry did. */
export type Applied =
  | { readonly kind: 'registered'; readonly member: string; readonly origin: string; readonly accepted: boolean }
  | {
      readonly kind: 'commit';
      readonly origin: string;
      readonly sequence: number;
      readonly pass: number;
      readonly admission: Admission;
      /** Present when it was the next. */
      readonly outcome: CommitOutcome | undefined;
    }
  | { readonly kind: 'compacted' }
  | { readonly kind: 'checkpoint' }
  /** `member` is undefined when the origin has no session (any more). */
  | {
      readonly kind: 'claim';
      readonly member: string | undefined;
      readonly index: number;
      readonly hash: string;
    };

const NO_CHANGES: readonly Change[] = [];
const packr = new Packr({ useRecords: false });

export class StateMachine {
  readonly history: History;
  readonly sessions: Sessions;
  readonly #tree: Tree<StoredVersion>;
  readonly #records: RecordSum;
  readonly #recorder: Recorder | undefined;
  #revision: Revision;
  #compactedRevision: Revision;

  constructor(state?: MachineState, recorder?: Recorder) {
    this.#tree = state?.tree ?? new Tree();
    this.#compactedRevision = state?.compactedRevision ?? (0 as Revision);
    this.#revision = this.#compactedRevision;
    this.sessions = state?.sessions ?? new Sessions();
    this.#records = state?.records ?? { laneA: 0, laneB: 0, count: 0 };
    this.history = new History(this.#tree.freeze(), this.#compactedRevision);
    this.#recorder = recorder;
  }

  get revision(): Revision {
    return this.#revision;
  }
  get compactedRevision(): Revision {
    return this.#compactedRevision;
  }
  /** Over everything that is stored: for comparison with what a database gives back. */
  get records(): Readonly<RecordSum> {
    return this.#records;
  }
  get size(): number {
    return this.#tree.size;
  }

  /** What a key has now. */
  current(key: StoreKey): StoredVersion | undefined {
    return this.#tree.get(key);
  }

  /** Every object as it is now. */
  versions(): StoredVersion[] {
    return [...this.#tree.freeze().scan({ from: '', to: undefined })];
  }

  /** What was written at `revision`, if it is still known: current, or of the past that is kept. */
  written(revision: Revision): StoredVersion | Tombstone | undefined {
    if (revision > this.#compactedRevision) return this.history.at(revision).version;
    for (const version of this.#tree.freeze().scan({ from: '', to: undefined })) {
      if (version.revision === revision) return version;
    }
    return undefined;
  }

  /** Takes changes back in that a database remembers: one command's, in order. They are not recorded again. */
  restore(changes: readonly Change[]): void {
    for (const change of changes) {
      assert(change.version.revision === this.#revision + 1, 'restored revisions are consecutive');
      replay(this.#tree, change);
      this.#revision = change.version.revision;
    }
    this.history.append(changes, () => this.#tree.freeze());
  }

  /** Applies one log entry; what it changed is appended to `changes`. */
  apply(command: LogCommand, changes: Change[]): Applied {
    switch (command.kind) {
      case 'register': {
        const { member, origin, expects, featureLevel } = command;
        const accepted = this.sessions.register(member, origin, expects, featureLevel);
        const session = this.sessions.ofMember(member);
        if (accepted && session !== undefined) this.#recorder?.session(session);
        return { kind: 'registered', member, origin, accepted };
      }
      case 'commit':
        return this.#commit(command, changes);
      case 'compact':
        this.compact(command.revision);
        return { kind: 'compacted' };
      // Neither changes anything: the state that is compared does not depend on being compared.
      case 'checkpoint':
        return { kind: 'checkpoint' };
      case 'claim': {
        const member = this.sessions.ofOrigin(command.origin)?.member;
        return { kind: 'claim', member, index: command.index, hash: command.hash };
      }
      default:
        return unreachable(command);
    }
  }

  /** Executes a command outside any session. */
  execute(conditions: readonly Condition[], writes: readonly PackedWrite[], changes: Change[]): CommitOutcome {
    for (let i = 0; i < conditions.length; i++) {
      const condition = conditions[i] as Condition;
      const current = this.#tree.get(condition.key);
      if (!holds(condition, current)) return { kind: 'refused', failed: i, current, revision: this.#revision };
    }
    const boundary = (this.#revision + this.#revisionsTaken(writes)) as Revision;
    const objects: (StoredObject | undefined)[] = [];
    const made: Change[] = [];
    for (const write of writes) {
      const change = this.#write(write, boundary);
      objects.push(change?.version);
      if (change !== undefined) made.push(change);
    }
    assert(this.#revision === boundary, 'a command takes the revisions it was counted to take');
    this.history.append(made.length === 0 ? NO_CHANGES : made, () => this.#tree.freeze());
    for (const change of made) changes.push(change);
    return { kind: 'committed', revision: this.#revision, objects };
  }

  /** Forgets the past up to `revision`, or up to the last command boundary before it. */
  compact(revision: Revision): void {
    let boundary = Math.min(revision, this.#revision) as Revision;
    while (boundary > this.#compactedRevision && this.history.at(boundary).boundary !== boundary) {
      boundary = (boundary - 1) as Revision;
    }
    if (boundary <= this.#compactedRevision) return;
    for (const { version, previous } of this.history.compact(boundary)) {
      if (previous !== undefined) this.#drop(previous);
      if (version instanceof Tombstone) this.#drop(version);
    }
    this.#compactedRevision = boundary;
  }

  /** The store at the command boundary at or after `revision`; now, without one. */
  snapshot(revision: Revision = this.#revision): Snapshot {
    this.#assertKept(revision);
    if (revision === this.#revision) return new TreeSnapshot(this.#tree.freeze(), revision);
    const boundary = revision === this.#compactedRevision ? revision : this.history.at(revision).boundary;
    if (boundary === this.#revision) return new TreeSnapshot(this.#tree.freeze(), boundary);
    return new TreeSnapshot(this.history.view(boundary), boundary);
  }

  /** Throws unless what happened after `revision` is known in full. */
  #assertKept(revision: Revision): void {
    if (revision < this.#compactedRevision) throw new CompactedError(this.#compactedRevision);
    if (revision > this.#revision) {
      throw new FutureRevisionError(`revision ${revision} is not reached: the newest here is ${this.#revision}`);
    }
  }

  /** Changes after `from`, up to the first boundary at or after `limit` of them. Throws as snapshot does. */
  changesAfter(from: Revision, limit: number): IterableIterator<Change> {
    this.#assertKept(from);
    return this.history.after(from, this.#revision, limit);
  }

  /**
   * A digest of all replicated state. Equal on every server that has applied the same entries, of whatever version: members
   * stop over a difference (integrity/comparison.ts), so its form changes with a feature level, and never without.
   */
  stateHash(): string {
    const sessions = this.sessions.all().map((session) => packSession(session));
    const { laneA, laneB, count } = this.#records;
    const state = packr.pack([this.#revision, this.#compactedRevision, laneA, laneB, count, sessions]);
    return createHash('sha256').update(state).digest('hex');
  }

  #commit(command: LogCommand & { kind: 'commit' }, changes: Change[]): Applied {
    const { origin, sequence, pass } = command;
    const admission = this.sessions.admit(origin, sequence);
    const session = this.sessions.ofOrigin(origin);
    if (admission !== 'next' || session === undefined) {
      return { kind: 'commit', origin, sequence, pass, admission, outcome: undefined };
    }
    const outcome = this.execute(command.conditions, command.writes, changes);
    this.sessions.applied(session, command.lowWater, sessionOutcome(outcome));
    this.#recorder?.session(session);
    return { kind: 'commit', origin, sequence, pass, admission, outcome };
  }

  /** How many revisions `writes` will take: deletes that find nothing take none. */
  #revisionsTaken(writes: readonly PackedWrite[]): number {
    let taken = 0;
    const written = new Map<StoreKey, boolean>();
    for (const write of writes) {
      const put = write.kind === 'put';
      const present = put || (written.get(write.key) ?? this.#tree.get(write.key) !== undefined);
      if (present) taken += 1;
      if (writes.length > 1) written.set(write.key, put);
    }
    return taken;
  }

  #write(write: PackedWrite, boundary: Revision): Change | undefined {
    const revision = (this.#revision + 1) as Revision;
    let change: Change;
    if (write.kind === 'put') {
      const present = this.#tree.get(write.key);
      const version = makeVersion(write, revision, present, boundary);
      this.#tree.set(version);
      change = { version, previous: present, boundary };
    } else {
      const previous = this.#tree.delete(write.key);
      if (previous === undefined) return undefined;
      change = { version: makeTombstone(previous, revision, boundary), previous, boundary };
    }
    this.#revision = revision;
    addRecord(this.#records, change.version, 1);
    this.#recorder?.stored(change.version);
    return change;
  }

  #drop(version: StoredVersion | Tombstone): void {
    addRecord(this.#records, version, -1);
    this.#recorder?.dropped(version.revision);
  }
}

/** Adds a record to the sum, or with −1 takes it out. */
export function addRecord(sum: RecordSum, record: { laneA: number; laneB: number }, sign: 1 | -1): void {
  sum.laneA = (sum.laneA + sign * record.laneA) | 0;
  sum.laneB = (sum.laneB + sign * record.laneB) | 0;
  sum.count += sign;
}

/** A session as plain data in one definite order: hashed and stored. */
export function packSession(session: Session): readonly unknown[] {
  const { member, origin, featureLevel, applied, lowWater, outcomes } = session;
  return [member, origin, featureLevel, applied, lowWater, [...outcomes.values()]];
}

function holds(condition: Condition, current: StoredVersion | undefined): boolean {
  switch (condition.kind) {
    case 'absent':
      return current === undefined;
    case 'exists':
      return current !== undefined;
    case 'revision':
      return current?.revision === condition.revision;
    default:
      return unreachable(condition);
  }
}

class TreeSnapshot implements Snapshot {
  readonly revision: Revision;
  readonly #view: TreeView<StoredVersion>;
  constructor(view: TreeView<StoredVersion>, revision: Revision) {
    this.#view = view;
    this.revision = revision;
  }
  get(key: StoreKey): StoredObject | undefined {
    return this.#view.get(key);
  }
  scan(range: Parameters<Snapshot['scan']>[0], after?: StoreKey): IterableIterator<StoredObject> {
    return this.#view.scan(rangeInterval(range, after));
  }
  count(range: Parameters<Snapshot['count']>[0], after?: StoreKey): number {
    return this.#view.count(rangeInterval(range, after));
  }
}
