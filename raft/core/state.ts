// The state of one core: plain fields, changed only by the files of their subject. What only a leader has is in `leading`,
// so that it cannot outlive the leadership.
import { assert, type Prng, prng } from '../../src/lib/index.ts';
import type { CatchUp } from './catch-up.ts';
import { QUICK_DIVISOR } from './limits.ts';
import { LogTail } from './log-tail.ts';
import { electorate, everyMember } from './membership.ts';
import { Memberships } from './memberships.ts';
import { Outbox } from './outbox.ts';
import type { Progress } from './progress.ts';
import type { Repair } from './repair.ts';
import type {
  CoreLimits,
  CoreOptions,
  Entry,
  HardState,
  LogIndex,
  Message,
  NodeId,
  PreVoteRequest,
  ReadState,
  Role,
  SoftState,
  Term,
} from './types.ts';

export interface State {
  readonly id: NodeId;
  readonly memberships: Memberships;
  readonly limits: CoreLimits;
  readonly random: Prng;
  readonly log: LogTail;
  readonly outbox: Outbox;
  /** How many logs this member lost before this one. */
  readonly generation: number;
  /** Set until this log holds what the lost one may have acknowledged. */
  repair: Repair | undefined;

  /** Invariant: never goes back. */
  term: Term;
  /** Invariant: within a term it changes once, from undefined. */
  votedFor: NodeId | undefined;
  role: Role;
  leader: NodeId | undefined;
  /** What of (term, votedFor) is on the disk. */
  durable: HardState;

  /** Invariant: never goes back, and what it covers is never truncated. */
  commit: LogIndex;
  /** Handed to the state machine. Invariant: ≤ commit, and durable here. */
  applied: LogIndex;

  /** Ticks since the core was made. */
  tick: number;
  /** Ticks since a leader was heard, a vote (at a start: a pre-vote, too) was granted, or a campaign began. */
  electionElapsed: number;
  electionTimeout: number;
  /** How many more pre-votes may follow each other quickly: since the start no leader was heard and no vote given (election.ts). */
  quickPreVotes: number;
  /** Ticks until a campaign that begins before the timeout, because the leader is known to be gone. */
  earlyTicks: number | undefined;
  readonly votes: Map<NodeId, boolean>;
  /** Pre-votes refused only because a leader was heard: answered again when it is lost (election.ts). */
  readonly refused: Map<NodeId, { readonly request: PreVoteRequest; readonly tick: number }>;

  leading: Leading | undefined;
  readonly questions: Questions;
  /** Answered reads for the next Ready. */
  reads: ReadState[];
  /** Own proposals that were dropped and not reported yet. */
  dropped: number;
}

/** A leader's own state. */
export interface Leading {
  /** The members and, for a while, those who left: they are to hear of it. */
  readonly peers: Map<NodeId, Progress>;
  /** The index of the no-op of this term. */
  readonly firstIndex: LogIndex;
  heartbeatElapsed: number;
  /** How learners catch up (catch-up.ts). */
  readonly catchUps: Map<NodeId, CatchUp>;
  /** Followers that need a snapshot, for the next Ready. */
  snapshots: NodeId[];
  /** A transfer under way; it ends by success, by a timeout, or when the target is lost. It never sticks. */
  transfer: { readonly target: NodeId; readonly startedAtTick: number; told: boolean } | undefined;
  /** Proposals that wait for the end of a transfer. */
  held: { readonly from: NodeId | undefined; readonly commands: readonly Uint8Array[] }[];
  heldBytes: number;
  uncommittedBytes: number;
  /** The backlog was full: everything is dropped until there is room again, so that order is kept. */
  full: boolean;
  /** Forwarders whose proposals were dropped meanwhile, with the number of proposals. */
  readonly starved: Map<NodeId, number>;
  /** See reads.ts. */
  readRound: number;
  joining: WaitingRead[];
  readonly rounds: {
    readonly round: number;
    readonly index: LogIndex;
    readonly reads: readonly WaitingRead[];
    readonly begunAtTick: number;
  }[];
}

/** A read that waits at the leader; `from` is undefined for its own. */
export interface WaitingRead {
  readonly from: NodeId | undefined;
  readonly context: number;
}

/** What a node asks its leader. */
export interface Questions {
  /** The number of the next question. Begins at random, so that no other incarnation uses the same ones. */
  next: number;
  /** Reads of this turn, not asked yet. */
  joining: number[];
  readonly asked: Map<number, { readonly contexts: readonly number[]; askedAtTick: number }>;
}

/** Numbers of one incarnation's questions: far more than one process asks. */
const QUESTION_RANGE = 2 ** 20;

export function createState(options: CoreOptions): State {
  const { limits, membership, hardState } = options;
  assert(limits.electionTimeoutMinTicks > limits.heartbeatTicks, 'an election timeout is longer than a heartbeat');
  assert(limits.electionTimeoutMaxTicks >= limits.electionTimeoutMinTicks, 'election timeouts are a range');
  const random = prng(options.seed);
  const log = new LogTail(options.log);
  // A crash after the snapshot's state became durable, and before the log followed it: the log follows now.
  const { snapshot } = options;
  const isBehind = snapshot !== undefined && options.appliedIndex === snapshot.index && !log.matches(snapshot);
  if (isBehind) log.reset(snapshot);
  assert(options.appliedIndex <= log.lastIndex(), 'the state machine is ahead of the log');
  const isNewer = snapshot !== undefined && snapshot.leaderTerm > hardState.term;
  const state: State = {
    id: options.id,
    memberships: isBehind
      ? new Memberships(snapshot.membership)
      : new Memberships(membership, options.isMembershipGuessed === true ? options.appliedIndex : undefined),
    limits,
    random,
    log,
    outbox: new Outbox((message) => isDurable(state, message)),
    generation: options.life?.generation ?? 0,
    repair: options.life?.repairing === true ? { asked: false, target: undefined } : undefined,
    term: isNewer ? snapshot.leaderTerm : hardState.term,
    votedFor: isNewer ? undefined : hardState.votedFor,
    role: 'follower',
    leader: undefined,
    durable: hardState,
    commit: options.appliedIndex,
    applied: options.appliedIndex,
    tick: 0,
    electionElapsed: 0,
    electionTimeout: 0,
    quickPreVotes: limits.quickPreVotes,
    earlyTicks: undefined,
    votes: new Map(),
    refused: new Map(),
    leading: undefined,
    questions: { next: random.uint32() * QUESTION_RANGE + 1, joining: [], asked: new Map() },
    reads: [],
    dropped: 0,
  };
  if (!isBehind) state.memberships.appended(options.log.memberships());
  state.memberships.committedTo(state.commit);
  resetElectionTimer(state);
  return state;
}

export function softState(state: State): SoftState {
  return { role: state.role, term: state.term, leader: state.leader };
}

export function hardStateIsDurable(state: State): boolean {
  return state.durable.term === state.term && state.durable.votedFor === state.votedFor;
}

/** Whether everything that `message` promises is on the disk. Pre-votes promise nothing. */
function isDurable(state: State, message: Message): boolean {
  if (message.kind === 'preVoteRequest') return true;
  if (message.kind === 'preVoteResponse' && message.granted) return true;
  if (!hardStateIsDurable(state)) return false;
  if (message.kind !== 'appendResponse' || message.result.kind !== 'accepted') return true;
  return message.result.match <= state.log.durableIndex();
}

/** The other members of the effective membership, voters first. */
export function others(state: State): readonly NodeId[] {
  return everyMember(state.memberships.current).filter((member) => member !== state.id);
}

/** The others that have a vote. */
export function otherVoters(state: State): readonly NodeId[] {
  return electorate(state.memberships.current).filter((member) => member !== state.id);
}

/**
 * A voter of the effective membership; or one that this membership removes, while it is not known to be committed: it may be
 * the only one that holds it, and without it nobody could lead (§4.2.2).
 */
export function mayCampaign(state: State): boolean {
  const { current, committed } = state.memberships;
  // A member that repairs its log elects nobody, itself included.
  if (state.repair !== undefined) return false;
  // Nor does one that would count the votes of who voted once.
  if (!state.memberships.isKnown) return false;
  return electorate(current).includes(state.id) || electorate(committed).includes(state.id);
}

/** The one way into the log: memberships take effect with it (§4.1), and go with what is cut off. */
export function appendEntries(state: State, entries: readonly Entry[]): void {
  state.log.append(entries);
  state.memberships.appended(entries);
}

/** Starts the wait for an election anew, with a fresh random timeout (§5.2). */
export function resetElectionTimer(state: State): void {
  const { electionTimeoutMinTicks: min, electionTimeoutMaxTicks: max } = state.limits;
  state.electionElapsed = 0;
  const timeout = min + state.random.int(max - min + 1);
  state.electionTimeout = state.quickPreVotes > 0 ? Math.ceil(timeout / QUICK_DIVISOR) : timeout;
  state.earlyTicks = undefined;
}
