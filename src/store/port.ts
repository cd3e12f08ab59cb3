// The port of the object store: what API servers know of it. Three backends stand behind it (raft, memory, etcd), and
// one contract suite (test/store/contract.ts) runs against each.
//
// The store knows keys, bytes and the few values that selectors read; what an object means is the API's business.
import type { Brand, CancelSignal } from '../lib/index.ts';
import type { StoreMemberChange, StoreMembership, StoreMembershipOutcome, TransferOutcome } from './membership-port.ts';

/** A point in the store's history. Each write takes one; Kubernetes' resourceVersion is its decimal string. */
export type Revision = Brand<number, 'Revision'>;

/**
 * `<resource>/<namespace>/<name>`, where resource is `plural` for the core group and `plural.group` otherwise, and
 * namespace is empty for cluster-scoped objects: `pods/default/web`, `deployments.apps/default/web`, `nodes//n1`.
 * Internal records (fences, allocations) have a resource that begins with `~`.
 */
export type StoreKey = Brand<string, 'StoreKey'>;

/** All keys that begin with `prefix`: a resource (`pods/`), a namespace of it (`pods/default/`), or one key in full. */
export interface KeyRange {
  readonly prefix: string;
}

/**
 * What is stored for an object (house.md, decision 6). `bytes` is the encoded object as the accepting server made it,
 * without its resourceVersion; the revision's digits belong at `revisionOffset`, inside the empty string there.
 */
export interface Envelope {
  /** The apiVersion the bytes are in. */
  readonly apiVersion: string;
  /** Names the schema that defaulted and pruned them; equal hashes mean that they may be served verbatim. */
  readonly schemaHash: string;
  /** The key they are encrypted with; empty for plain text. */
  readonly keyId: string;
  /** −1 when the bytes have no place for a revision (internal records). */
  readonly revisionOffset: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Declared field-selector values, such as `spec.nodeName`; metadata.name and .namespace are in the key. */
  readonly fields: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** An object at one version. Immutable. */
export interface StoredObject {
  readonly key: StoreKey;
  /** The revision of this version: its resourceVersion. */
  readonly revision: Revision;
  /** The revision that created the object. */
  readonly createRevision: Revision;
  readonly envelope: Envelope;
  /** The encoded object with its resourceVersion in place: what a client is sent. */
  readonly bytes: Uint8Array;
}

/** What must hold for a command to apply; keys need not be written by it. */
export type Condition =
  | { readonly kind: 'absent'; readonly key: StoreKey }
  | { readonly kind: 'exists'; readonly key: StoreKey }
  | { readonly kind: 'revision'; readonly key: StoreKey; readonly revision: Revision };

export type Write =
  | { readonly kind: 'put'; readonly key: StoreKey; readonly envelope: Envelope }
  | { readonly kind: 'delete'; readonly key: StoreKey };

/** All or nothing: k writes take k consecutive revisions and are published together (decision 2). */
export interface Command {
  readonly conditions: readonly Condition[];
  readonly writes: readonly Write[];
  /** It is a deletion, part of one, or as urgent: accepted although the disk is low. Not replicated. */
  readonly usesReserve?: boolean;
}

export type CommitOutcome =
  /** `objects[i]` is what writes[i] left, or for a delete the deleted object with the deletion's revision
   *  (undefined when a delete found nothing, which takes no revision). */
  | { readonly kind: 'committed'; readonly revision: Revision; readonly objects: readonly (StoredObject | undefined)[] }
  /** conditions[failed] did not hold; `current` is what its key had. Nothing changed. */
  | {
      readonly kind: 'refused';
      readonly failed: number;
      readonly current: StoredObject | undefined;
      readonly revision: Revision;
    };

/** The store as of one revision: synchronous, consistent, unaffected by later commits. */
export interface Snapshot {
  readonly revision: Revision;
  get(key: StoreKey): StoredObject | undefined;
  /** In key order, from `after` (excluded) or the beginning. */
  scan(range: KeyRange, after?: StoreKey): IterableIterator<StoredObject>;
  /** How many objects there are in the range after `after`; O(log n). */
  count(range: KeyRange, after?: StoreKey): number;
}

/** One change, as a watcher of a selection sees it. */
export interface WatchEvent {
  /** `deleted` also when the object left the selection: it then carries the old state with the new revision. */
  readonly type: 'added' | 'modified' | 'deleted';
  readonly revision: Revision;
  readonly object: StoredObject;
  /** The version before, if there was one. */
  readonly previous: StoredObject | undefined;
}

export interface WatchOptions {
  readonly range: KeyRange;
  /** Events with a greater revision are delivered. */
  readonly from: Revision;
  /**
   * Selects objects; compiled once per watch, it should read the envelope and not the bytes. Without it all are: such watches of one
   * range cost least, because what they see is gathered once.
   */
  readonly matches?: (object: StoredObject) => boolean;
}

export interface WatchSink {
  /** Events in revision order; `upTo` is the command boundary reached by them. Watches that see the same may be given the same array. */
  events(batch: readonly WatchEvent[], upTo: Revision): void;
  /** No further event comes. `closed`: by the caller or the store's stop. */
  ended(reason: 'closed' | 'compacted'): void;
}

export interface Watch {
  /** Everything up to here has been delivered: what a bookmark may say (a command boundary). */
  progress(): Revision;
  close(): void;
}

/** A server's state at one entry of the log. */
export interface Checkpoint {
  readonly index: number;
  readonly hash: string;
  /** A majority was found to hold the same. */
  readonly agreed: boolean;
}

/** The disk under a server's data directory. */
export interface DiskStatus {
  readonly directory: string;
  readonly freeBytes: number;
  readonly reserveBytes: number;
  /** Only deletions, leases and internal entries are accepted. */
  readonly low: boolean;
}

export interface StoreStatus {
  /** Undefined for a store without members (memory). */
  readonly member: string | undefined;
  readonly leader: string | undefined;
  readonly role: 'leader' | 'follower' | 'candidate';
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  /** The newest entries of the log at which this server has hashed its state, oldest first: at equal indexes all are equal. */
  readonly checkpoints: readonly Checkpoint[];
  /** Undefined for a store without a disk, or while nothing is known of it. A low disk does not make a server unready. */
  readonly disk: DiskStatus | undefined;
  /** Can answer current reads and writes now; otherwise `reason` says why not. */
  readonly ready: boolean;
  readonly reason: string | undefined;
  /** What is being repaired after damage, and how far that has come; undefined when nothing is. */
  readonly repairing: string | undefined;
}

export interface ObjectStore {
  /** Recovers, joins its peers, and resolves when local reads can be answered. */
  start(): Promise<void>;
  stop(): Promise<void>;

  /**
   * Applies a command on every server, exactly once, or refuses it. Waits out elections.
   * Throws StoreTimeoutError (outcome unknown) when `signal` aborts first, CommandTooLargeError, DiskLowError,
   * StoreStoppedError.
   */
  commit(command: Command, signal: CancelSignal): Promise<CommitOutcome>;

  /**
   * Waits until this server has applied everything that was acknowledged anywhere before the call; then `snapshot()`
   * is current. All callers of one turn share one question to the leader. Throws StoreTimeoutError, StoreStoppedError.
   */
  readBarrier(signal: CancelSignal): Promise<Revision>;

  /** Waits until this server has applied `revision` (decision 5), 0 until it holds any state at all. Throws StoreTimeoutError, StoreStoppedError. */
  waitFor(revision: Revision, signal: CancelSignal): Promise<void>;

  /** The store as applied here now, or as of an older command boundary. Throws CompactedError, FutureRevisionError. */
  snapshot(revision?: Revision): Snapshot;

  /** Follows a range. Calls `sink` from now on, first with what happened since `from`. Throws CompactedError, FutureRevisionError. */
  watch(options: WatchOptions, sink: WatchSink): Watch;

  status(): StoreStatus;
  /** Calls back on each change of leader, role or readiness. Returns the way to stop that. */
  onStatusChange(listener: (status: StoreStatus) => void): () => void;

  /** The members as this server knows them; the leader also knows how far each one is. */
  membership(): StoreMembership;
  /**
   * Changes the members in one step; answered when it is committed, or refused with a reason. Only the leader does it.
   * `unknown` when `signal` aborts first. Throws StoreStoppedError.
   */
  changeMembership(changes: readonly StoreMemberChange[], signal: CancelSignal): Promise<StoreMembershipOutcome>;
  /**
   * The whole state at one moment that is not before the call, for an archive: chunks that readStateStream() reads. Nothing
   * waits for whoever takes them, and no more than one is in memory. Throws StoreTimeoutError, StoreStoppedError.
   */
  backup(signal: CancelSignal): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>>;
  /** Hands leadership over to `target`, or to the voter that is furthest. Resolves when it is over. Throws StoreStoppedError. */
  transferLeadership(target?: string): Promise<TransferOutcome>;
}

/** The wait was given up: for a commit, the outcome is unknown. */
export class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError';
}
export class StoreStoppedError extends Error {
  override readonly name = 'StoreStoppedError';
}
/** A revision at or below what was compacted was asked for. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly compactedRevision: Revision;
  constructor(compactedRevision: Revision) {
    super(`revisions up to ${compactedRevision} were compacted`);
    this.compactedRevision = compactedRevision;
  }
}
/** A revision that this server has not reached was asked for: use waitFor first. */
export class FutureRevisionError extends Error {
  override readonly name = 'FutureRevisionError';
}
/** There is no room for a command: it was not sent. The message names the disk, what is free, and what to do. */
export class DiskLowError extends Error {
  override readonly name = 'DiskLowError';
}
/** A command that exceeds COMMAND_LIMIT_BYTES, or an object over OBJECT_LIMIT_BYTES. */
export class CommandTooLargeError extends Error {
  override readonly name = 'CommandTooLargeError';
}
