// The vocabulary of the consensus algorithm: identities, entries, messages, and what a step asks of its driver.
// Everything is plain data, so that a message travels unchanged through msgpack, the simulator and a transcript.
// Source of the terms: D. Ongaro, "Consensus: Bridging Theory and Practice" (2014); the shape of Ready follows etcd-io/raft.
import type { Brand } from '../../src/lib/index.ts';

/** A member's identity. Single-use: a member that lost its disk comes back under a new one (house.md, decision 10). */
export type NodeId = Brand<string, 'NodeId'>;
/** An election term; 0 is before the first election. */
export type Term = Brand<number, 'Term'>;
/** A position in the log; the first entry has index 1, and 0 is before it. */
export type LogIndex = Brand<number, 'LogIndex'>;

/**
 * Who belongs to the cluster. The effective one is the newest in a node's log, committed or not. Everything behind the
 * first two fields is absent (or empty) for founding members that nobody has changed.
 */
export interface Membership {
  readonly voters: readonly NodeId[];
  /** They receive the log and do not count. */
  readonly learners: readonly NodeId[];
  /** The voters before, while majorities of both are needed (joint consensus, dissertation §4.3). */
  readonly outgoing?: readonly NodeId[] | undefined;
  /** host:port of members that were added: hints, which configuration and greeting override. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Learners that the leader makes voters once they have caught up. */
  readonly autoPromote?: readonly NodeId[];
  /** Everybody who was removed: an id is used once. */
  readonly retired?: readonly NodeId[];
  /** The entry that holds it; absent for the founding members. */
  readonly index?: LogIndex;
}

/** A list of changes is one step: all of it happens, or nothing. */
export type MemberChange =
  /** New members always begin as learners. `address` is host:port of the Raft endpoint. */
  | { readonly kind: 'add'; readonly member: NodeId; readonly address: string; readonly autoPromote: boolean }
  | { readonly kind: 'promote'; readonly member: NodeId }
  | { readonly kind: 'remove'; readonly member: NodeId };

export type MembershipRefusal =
  | 'invalid'
  /** Another change is not committed, or not complete. */
  | 'changeUnderWay'
  /** No entry of the leader's own term is committed yet (the single-server bug of 2015). */
  | 'leaderIsNew'
  | 'transferUnderWay'
  | 'unknownMember'
  | 'alreadyMember'
  | 'idUsedBefore'
  | 'noVoterLeft'
  /** A member to be promoted is too far behind. */
  | 'notCaughtUp'
  /** No majority of the voters that would be can be reached: the cluster would stand still. */
  | 'noQuorum';

/** What the core answers to a change. `begun`: its first entry is in the log; it is over when it is committed and not joint. */
export type ChangeAnswer =
  | { readonly kind: 'begun'; readonly index: LogIndex }
  | { readonly kind: 'notLeader'; readonly leader: NodeId | undefined }
  | {
      readonly kind: 'refused';
      readonly reason: MembershipRefusal;
      readonly message: string;
      readonly remedy: string;
    };

/** Whom a node is to be connected to. */
export interface Contacts {
  /** The members as its log has them, without itself; at a leader also those who are still told that they are removed. */
  readonly peers: readonly NodeId[];
  readonly addresses: Readonly<Record<string, string>>;
  /** Removed by a change that is committed: not to be let in. */
  readonly removed: readonly NodeId[];
  /** This very member was removed, for good. */
  readonly isRemoved: boolean;
}

/**
 * One entry of the log. `noop` is the first entry of each leader; `command` belongs to the state machine, which alone
 * knows its form; `membership` holds an encoded Membership.
 */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}
export type EntryKind = 'noop' | 'command' | 'membership';

/** What a node must never forget. Invariant: durable before any message that reveals it. */
export interface HardState {
  readonly term: Term;
  readonly votedFor: NodeId | undefined;
}

/** Where a log ends or is asked about: the pair that Raft compares. */
export interface LogPosition {
  readonly index: LogIndex;
  readonly term: Term;
}

/** What a snapshot stands for: the state after everything up to `index`, whose entry was of `term`. */
export interface SnapshotPosition extends LogPosition {
  /** The members as of that state. */
  readonly membership: Membership;
  /** The term in which its sender led when everything in it was committed. Whoever installs it adopts that term. */
  readonly leaderTerm: Term;
}

/**
 * Which of its logs a member answers from (house.md, decision 10). What it acknowledged from a log that was lost counts no
 * more, and while it repairs it counts in no quorum. Messages of a member that never lost one carry none.
 */
export interface LogLife {
  /** How many logs it lost before this one. */
  readonly generation: number;
  /** It does not hold yet what it may have acknowledged. */
  readonly repairing: boolean;
}

interface Addressed {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The sender's term; in a pre-vote request the term it would campaign in. */
  readonly term: Term;
}

/** Would you vote for me? Changes nothing at either side (dissertation §9.6). */
export interface PreVoteRequest extends Addressed {
  readonly kind: 'preVoteRequest';
  readonly last: LogPosition;
}
export interface PreVoteResponse extends Addressed {
  readonly kind: 'preVoteResponse';
  readonly granted: boolean;
}
export interface VoteRequest extends Addressed {
  readonly kind: 'voteRequest';
  readonly last: LogPosition;
  /** Set by a leadership transfer: voters then ignore that they hear from a leader. */
  readonly transfer: boolean;
}
export interface VoteResponse extends Addressed {
  readonly kind: 'voteResponse';
  readonly granted: boolean;
}
/** Entries after `previous`, or none (a probe). Pipelined: the next leaves before the answer to this one. */
export interface AppendRequest extends Addressed {
  readonly kind: 'appendRequest';
  readonly previous: LogPosition;
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
}
/** Sent when the entries are durable. */
export interface AppendResponse extends Addressed {
  readonly kind: 'appendResponse';
  readonly life?: LogLife;
  readonly result:
    | { readonly kind: 'accepted'; readonly match: LogIndex }
    /** The follower's log does not hold `previous`; `hint` is where to try next (§5.3's fast back-up). */
    | { readonly kind: 'rejected'; readonly previous: LogIndex; readonly hint: LogPosition };
}
/** Never waits for a disk: leader contact, commit index, and the question of a read round. */
export interface HeartbeatRequest extends Addressed {
  readonly kind: 'heartbeatRequest';
  /** At most what this follower is known to hold. */
  readonly commit: LogIndex;
  /** Of the follower's log that `commit` is about, if it is not the first: of another one it says nothing. */
  readonly generation?: number;
  /** The newest read round of this leader, echoed by the follower; 0 when none was asked for. */
  readonly readRound: number;
}
export interface HeartbeatResponse extends Addressed {
  readonly kind: 'heartbeatResponse';
  readonly life?: LogLife;
  readonly readRound: number;
}
/** Commands accepted at another node, on their way to the leader. Never forwarded a second time. */
export interface ForwardedProposal extends Addressed {
  readonly kind: 'forwardedProposal';
  readonly commands: readonly Uint8Array[];
}
/**
 * Forwarded commands that the receiver did not append: it no longer leads this term, or its backlog was full (then this
 * is sent once there is room again). The forwarder counts them as dropped, so that their owner re-sends them.
 */
export interface ProposalsDropped extends Addressed {
  readonly kind: 'proposalsDropped';
  readonly count: number;
  /** false: the sender does not lead this term (and never will again). */
  readonly leading: boolean;
}
/** A follower's question for the commit index: one for all reads that wait there. */
export interface ReadIndexRequest extends Addressed {
  readonly kind: 'readIndexRequest';
  readonly life?: LogLife;
  /** The asker's own number for this question; never reused within one process. */
  readonly context: number;
}
export interface ReadIndexResponse extends Addressed {
  readonly kind: 'readIndexResponse';
  readonly context: number;
  /** undefined: refused (no leader here any more); ask again. */
  readonly index: LogIndex | undefined;
}
/** The leader asks this follower to campaign at once (§3.10). */
export interface TimeoutNow extends Addressed {
  readonly kind: 'timeoutNow';
}

export type Message =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendResponse
  | HeartbeatRequest
  | HeartbeatResponse
  | ForwardedProposal
  | ProposalsDropped
  | ReadIndexRequest
  | ReadIndexResponse
  | TimeoutNow;

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

/** What the core tells of itself; changes reach the driver in Ready. */
export interface SoftState {
  readonly role: Role;
  readonly term: Term;
  readonly leader: NodeId | undefined;
}

/**
 * Work for the disk, in one step: the hard state; the log begins anew after `reset`, if given; truncate from the first
 * entry's index if the log is longer, append, make durable; then send `sendAfterPersist` and call `core.persisted(id)`. At most one is outstanding; what
 * arrives meanwhile is in the next.
 */
export interface PersistBatch {
  readonly id: number;
  readonly hardState: HardState | undefined;
  /** A snapshot took the place of everything in the log. */
  readonly reset: LogPosition | undefined;
  readonly entries: readonly Entry[];
  /** The log holds everything again that this member may have acknowledged: from now on it counts. */
  readonly endsRepair: boolean;
  readonly sendAfterPersist: readonly Message[];
}

/** An answered read question. */
export interface ReadState {
  readonly context: number;
  /** undefined: it could not be answered (leader lost, none known); ask again when the leadership changes. */
  readonly index: LogIndex | undefined;
}

/** What one turn of the core asks of its driver. The driver does all of it, then calls `core.advance(ready)`. */
export interface Ready {
  /** To be sent at once, before anything is durable: a leader's appends and heartbeats, read answers, pre-votes. */
  readonly sendNow: readonly Message[];
  readonly persist: PersistBatch | undefined;
  /** Committed entries to apply, in order, each exactly once per process. */
  readonly committed: readonly Entry[];
  readonly reads: readonly ReadState[];
  /**
   * How many proposals were dropped (no leader known, or a full backlog) and may be re-sent now: it is told when a leader is
   * known and has room, so that re-sending at once makes sense and never spins.
   */
  readonly droppedProposals: number;
  /**
   * Followers whose next entries are compacted: each is to be sent a snapshot, and snapshotEnded() to be called in any
   * case, for nothing else ends their waiting.
   */
  readonly snapshots: readonly NodeId[];
  /** Set when role, term or leader changed since the last Ready. */
  readonly soft: SoftState | undefined;
  /** Set when the membership, or what is known of its commitment, changed since the last Ready. */
  readonly contacts: Contacts | undefined;
  readonly commitIndex: LogIndex;
}

/** The durable log as the core reads it: synchronous, because the recent part is in memory. */
export interface LogView {
  /** The first index that is still there; 1 until a log is compacted. */
  firstIndex(): LogIndex;
  /** The last index that is durable; firstIndex() − 1 when empty. */
  lastIndex(): LogIndex;
  /** undefined when the entry is not there (compacted or beyond the end). Index firstIndex() − 1 answers too. */
  term(index: LogIndex): Term | undefined;
  /** Entries from `from` (included) up to `to` (excluded), stopping when `limitBytes` of data is passed; at least one. */
  entries(from: LogIndex, to: LogIndex, limitBytes: number): readonly Entry[];
  /** The membership entries that are there, ascending. */
  memberships(): readonly Entry[];
}

/** Everything a core needs to start: what the disk holds, who votes, and the limits in ticks and bytes. */
export interface CoreOptions {
  readonly id: NodeId;
  /** As of appliedIndex, or of an earlier index from which on the log holds every change. */
  readonly membership: Membership;
  /** The log begins at appliedIndex, and nobody here knows what changed up to there: until told, this member does not campaign. */
  readonly isMembershipGuessed?: boolean | undefined;
  readonly hardState: HardState;
  readonly log: LogView;
  /** Of this log; a first log that is sound unless given. */
  readonly life?: LogLife | undefined;
  /** The state machine has applied up to here already; nothing at or below it is handed out again. */
  readonly appliedIndex: LogIndex;
  /** The snapshot that was installed last, unless the log is known to have followed it. */
  readonly snapshot?: SnapshotPosition | undefined;
  readonly limits: CoreLimits;
  /**
   * Seeds the election timeouts and the numbers of read questions. It must differ between two incarnations of a member, so
   * that the answer to a question of the process before the restart is never taken for an answer to a new one.
   */
  readonly seed: number;
}

/** See limits.ts for the values in production. */
export interface CoreLimits {
  readonly heartbeatTicks: number;
  /** Timeouts are drawn from electionTimeoutMinTicks to electionTimeoutMaxTicks, both included. */
  readonly electionTimeoutMinTicks: number;
  readonly electionTimeoutMaxTicks: number;
  /** Pre-votes that may follow each other quickly after a start, before a leader is heard or a vote given (election.ts). */
  readonly quickPreVotes: number;
  /** Entry bytes in one append message. */
  readonly appendLimitBytes: number;
  /** Append messages, and their bytes, that one follower may have unanswered. */
  readonly inflightLimitMessages: number;
  readonly inflightLimitBytes: number;
  /** Entry bytes a leader keeps uncommitted; further proposals are dropped and re-sent by their owner. */
  readonly uncommittedLimitBytes: number;
  /** Committed bytes handed out in one Ready. */
  readonly applyLimitBytes: number;
}

/** A follower as its leader sees it: for status and metrics. */
export interface PeerProgress {
  readonly id: NodeId;
  readonly match: LogIndex;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  /** It repairs its log and counts in no quorum. */
  readonly repairing: boolean;
  readonly inflightMessages: number;
  /** Milliseconds since it was heard. */
  readonly silentMs: number;
}

/** A core from outside: status and metrics. */
export interface CoreStatus extends SoftState {
  readonly id: NodeId;
  readonly votedFor: NodeId | undefined;
  readonly commitIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** The effective one: the newest in the log. */
  readonly membership: Membership;
  /** Neither uncommitted nor joint: another change may begin. */
  readonly membershipSettled: boolean;
  readonly peers: readonly PeerProgress[];
  /** Set while this member repairs its log. */
  readonly repair: RepairProgress | undefined;
}

/** How far a repair has come. */
export interface RepairProgress {
  /** The log holds everything up to here. */
  readonly reached: LogIndex;
  /** The repair is over there; undefined while no leader has said so. */
  readonly target: LogIndex | undefined;
}

/** The algorithm: a pure state machine. No promise, clock, socket or disk; the same inputs give the same outputs. */
export interface RaftCore {
  /** One unit of time has passed (TICK_MS in production). */
  tick(): void;
  /** How many calls of tick() from now the first is that may do more than count: 1 is the next. Inputs bring it nearer. */
  ticksUntilDue(): number;
  /** A message has arrived, from an authenticated sender. Messages for another node are ignored. */
  step(message: Message): void;
  /** Commands to replicate: appended by a leader, forwarded by a follower, counted as dropped without a leader. */
  propose(commands: readonly Uint8Array[]): void;
  /** Asks for an index that is safe to read at; the answer is a ReadState with this context. */
  readIndex(context: number): void;
  /** The transport knows that a peer cannot be reached (refused, reset): clears leader contact if it is the leader. */
  peerUnreachable(peer: NodeId): void;
  /** Asks the leader (this node) to hand over, to `target` or to the most caught-up voter. */
  transferLeadership(target?: NodeId): void;
  /** Changes the members, all at once. Only a leader does, and only one change at a time. */
  changeMembership(changes: readonly MemberChange[]): ChangeAnswer;
  contacts(): Contacts;
  /**
   * The sending of a snapshot to `peer` is over: it holds the state up to `index`, or (undefined) it failed and is asked
   * for again when the peer is heard.
   */
  snapshotEnded(peer: NodeId, index: LogIndex | undefined): void;
  /**
   * The state machine was replaced, durably, by a snapshot. Returns whether the log begins anew after it; otherwise the
   * log holds that position, and what follows the applied index is handed out as ever.
   */
  installed(snapshot: SnapshotPosition): boolean;
  /** Whether the disk holds what an installed snapshot stands for: its position, in a log that nothing is about to cut, and its term. */
  holds(snapshot: SnapshotPosition): boolean;
  hasReady(): boolean;
  /** The work since the last one. Call advance() before asking again. */
  ready(): Ready;
  /** `ready` was taken over: its messages sent, its entries handed to the state machine, its batch given to the disk. */
  advance(ready: Ready): void;
  /** Batch `id` is durable and visible through LogView. */
  persisted(id: number): void;
  status(): CoreStatus;
}
