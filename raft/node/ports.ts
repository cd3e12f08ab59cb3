// The ports of the Raft node: what it needs of the world (disk, transport, clock, threads), what it drives (the state
// machine) and what it offers (Consensus). Each has one contract suite in test/raft that every adapter runs.
import type { Clock, Fatal, Logger } from '../../src/lib/index.ts';
import type {
  ChangeAnswer,
  Contacts,
  CoreStatus,
  LogIndex,
  MemberChange,
  Membership,
  Message,
  NodeId,
  SnapshotPosition,
  SoftState,
  Term,
} from '../core/index.ts';

/** A file of the log. All calls are synchronous: they run on the log's own thread (house.md, decision 8). */
export interface DiskFile {
  /** Bytes in the file. */
  size(): number;
  /** Reads exactly `length` bytes at `position`, fewer only at the end of the file. */
  read(position: number, length: number): Uint8Array;
  write(position: number, bytes: Uint8Array): void;
  /** Sets the size: cuts, or extends with zeroes that are really allocated. */
  resize(bytes: number): void;
  /** Makes contents and size durable (fdatasync). An error is fatal: its outcome is unknown. */
  sync(): void;
  close(): void;
}

/** A folder on a disk. The simulator's disk loses what was not synced. */
export interface Disk {
  /** File names, sorted. */
  list(): readonly string[];
  /** Opens a file for reading and writing; `create` makes an empty one, and fails if it is there. */
  open(name: string, mode: 'existing' | 'create'): DiskFile;
  remove(name: string): void;
  rename(from: string, to: string): void;
  /** Makes names durable (fsync of the folder). */
  syncDirectory(): void;
}

/** Where damaged files go. They are kept: nothing in this project removes them. */
export interface Quarantine {
  /** Throws UserError when so much has been damaged before that the disk itself must be in doubt. */
  admit(): void;
  /**
   * Moves a file out of the folder of the log, durably. When a file of its name was set aside under this label before, the one
   * that is there now was made after it, and is removed.
   */
  setAside(name: string, label: string): void;
}

/** Sends messages to peers, in order per peer while a connection lasts, at most once. It never blocks and never throws. */
export interface Transport {
  /** `contacts`: whom to be connected to, and whom not to let in; from then on as contacts() says. */
  start(handlers: TransportHandlers, contacts: Contacts): Promise<void>;
  contacts(contacts: Contacts): void;
  send(messages: readonly Message[]): void;
  /** Sends a part of a snapshot's transfer, on a connection of its own, so that messages never wait behind it. */
  sendFrame(peer: NodeId, frame: Uint8Array): void;
  stop(): Promise<void>;
}
export interface TransportHandlers {
  received(message: Message): void;
  /** A part of a snapshot's transfer, in memory of its own. */
  frame(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void;
  /** The peer refused or closed the connection: it is not running, or unreachable. */
  unreachable(peer: NodeId): void;
  /** A connection to the peer stands (again): what was sent before may be lost. */
  connected(peer: NodeId): void;
  /** The peer met this member with another log than the one it has now, and says what that means. */
  disowned(peer: NodeId, reason: string): void;
  /** The peer says that this member was removed from the cluster. */
  removed(peer: NodeId): void;
}

/** One side of a message channel between threads, or within one (the in-line host). Messages arrive in order. */
export interface Channel<Out, In> {
  /** `transfer` lists buffers that the sender gives away. */
  post(message: Out, transfer?: readonly ArrayBuffer[]): void;
  onMessage(handler: (message: In) => void): void;
  close(): void;
}

/** A committed entry as the state machine sees it. No-ops and membership entries arrive too: they move the index. */
export interface CommittedEntry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: 'noop' | 'command' | 'membership';
  readonly data: Uint8Array;
}

/** What a node is replicating. Called on the main thread, in log order, never concurrently. */
export interface StateMachine {
  apply(entries: readonly CommittedEntry[]): void;
}

/**
 * What carries snapshots between members. The node says when one is needed and passes frames on; what is in them is the
 * owner's business. Frames may be lost, repeated and late.
 */
export interface SnapshotHandlers {
  /** `peer` needs the state, for the entries it lacks are compacted; snapshotEnded() is owed. This node leads `term`. */
  wanted(peer: NodeId, term: Term): void;
  frame(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void;
}

/**
 * Who leads, as this node knows it. `epoch` rises whenever what was proposed or asked before may be lost: another leader or
 * term, a new connection to the leader, dropped proposals. The owner then re-sends what is pending.
 */
export interface Leadership extends SoftState {
  readonly epoch: number;
}

/** A running node from outside. */
export interface NodeStatus extends CoreStatus {
  /** What was damaged, while this member repairs its log. */
  readonly damage: string | undefined;
  /** The log begins after this entry, and the state at the start did not reach it: a peer must send the state. */
  readonly stateWanted: LogIndex | undefined;
}

export interface ConsensusStatus extends NodeStatus {
  /** Applied by the state machine, as it told. */
  readonly appliedIndex: LogIndex;
  /** Why this node does not take part (damage, disk full), if so. */
  readonly fault: string | undefined;
}

export interface ConsensusHandlers {
  readonly stateMachine: StateMachine;
  readonly snapshots: SnapshotHandlers;
  leadershipChanged(leadership: Leadership): void;
}

/** What the state machine holds when consensus starts. */
export interface StateAtStart {
  readonly appliedIndex: LogIndex;
  /** There was a state before, and it was lost: so there was a log too, and none is made. */
  readonly isLost?: boolean;
  /** The snapshot that was installed last, while installed() has not resolved for it. */
  readonly snapshot?: SnapshotPosition | undefined;
  /** The members as of appliedIndex, when the state machine knows them. */
  readonly membership?: Membership | undefined;
  /** What the state stands for: a log that was lost to damage goes on after it. undefined: not known. */
  readonly position?: SnapshotPosition | undefined;
}

/** A replicated log, as the store uses it from the main thread. */
export interface Consensus {
  readonly id: NodeId;
  /**
   * Opens the log, connects, and delivers committed entries after the state's. Rejects with UserError or DamageError.
   */
  start(handlers: ConsensusHandlers, state: StateAtStart): Promise<void>;
  /**
   * Hands commands to the leader, batched with every other proposal of this turn. No answer: the outcome is seen when
   * the entry is applied; what is not applied is re-sent by its owner when the epoch rises (sessions make that safe).
   */
  propose(commands: readonly Uint8Array[]): void;
  /** An index at or above every commit acknowledged before the call; undefined when no leader could be asked: ask again
   *  when the epoch rises. All calls of one turn share one question. */
  readIndex(): Promise<LogIndex | undefined>;
  /** The state machine has applied up to `applied`, and holds `durable` on its own disk (bounds what may be compacted). */
  progress(applied: LogIndex, durable: LogIndex): void;
  /** Sends a part of a snapshot's transfer; the buffer is given away. */
  sendFrame(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void;
  /** The transfer to `peer` is over: it holds the state up to `index`, or (undefined) it failed. */
  snapshotEnded(peer: NodeId, index: LogIndex | undefined): void;
  /**
   * The state machine was replaced, durably, by a snapshot: the log follows. Entries up to its index that are delivered
   * meanwhile are in it. Resolves when the log holds that position durably; never, when the node stops before.
   */
  installed(snapshot: SnapshotPosition): Promise<void>;
  transferLeadership(target?: NodeId): void;
  /** Changes the members, if this node leads. Answered when it is over; `unknown` when its end cannot be seen from here. */
  changeMembership(changes: readonly MemberChange[]): Promise<MembershipOutcome>;
  status(): ConsensusStatus;
  stop(): Promise<void>;
}

export type MembershipOutcome =
  /** Committed, all of it. */
  | { readonly kind: 'done'; readonly membership: Membership }
  /** Begun, and its end not seen: look at the members. */
  | { readonly kind: 'unknown'; readonly message: string }
  | Exclude<ChangeAnswer, { kind: 'begun' }>;

/** Everything a node needs of its process. */
export interface NodeEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fatal: Fatal;
}

/** A member's identity and where its peers are. Addresses are hints: configuration and the greeting override them. */
export interface NodeConfig {
  readonly id: NodeId;
  readonly clusterId: string;
  /** The founding members: where there is a log or a state, what they say holds. */
  readonly membership: Membership;
  /** This member is to be added to a running cluster: it begins without members, waits to be contacted, and never founds one. */
  readonly join?: boolean;
  /** host:port of each peer's Raft endpoint. */
  readonly peerAddresses: Readonly<Record<string, string>>;
  readonly seed: number;
}
