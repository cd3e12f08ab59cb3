// The driver of one Raft node: it feeds the core what happens, and does what the core asks, in the order that keeps the
// promises: messages that reveal nothing new leave at once, the others when the log has made their batch durable.
//
// Inputs are gathered until the end of the turn, so that what arrived together is proposed, persisted and sent together.
// Given its ports and a seed it is deterministic: the simulator runs this very code.

import { assert, type Clock, type Fatal, type Logger, messageOf, type Timer } from '../../src/lib/index.ts';
import {
  CORE_LIMITS,
  type Contacts,
  type CoreLimits,
  createRaftCore,
  type LogIndex,
  type MemberChange,
  type NodeId,
  type PersistBatch,
  type RaftCore,
  type Ready,
  type SnapshotPosition,
  type Term,
} from '../core/index.ts';
import { checkBelongs, initialMembership } from './belonging.ts';
import { AwaitedChanges } from './changes.ts';
import { Compaction } from './compaction.ts';
import { Delivery } from './delivery.ts';
import { LeadershipTracker } from './leadership.ts';
import {
  PROPOSAL_BATCH_LIMIT_BYTES,
  PROPOSAL_QUEUE_LIMIT_BYTES,
  QUIET_LIMIT_TICKS,
  REMOVED_WAIT_MS,
} from './limits.ts';
import { DamageError } from './log/damage.ts';
import type { LogWriter } from './log/job.ts';
import type { RaftLog } from './log/log.ts';
import type {
  CommittedEntry,
  Leadership,
  MembershipOutcome,
  NodeConfig,
  NodeStatus,
  StateAtStart,
  Transport,
  TransportHandlers,
} from './ports.ts';
import { RemovedError } from './removed.ts';
import { Stalls } from './stalls.ts';
import { Ticks } from './ticks.ts';

/** Calls `turn` once, after what is happening now: the end of a turn. In production setImmediate. */
export type Defer = (turn: () => void) => void;

/** Where a node's results go. Called from within its turns; it may be called back. */
export interface NodeOutputs {
  committed(entries: readonly CommittedEntry[]): void;
  leadershipChanged(leadership: Leadership): void;
  /** `question` as given to readIndex; undefined: no leader could be asked. */
  answered(question: number, index: LogIndex | undefined): void;
  /** A follower needs a snapshot, and this node leads `term`. */
  snapshotWanted(peer: NodeId, term: Term): void;
  frame(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void;
  /** The log holds durably what every installed snapshot up to `index` stands for. */
  followed(index: LogIndex): void;
  membershipChanged(request: number, outcome: MembershipOutcome): void;
  /** The node has stopped taking part, for good. */
  readonly failed: Fatal;
}

export interface RaftNodeOptions {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: RaftLog;
  readonly writer: LogWriter;
  readonly transport: Transport;
  readonly defer: Defer;
  readonly outputs: NodeOutputs;
  readonly state: StateAtStart;
  readonly limits?: CoreLimits;
}

/** A running member. All calls are cheap: the work happens at the end of the turn. */
export interface RaftNode {
  start(): Promise<void>;
  propose(commands: readonly Uint8Array[]): void;
  /** Asks for an index that is safe to read at; all questions of a turn share one question to the leader. */
  readIndex(question: number): void;
  /** The state machine has applied up to `applied`, and holds `durable` on its disk: the log before it may go. */
  progress(applied: LogIndex, durable: LogIndex): void;
  sendFrame(peer: NodeId, frame: Uint8Array): void;
  snapshotEnded(peer: NodeId, index: LogIndex | undefined): void;
  installed(snapshot: SnapshotPosition): void;
  transferLeadership(target?: NodeId): void;
  /** `request` comes back with the outcome. */
  changeMembership(request: number, changes: readonly MemberChange[]): void;
  leadership(): Leadership;
  status(): NodeStatus;
  stop(): Promise<void>;
}

/** Makes a node. Throws UserError for one that belongs to no cluster, DamageError when the state machine is ahead of the log. */
export function createRaftNode(options: RaftNodeOptions): RaftNode {
  const { log, state, config } = options;
  const { appliedIndex, snapshot, position, membership } = state;
  checkBelongs({ config, membership, log });
  // A crash between the two: the core lets the log follow the snapshot.
  if (snapshot?.index === appliedIndex || appliedIndex <= log.lastIndex()) return new Driver(options);
  // A log that was lost goes on after the state, which holds only what is committed.
  if (log.life.repairing && position !== undefined)
    return new Driver({ ...options, state: { ...state, snapshot: position } });
  // Not the state's fault: it applies what the log of this member holds durably. An older log has taken the place of the one that
  // was there, as whole as it is, and what it had promised since is not known.
  throw new DamageError('log', `it ends at entry ${log.lastIndex()}, but the state has applied up to ${appliedIndex}`);
}

class Driver implements RaftNode {
  private readonly options: RaftNodeOptions;
  private readonly core: RaftCore;
  private readonly delivery: Delivery;
  private readonly tracker: LeadershipTracker;
  private readonly ticks: Ticks;
  private removal: Timer | undefined;
  private readonly changes: AwaitedChanges;
  private turnPending = false;
  private ended = false;
  private stopping: Promise<void> | undefined;

  private proposals: Uint8Array[] = [];
  private proposalBytes = 0;
  /** Proposals were turned away here; their owner must hear of it. */
  private overflowed = false;

  private questions: number[] = [];
  /** The questions that each read context of the core answers. */
  private readonly asked = new Map<number, readonly number[]>();
  private nextContext: number;
  private announcedEpoch = 0;

  private readonly compaction: Compaction;
  /** An installed snapshot that the log does not hold yet. */
  private following: SnapshotPosition | undefined;

  private readonly stalls = new Stalls();
  /** The log begins after this entry, and the state does not reach it. */
  private stateWanted: LogIndex | undefined;

  constructor(options: RaftNodeOptions) {
    this.options = options;
    const { config, log } = options;
    const { appliedIndex, snapshot } = options.state;
    const begin = (log.firstIndex() - 1) as LogIndex;
    if (appliedIndex < begin && snapshot === undefined) this.stateWanted = begin;
    this.core = createRaftCore({
      id: config.id,
      membership: initialMembership({ config, log, membership: options.state.membership }),
      isMembershipGuessed: this.stateWanted !== undefined,
      hardState: log.hardState(),
      log,
      life: log.life,
      // What the log begins after was committed, also where the state was lost and a peer must send it.
      appliedIndex: this.stateWanted ?? appliedIndex,
      snapshot: options.state.snapshot,
      limits: options.limits ?? CORE_LIMITS,
      seed: config.seed,
    });
    const { electionTimeoutMinTicks } = options.limits ?? CORE_LIMITS;
    assert(electionTimeoutMinTicks > QUIET_LIMIT_TICKS, 'no election timeout passes at once');
    this.ticks = new Ticks(options.clock, this.core, () => this.tick());
    this.compaction = new Compaction(appliedIndex);
    this.tracker = new LeadershipTracker(this.core.status());
    this.delivery = new Delivery(log, appliedIndex, (entries) => options.outputs.committed(entries));
    this.changes = new AwaitedChanges((request, outcome) => options.outputs.membershipChanged(request, outcome));
    this.nextContext = (config.seed >>> 0) * 2 ** 20 + 1;
  }

  async start(): Promise<void> {
    const { transport } = this.options;
    const handlers: TransportHandlers = {
      received: (message) => this.input(() => this.core.step(message)),
      frame: (peer, frame) => {
        if (!this.ended) this.options.outputs.frame(peer, frame);
      },
      unreachable: (peer) => this.input(() => this.core.peerUnreachable(peer)),
      connected: (peer) => {
        if (peer === this.tracker.value.leader) this.input(() => this.announce(this.tracker.lost()));
      },
      // One such member is merely not let in, but two of three would found a cluster of their own, without the data.
      disowned: (peer, reason) => this.fail(`${peer} does not let this member in: ${reason}`, new Error(reason)),
      removed: () => this.leave(),
    };
    const contacts = this.core.contacts();
    if (contacts.isRemoved) throw new RemovedError();
    await transport.start(handlers, contacts);
    if (this.ended) return;
    this.ticks.start();
    this.requestTurn();
  }

  propose(commands: readonly Uint8Array[]): void {
    this.input(() => {
      for (const command of commands) {
        if (this.proposalBytes + command.byteLength > PROPOSAL_QUEUE_LIMIT_BYTES) {
          this.overflowed = true;
          continue;
        }
        this.proposals.push(command);
        this.proposalBytes += command.byteLength;
      }
    });
  }

  readIndex(question: number): void {
    this.input(() => this.questions.push(question));
  }

  progress(applied: LogIndex, durable: LogIndex): void {
    this.input(() => {
      if (this.delivery.applied(applied)) this.stalls.applyMoves();
      this.compaction.durableIndex = durable;
      const unneeded = this.compaction.unneeded(this.core.status().peers, this.options.clock.monotonic());
      this.options.log.compact(durable, unneeded);
    });
  }

  sendFrame(peer: NodeId, frame: Uint8Array): void {
    if (!this.ended) this.options.transport.sendFrame(peer, frame);
  }

  snapshotEnded(peer: NodeId, index: LogIndex | undefined): void {
    this.input(() => {
      this.compaction.snapshotEnded(peer, index, this.options.clock.monotonic());
      this.core.snapshotEnded(peer, index);
    });
  }

  installed(snapshot: SnapshotPosition): void {
    this.input(() => {
      this.core.installed(snapshot);
      this.delivery.skip(snapshot.index);
      if (this.stateWanted !== undefined && snapshot.index >= this.stateWanted) this.stateWanted = undefined;
      this.following = snapshot;
      this.checkFollowed();
    });
  }

  /** Until the disk holds all that the snapshot stands for, a restart must know of it. */
  private checkFollowed(): void {
    const { following } = this;
    if (following === undefined || !this.core.holds(following)) return;
    this.following = undefined;
    this.options.outputs.followed(following.index);
  }

  transferLeadership(target?: NodeId): void {
    this.input(() => this.core.transferLeadership(target));
  }

  changeMembership(request: number, changes: readonly MemberChange[]): void {
    if (this.ended) return;
    this.input(() => this.changes.answered(request, this.core.changeMembership(changes), this.core.status().term));
  }

  leadership(): Leadership {
    return this.tracker.value;
  }

  status(): NodeStatus {
    return { ...this.core.status(), damage: this.options.log.damage, stateWanted: this.stateWanted };
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    this.end();
    await this.options.transport.stop();
    await this.options.writer.close();
    this.options.log.close();
  }

  private end(): void {
    this.ended = true;
    this.ticks.stop();
    this.removal?.cancel();
  }

  /** Something happened: take it in, and act on it at the end of the turn. */
  private input(take: () => void): void {
    if (this.ended) return;
    this.guard(() => {
      // What came in one turn came at one time.
      if (!this.turnPending) this.ticks.pass();
      take();
    });
    this.requestTurn();
  }

  private requestTurn(): void {
    if (this.turnPending || this.ended) return;
    this.turnPending = true;
    this.options.defer(() => {
      this.turnPending = false;
      this.turn();
    });
  }

  private tick(): void {
    if (this.ended) return;
    this.guard(() => {
      this.ticks.pass();
      this.handOverWhenStalled();
    });
    // At once: heartbeats and elections do not wait for the turn.
    this.turn();
  }

  private turn(): void {
    this.guard(() => {
      if (this.ended) return;
      this.flushProposals();
      this.flushQuestions();
      while (!this.ended && this.core.hasReady()) this.handle(this.core.ready());
      this.deliver();
      this.ticks.plan();
    });
  }

  private handle(ready: Ready): void {
    const { transport, outputs } = this.options;
    transport.send(ready.sendNow);
    // Answers before leadership: who is told "ask again when the epoch rises" must hear of the rise after it.
    for (const read of ready.reads) {
      for (const question of this.asked.get(read.context) ?? []) outputs.answered(question, read.index);
      this.asked.delete(read.context);
    }
    for (const peer of ready.snapshots) {
      this.compaction.snapshotBegins(peer);
      outputs.snapshotWanted(peer, this.core.status().term);
    }
    const last = ready.committed.at(-1);
    if (last !== undefined) this.delivery.committed(last);
    const epoch = this.tracker.value.epoch;
    const changed = ready.soft === undefined ? undefined : this.tracker.changed(ready.soft);
    // A read fails with its leader; when the same one is found again within the turn, nothing but this tells.
    const isLost = ready.droppedProposals > 0 || ready.reads.some((read) => read.index === undefined);
    const lost = isLost && this.tracker.value.epoch === epoch ? this.tracker.lost() : undefined;
    this.core.advance(ready);
    if (ready.contacts !== undefined) this.follow(ready.contacts);
    if (!this.changes.isEmpty) this.changes.look(this.core.status());
    this.announce(lost ?? changed);
    if (ready.persist !== undefined) this.persist(ready.persist);
  }

  /** Other members, or other news of them. */
  private follow(contacts: Contacts): void {
    this.options.transport.contacts(contacts);
    if (contacts.isRemoved) this.leave();
  }

  /** This member was removed. It ends when what was asked of it has had time to be answered. */
  private leave(): void {
    if (this.ended) return;
    this.removal ??= this.options.clock.timer(REMOVED_WAIT_MS, () => this.failRemoved());
  }

  private failRemoved(): void {
    const error = new RemovedError();
    this.fail(error.message, error);
  }

  private persist(batch: PersistBatch): void {
    const { log, writer, transport, clock } = this.options;
    const job = log.prepare(batch);
    this.stalls.writing(clock.monotonic());
    writer.run(job, (error) => {
      if (error !== undefined) {
        this.writeFailed(`the Raft log cannot be written: ${messageOf(error)}`, error);
        return;
      }
      if (this.ended) return;
      this.stalls.written();
      this.input(() => {
        log.completed(job.id);
        transport.send(batch.sendAfterPersist);
        this.core.persisted(batch.id);
        this.checkFollowed();
      });
    });
  }

  private deliver(): void {
    this.delivery.pump();
    if (this.delivery.waiting) this.stalls.applyWaits(this.options.clock);
    else this.stalls.applyMoves();
  }

  private flushProposals(): void {
    const commands = this.proposals;
    this.proposals = [];
    this.proposalBytes = 0;
    let batch: Uint8Array[] = [];
    let bytes = 0;
    for (const command of commands) {
      if (batch.length > 0 && bytes + command.byteLength > PROPOSAL_BATCH_LIMIT_BYTES) {
        this.core.propose(batch);
        batch = [];
        bytes = 0;
      }
      batch.push(command);
      bytes += command.byteLength;
    }
    if (batch.length > 0) this.core.propose(batch);
    if (!this.overflowed) return;
    this.overflowed = false;
    this.announce(this.tracker.lost());
  }

  private flushQuestions(): void {
    if (this.questions.length === 0) return;
    const context = this.nextContext;
    this.nextContext += 1;
    this.asked.set(context, this.questions);
    this.questions = [];
    this.core.readIndex(context);
  }

  private announce(leadership: Leadership | undefined): void {
    if (leadership === undefined) return;
    // With the epoch every open question is asked anew, so the answers to the old ones are not waited for.
    if (leadership.epoch > this.announcedEpoch) this.asked.clear();
    this.announcedEpoch = leadership.epoch;
    this.options.outputs.leadershipChanged(leadership);
  }

  /** A leader that cannot write or apply would hold everybody up (house.md, decision 8). */
  private handOverWhenStalled(): void {
    if (this.tracker.value.role !== 'leader') return;
    const isStateless = this.stateWanted !== undefined;
    for (const { reason, details } of this.stalls.look(this.options.clock.monotonic(), isStateless)) {
      this.options.logger.warn(details, `${reason}: handing leadership over`);
      this.core.transferLeadership();
    }
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error instanceof DamageError ? error.message : `the Raft node failed: ${messageOf(error)}`, error);
    }
  }

  /** Fatal although the node may be stopping: what the disk holds is unknown, and its owner must not call that a clean end. */
  private writeFailed(reason: string, cause: unknown): void {
    if (this.ended) this.options.outputs.failed(reason, cause);
    else this.fail(reason, cause);
  }

  /** Nothing is sent or written any more: what is in memory can no longer be trusted to match the disk. */
  private fail(reason: string, cause: unknown): void {
    if (this.ended) return;
    this.end();
    this.options.logger.error({ cause: messageOf(cause) }, reason);
    this.options.outputs.failed(reason, cause);
    // So that the peers see this member go, and need not wait for its silence.
    this.options.transport.stop().catch((error: unknown) => {
      this.options.logger.warn({ cause: messageOf(error) }, 'the transport did not stop cleanly');
    });
  }
}
