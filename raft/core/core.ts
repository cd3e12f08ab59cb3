// The consensus core: the one object behind the door. It sorts inputs by term and kind, and turns what they left behind
// into Ready. Everything else is in the file of its subject.
import { assert, unreachable } from '../../src/lib/index.ts';
import { changeMembership, continueChange, forget, isSettled, noteCatchUp, tickMembership } from './change.ts';
import { advanceCommit } from './counting.ts';
import {
  campaign,
  countOwnVote,
  hearsLeader,
  loseLeader,
  stepPreVoteRequest,
  stepPreVoteResponse,
  stepVoteRequest,
  stepVoteResponse,
  tickElection,
} from './election.ts';
import { installSnapshot, stepAppendRequest, stepHeartbeatRequest } from './following.ts';
import { TICK_MS } from './limits.ts';
import { plus, smaller } from './numbers.ts';
import {
  canReportDropped,
  propose,
  release,
  stepForwardedProposal,
  stepProposalsDropped,
  takeDropped,
} from './proposals.ts';
import { ticksUntilDue } from './quiet.ts';
import {
  beginRound,
  flushQuestions,
  readIndex,
  repeatQuestions,
  stepReadIndexRequest,
  stepReadIndexResponse,
} from './reads.ts';
import { askWhereRepairEnds, lifeOf, repairIsOver, repairProgress } from './repair.ts';
import {
  broadcastHeartbeats,
  flushAppends,
  majorityHeardAtTick,
  stepAppendResponse,
  stepHeartbeatResponse,
} from './replication.ts';
import { becomeFollower } from './role.ts';
import { createState, hardStateIsDurable, type Leading, mayCampaign, others, type State, softState } from './state.ts';
import { continueTransfer, endTransfer, tickTransfer, transferLeadership } from './transfer.ts';
import type {
  AppendResponse,
  ChangeAnswer,
  Contacts,
  CoreOptions,
  CoreStatus,
  Entry,
  HeartbeatResponse,
  LogIndex,
  MemberChange,
  Message,
  NodeId,
  PersistBatch,
  RaftCore,
  Ready,
  SnapshotPosition,
  SoftState,
} from './types.ts';

/** Makes a core from what the disk holds. Throws InvariantError if the log ends before what was applied. */
export function createRaftCore(options: CoreOptions): RaftCore {
  return new Core(createState(options));
}

function stepFollowerResponse(state: State, leading: Leading, message: AppendResponse | HeartbeatResponse): void {
  if (message.kind === 'heartbeatResponse') {
    stepHeartbeatResponse(state, leading, message);
    noteCatchUp(state, leading, message.from);
    return;
  }
  stepAppendResponse(state, leading, message);
  noteCatchUp(state, leading, message.from);
  continueTransfer(state, leading);
  continueChange(state, leading);
}

class Core implements RaftCore {
  readonly #state: State;
  #told: SoftState;
  /** The version of the memberships that #toldContacts, as text, is of. */
  #toldVersion: number;
  #toldContacts: string;
  #outstanding: PersistBatch | undefined;
  #nextBatch = 1;
  /** The Ready that is being worked on. */
  #given: Ready | undefined;

  constructor(state: State) {
    this.#state = state;
    this.#told = softState(state);
    this.#toldVersion = state.memberships.version;
    this.#toldContacts = JSON.stringify(this.contacts());
  }

  tick(): void {
    const state = this.#state;
    state.tick += 1;
    if (state.leading === undefined) tickElection(state);
    else this.#tickLeader(state.leading);
    repeatQuestions(state);
  }

  ticksUntilDue(): number {
    return ticksUntilDue(this.#state);
  }

  #tickLeader(leading: Leading): void {
    const state = this.#state;
    if (state.tick - majorityHeardAtTick(state, leading) >= state.limits.electionTimeoutMinTicks) {
      becomeFollower(state, state.term, undefined);
      return;
    }
    tickTransfer(state, leading);
    tickMembership(state, leading);
    if (state.leading === undefined) return;
    leading.heartbeatElapsed += 1;
    if (leading.heartbeatElapsed >= state.limits.heartbeatTicks) broadcastHeartbeats(state, leading);
  }

  step(message: Message): void {
    const state = this.#state;
    if (message.to !== state.id || message.from === state.id || isUnwelcome(state, message)) return;
    if (message.term < state.term) this.#stepStale(message);
    else if (message.term === state.term || this.#adopt(message)) this.#dispatch(message);
  }

  /** Returns false when the message of a higher term is to be ignored. */
  #adopt(message: Message): boolean {
    const state = this.#state;
    switch (message.kind) {
      case 'preVoteRequest':
        return true;
      case 'preVoteResponse':
        if (!message.granted) becomeFollower(state, message.term, undefined);
        return true;
      case 'voteRequest':
        if (!message.transfer && hearsLeader(state)) return false;
        becomeFollower(state, message.term, undefined);
        return true;
      case 'appendRequest':
      case 'heartbeatRequest':
        becomeFollower(state, message.term, message.from);
        return true;
      case 'voteResponse':
      case 'appendResponse':
      case 'heartbeatResponse':
      case 'forwardedProposal':
      case 'proposalsDropped':
      case 'readIndexRequest':
      case 'readIndexResponse':
      case 'timeoutNow':
        becomeFollower(state, message.term, undefined);
        return true;
      default:
        return unreachable(message);
    }
  }

  /**
   * An older term. Candidates and leaders learn the newer one: a node that came to a higher term while cut off could
   * otherwise neither follow (the leader's messages are stale to it) nor lead (its peers hear the leader).
   */
  #stepStale(message: Message): void {
    const state = this.#state;
    if (message.kind === 'preVoteRequest') stepPreVoteRequest(state, message);
    if (message.kind === 'voteRequest') stepVoteRequest(state, message);
    if (message.kind === 'appendRequest' || message.kind === 'heartbeatRequest') {
      const { id, term } = state;
      state.outbox.send({
        kind: 'heartbeatResponse',
        from: id,
        to: message.from,
        term,
        readRound: 0,
        ...lifeOf(state),
      });
    }
  }

  /** A message of the current term, or of a pre-vote above it. */
  #dispatch(message: Message): void {
    const state = this.#state;
    switch (message.kind) {
      case 'preVoteRequest':
        stepPreVoteRequest(state, message);
        break;
      case 'preVoteResponse':
        stepPreVoteResponse(state, message);
        break;
      case 'voteRequest':
        stepVoteRequest(state, message);
        break;
      case 'voteResponse':
        stepVoteResponse(state, message);
        break;
      case 'appendRequest':
        this.#follow(message.from);
        stepAppendRequest(state, message);
        break;
      case 'heartbeatRequest':
        this.#follow(message.from);
        stepHeartbeatRequest(state, message);
        break;
      case 'appendResponse':
      case 'heartbeatResponse':
        if (state.leading !== undefined) stepFollowerResponse(state, state.leading, message);
        break;
      case 'forwardedProposal':
        stepForwardedProposal(state, message);
        break;
      case 'proposalsDropped':
        stepProposalsDropped(state, message);
        if (!message.leading && state.leader === message.from) loseLeader(state);
        break;
      case 'readIndexRequest':
        stepReadIndexRequest(state, message);
        break;
      case 'readIndexResponse':
        if (stepReadIndexResponse(state, message) && state.leader === message.from) loseLeader(state);
        break;
      case 'timeoutNow':
        if (state.leader === message.from && mayCampaign(state)) campaign(state, true);
        break;
      default:
        unreachable(message);
    }
  }

  /** The sender leads this term. */
  #follow(leader: NodeId): void {
    const state = this.#state;
    assert(state.leading === undefined, `${leader} and ${state.id} both lead term ${state.term}`);
    assert(state.leader === undefined || state.leader === leader, `two leaders in term ${state.term}`);
    becomeFollower(state, state.term, leader);
  }

  propose(commands: readonly Uint8Array[]): void {
    propose(this.#state, commands);
  }

  readIndex(context: number): void {
    readIndex(this.#state, context);
  }

  peerUnreachable(peer: NodeId): void {
    const { leading, leader } = this.#state;
    if (leading === undefined) {
      if (peer === leader) loseLeader(this.#state);
      return;
    }
    const progress = leading.peers.get(peer);
    if (progress?.state === 'replicate') {
      progress.probe();
      // Not into the void: the answer to a heartbeat shows that it is back.
      progress.paused = true;
    }
    if (leading.transfer?.target === peer) endTransfer(this.#state, leading);
    if (progress?.departedAtTick !== undefined) forget(this.#state, leading, peer);
  }

  changeMembership(changes: readonly MemberChange[]): ChangeAnswer {
    return changeMembership(this.#state, changes);
  }

  contacts(): Contacts {
    const { memberships, leading, id } = this.#state;
    const departed = [...(leading?.peers.values() ?? [])].filter((peer) => peer.departedAtTick !== undefined);
    const { retired = [] } = memberships.committed;
    return {
      peers: [...others(this.#state), ...departed.map((peer) => peer.id)],
      addresses: { ...memberships.committed.addresses, ...memberships.current.addresses },
      removed: retired,
      isRemoved: retired.includes(id),
    };
  }

  transferLeadership(target?: NodeId): void {
    transferLeadership(this.#state, target);
  }

  snapshotEnded(peer: NodeId, index: LogIndex | undefined): void {
    this.#state.leading?.peers.get(peer)?.snapshotEnded(index);
  }

  installed(snapshot: SnapshotPosition): boolean {
    return installSnapshot(this.#state, snapshot);
  }

  holds({ index, leaderTerm }: SnapshotPosition): boolean {
    const { log, durable } = this.#state;
    return log.durableIndex() >= index && durable.term >= leaderTerm;
  }

  /** Turns what this turn's inputs asked for into messages. Doing it twice adds nothing. */
  #flush(): void {
    const state = this.#state;
    askWhereRepairEnds(state);
    flushQuestions(state);
    const { leading } = state;
    if (leading === undefined) return;
    if (beginRound(state, leading)) broadcastHeartbeats(state, leading);
    flushAppends(state, leading);
  }

  hasReady(): boolean {
    const state = this.#state;
    this.#flush();
    return (
      state.outbox.hasNow() ||
      state.reads.length > 0 ||
      (state.leading?.snapshots.length ?? 0) > 0 ||
      canReportDropped(state) ||
      this.#applicable() > state.applied ||
      !sameSoft(this.#told, softState(state)) ||
      this.#toldVersion !== state.memberships.version ||
      (this.#outstanding === undefined && this.#hasWork())
    );
  }

  #hasWork(): boolean {
    const state = this.#state;
    return !hardStateIsDurable(state) || state.log.hasUnwritten() || repairIsOver(state) || state.outbox.hasWaiting();
  }

  /** Committed and durable here: a state machine that is ahead of its own log could not be restarted. */
  #applicable(): number {
    const { commit, log } = this.#state;
    return smaller(commit, log.durableIndex());
  }

  ready(): Ready {
    assert(this.#given === undefined, 'advance() comes before the next ready()');
    this.#flush();
    const state = this.#state;
    const soft = softState(state);
    const reads = state.reads;
    state.reads = [];
    const snapshots = state.leading?.snapshots ?? [];
    if (state.leading !== undefined) state.leading.snapshots = [];
    const ready: Ready = {
      persist: this.#batch(),
      sendNow: state.outbox.takeNow(),
      committed: this.#committed(),
      reads,
      snapshots,
      droppedProposals: takeDropped(state),
      soft: sameSoft(this.#told, soft) ? undefined : soft,
      contacts: this.#newContacts(),
      commitIndex: state.commit,
    };
    this.#told = soft;
    this.#given = ready;
    return ready;
  }

  #newContacts(): Contacts | undefined {
    const { version } = this.#state.memberships;
    if (version === this.#toldVersion) return undefined;
    this.#toldVersion = version;
    const contacts = this.contacts();
    const text = JSON.stringify(contacts);
    if (text === this.#toldContacts) return undefined;
    this.#toldContacts = text;
    return contacts;
  }

  #batch(): PersistBatch | undefined {
    if (this.#outstanding !== undefined || !this.#hasWork()) return undefined;
    const state = this.#state;
    const { term, votedFor } = state;
    this.#outstanding = {
      id: this.#nextBatch,
      hardState: hardStateIsDurable(state) ? undefined : { term, votedFor },
      reset: state.log.writeReset(),
      entries: state.log.write(),
      endsRepair: repairIsOver(state),
      sendAfterPersist: state.outbox.takeWaiting(),
    };
    this.#nextBatch += 1;
    return this.#outstanding;
  }

  #committed(): readonly Entry[] {
    const { log, applied, limits } = this.#state;
    const end = smaller(this.#state.commit, log.durableIndex());
    return end > applied ? log.entries(plus(applied, 1), plus(end, 1), limits.applyLimitBytes) : [];
  }

  advance(ready: Ready): void {
    assert(this.#given === ready, 'advance() is given what ready() returned');
    this.#given = undefined;
    const state = this.#state;
    const last = ready.committed.at(-1);
    if (last === undefined) return;
    assert(last.index === state.applied + ready.committed.length, 'entries are handed out without gaps');
    state.applied = last.index;
    if (state.leading !== undefined) release(state, state.leading, ready.committed);
  }

  persisted(id: number): void {
    const state = this.#state;
    const batch = this.#outstanding;
    assert(batch?.id === id, `batch ${id} is not the outstanding one`);
    this.#outstanding = undefined;
    state.log.persisted();
    state.durable = batch.hardState ?? state.durable;
    if (batch.endsRepair) state.repair = undefined;
    countOwnVote(state);
    if (state.leading !== undefined) {
      advanceCommit(state, state.leading);
      continueChange(state, state.leading);
    }
    state.outbox.release();
  }

  status(): CoreStatus {
    const { id, votedFor, commit, log, memberships, leading, tick } = this.#state;
    const members = [...(leading?.peers.values() ?? [])].filter((peer) => peer.departedAtTick === undefined);
    const peers = members.map(({ id, match, state, repairing, inflightMessages, heardAtTick }) => ({
      id,
      match,
      state,
      repairing,
      inflightMessages,
      silentMs: (tick - heardAtTick) * TICK_MS,
    }));
    return {
      id,
      ...softState(this.#state),
      votedFor,
      commitIndex: commit,
      lastIndex: log.lastIndex(),
      membership: memberships.current,
      membershipSettled: isSettled(this.#state),
      peers,
      repair: repairProgress(this.#state),
    };
  }
}

/**
 * Messages come from authenticated senders, and are not held against this node's own membership: it may be the one that lags.
 * A node that is being added knows nobody yet, and a voter helps to elect one that it has not heard of. Only who was
 * removed for good asks in vain: whatever is committed, the others can go on without it.
 */
function isUnwelcome(state: State, message: Message): boolean {
  switch (message.kind) {
    case 'preVoteRequest':
    case 'voteRequest':
    case 'forwardedProposal':
    case 'readIndexRequest':
      return state.memberships.committed.retired?.includes(message.from) === true;
    default:
      return false;
  }
}

function sameSoft(a: SoftState, b: SoftState): boolean {
  return a.role === b.role && a.term === b.term && a.leader === b.leader;
}
