// The object store of one server, over a replicated log: commits go through consensus and are answered from this
// server's own applied state; reads come from memory, current after one question to the leader.
//
// Everything here happens on one thread, in turns: entries are applied, their changes published, then callers answered,
// so that nobody is told of a revision that this server's watchers and snapshots do not have.
import { everyMember, type LogIndex } from '../../raft/core/index.ts';
import type { CommittedEntry, Leadership } from '../../raft/node/index.ts';
import { assert, type CancelSignal, messageOf, onBeat, type Timer } from '../lib/index.ts';
import { AppliedState } from './applied-state.ts';
import { COMPACT_FEATURE_LEVEL, encodeCompact, packCommand } from './command.ts';
import { CommitSender } from './commit-sender.ts';
import { DiskCare } from './disk/disk-care.ts';
import { CHECKPOINT_INTERVAL, StateComparison } from './integrity/comparison.ts';
import { Joining } from './joining.ts';
import { HOUSEKEEPING_MS } from './limits.ts';
import { Members } from './members.ts';
import type { StoreMemberChange, StoreMembership, StoreMembershipOutcome, TransferOutcome } from './membership-port.ts';
import { PendingCommits } from './pending-commits.ts';
import {
  type Command,
  type CommitOutcome,
  type ObjectStore,
  type Revision,
  type Snapshot,
  type StoreStatus,
  StoreStoppedError,
  type Watch,
  type WatchOptions,
  type WatchSink,
} from './port.ts';
import { ReadBarriers } from './read-barriers.ts';
import { type Phase, unreadyReason } from './readiness.ts';
import { StateRebuild } from './rebuild.ts';
import type { ReplicatedStoreOptions } from './replicated-store-options.ts';
import { SnapshotExchange } from './snapshot/exchange.ts';
import { StateDatabase } from './state/state-database.ts';
import type { Applied, StateMachine } from './state-machine.ts';
import { replicationStatus, StatusBoard } from './status-board.ts';
import { type MeasuredStore, registerStoreMetrics } from './store-metrics.ts';
import { RevisionWaiters } from './waiters.ts';

/** The state database's contents and the log, as one store. Its start() rejects with StateDamageError and the like. */
export function createReplicatedStore(options: ReplicatedStoreOptions): ReplicatedStore {
  return new ReplicatedStore(options);
}

export class ReplicatedStore implements ObjectStore {
  readonly #options: ReplicatedStoreOptions;
  readonly #defer: (run: () => void) => void;
  readonly #pending: PendingCommits;
  readonly #sender: CommitSender;
  readonly #barriers: ReadBarriers;
  readonly #waiters = new RevisionWaiters();
  readonly #database: StateDatabase;
  readonly #state: AppliedState;
  readonly #board: StatusBoard;
  readonly #snapshots: SnapshotExchange;
  readonly #members: Members;
  readonly #comparison: StateComparison;
  readonly #joining: Joining;
  readonly #disk: DiskCare;
  readonly #rebuild: StateRebuild;
  readonly #stopSignal = new AbortController();
  #phase: Phase = 'new';
  #leadership: Leadership | undefined;
  #housekeeping: Timer | undefined;
  #failure: string | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ReplicatedStoreOptions) {
    const { consensus, keyValue, clock } = options;
    this.#options = options;
    this.#defer = options.defer ?? ((run) => setImmediate(run));
    this.#pending = new PendingCommits(options.origin, clock);
    this.#sender = new CommitSender({
      clock,
      defer: this.#defer,
      pending: this.#pending,
      maySend: () => this.#canSend() && !this.#database.overloaded,
      propose: (commands) => consensus.propose(commands),
    });
    this.#barriers = new ReadBarriers({
      clock,
      readIndex: () => consensus.readIndex(),
      defer: this.#defer,
      applied: () => ({ index: this.#state.appliedIndex, revision: this.#state.machine.revision }),
      hasLeader: () => this.#hasLeader(),
    });
    this.#database = new StateDatabase({
      keyValue,
      clock,
      durable: (index) => consensus.progress(this.#state.appliedIndex as LogIndex, index as LogIndex),
      failed: (error) => this.#fail(`the state database cannot be written: ${messageOf(error)}`, error),
    });
    this.#state = this.#createState();
    this.#snapshots = new SnapshotExchange({
      ...options,
      database: this.#database,
      appliedIndex: () => this.#state.appliedIndex,
      install: (snapshot) => this.#state.install(snapshot),
      otherFrame: (peer, frame) => this.#disk.frame(peer, frame),
      damaged: (error) => this.#fail(`${error.message}; the next start repairs it`, error),
    });
    this.#members = new Members({ ...options, sessions: () => this.#state.machine.sessions });
    this.#rebuild = new StateRebuild(options, this.#snapshots, () => this.#state.appliedIndex);
    this.#comparison = new StateComparison({
      ...options,
      member: consensus.id,
      interval: options.checkpoints ?? CHECKPOINT_INTERVAL,
      membership: () => consensus.status().membership,
      propose: (command) => consensus.propose([command]),
      diverged: (reason) => this.#diverged(reason),
    });
    this.#disk = new DiskCare({
      ...options,
      isLeader: () => this.#leads(),
      transferTo: (peer) => void this.#members.transfer(peer),
      changed: () => this.#board.check(),
    });
    this.#joining = new Joining({
      ...options,
      member: consensus.id,
      canAsk: () => this.#phase === 'running' && this.#hasLeader(),
      catchUp: () => this.#barriers.wait(this.#stopSignal.signal),
      sessions: () => this.#state.machine.sessions,
      propose: (command) => consensus.propose([command]),
      advanced: () => {
        if (this.#joining.caughtUp && this.#rebuild.caughtUp()) this.#waiters.reached(this.#state.machine.revision);
        this.#sender.schedule();
        this.#board.check();
      },
    });
    this.#board = new StatusBoard(
      () => this.status(),
      (error) => options.logger.error({ error: messageOf(error) }, 'a status listener failed'),
    );
  }

  #createState(): AppliedState {
    return new AppliedState({
      ...this.#options,
      defer: this.#defer,
      database: this.#database,
      isOpen: () => this.#isOpen(),
      observe: (applied, index) => this.#observe(applied, index),
      replaced: (machine) => this.#replaced(machine),
      advanced: () => this.#advanced(),
      settled: () => this.#board.check(),
      failed: (reason, error) => this.#fail(reason, error),
    });
  }

  async start(): Promise<void> {
    assert(this.#phase === 'new', 'a store is started once');
    this.#phase = 'starting';
    const { consensus, clock, logger, metrics, origin } = this.#options;
    const loaded = await this.#rebuild.load(this.#database);
    const { machine, appliedIndex } = loaded;
    assert(machine.sessions.ofOrigin(origin) === undefined, 'an origin is used by one process only');
    this.#state.begin(loaded);
    logger.info({ appliedIndex, revision: machine.revision, objects: machine.size }, 'the state database was read');
    const handlers = {
      stateMachine: { apply: (entries: readonly CommittedEntry[]) => this.#state.apply(entries) },
      snapshots: this.#snapshots,
      leadershipChanged: (leadership: Leadership) => this.#leadershipChanged(leadership),
    };
    await this.#disk.start();
    if (!this.#isOpen()) return;
    const { installed } = this.#database;
    await consensus.start(handlers, this.#rebuild.stateAtStart(loaded, installed));
    if (this.#phase !== 'starting') return;
    this.#phase = 'running';
    if (installed !== undefined) this.#state.follow(installed);
    this.#housekeeping = onBeat(clock, HOUSEKEEPING_MS, () => this.#keepHouse());
    if (metrics !== undefined) registerStoreMetrics(metrics, () => this.#measured());
    this.#joining.proceed();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  commit(command: Command, signal: CancelSignal): Promise<CommitOutcome> {
    try {
      this.#assertOpen();
      this.#disk.admit(command);
      const outcome = this.#pending.add(packCommand(command), signal);
      this.#sender.schedule();
      return outcome;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  readBarrier(signal: CancelSignal): Promise<Revision> {
    if (!this.#isOpen()) return Promise.reject(this.#closedError());
    return this.#barriers.wait(signal);
  }

  waitFor(revision: Revision, signal: CancelSignal): Promise<void> {
    if (!this.#isOpen()) return Promise.reject(this.#closedError());
    if (revision <= this.#state.machine.revision && this.#rebuild.isComplete) return Promise.resolve();
    return this.#waiters.wait(revision, signal);
  }

  snapshot(revision?: Revision): Snapshot {
    return this.#state.machine.snapshot(revision);
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    this.#assertOpen();
    return this.#state.hub.watch(options, sink);
  }

  backup(signal: CancelSignal): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>> {
    return this.readBarrier(signal).then(() => this.#database.stream(this.#state.appliedIndex));
  }

  status(): StoreStatus {
    const { consensus } = this.#options;
    const reason = this.#unreadyReason(consensus.status().fault);
    return {
      ...replicationStatus(consensus),
      appliedIndex: this.#state.appliedIndex,
      revision: this.#state.machine.revision,
      compactedRevision: this.#state.machine.compactedRevision,
      checkpoints: this.#comparison.checkpoints,
      disk: this.#disk.status,
      ready: reason === undefined,
      reason,
      repairing: this.#rebuild.progress,
    };
  }

  onStatusChange(listener: (status: StoreStatus) => void): () => void {
    return this.#board.subscribe(listener);
  }

  membership(): StoreMembership {
    return this.#members.describe();
  }

  changeMembership(changes: readonly StoreMemberChange[], signal: CancelSignal): Promise<StoreMembershipOutcome> {
    if (!this.#isOpen()) return Promise.reject(this.#closedError());
    return this.#members.change(changes, signal);
  }

  transferLeadership(target?: string): Promise<TransferOutcome> {
    if (!this.#isOpen()) return Promise.reject(this.#closedError());
    return this.#members.transfer(target);
  }

  /** A digest of all replicated state; equal on all servers that have applied as much. */
  stateHash(): string {
    return this.#state.machine.stateHash();
  }

  async #stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#abandonWork();
    this.#state.hub.stop();
    await this.#options.consensus.stop();
    await this.#database.close();
  }

  #isOpen(): boolean {
    return this.#phase !== 'stopped' && this.#phase !== 'failed';
  }

  #assertOpen(): void {
    if (!this.#isOpen()) throw this.#closedError();
  }

  #closedError(): StoreStoppedError {
    return new StoreStoppedError(this.#failure ?? 'the store has stopped');
  }

  #leads(): boolean {
    return this.#leadership?.role === 'leader';
  }

  #hasLeader(): boolean {
    return this.#leadership?.leader !== undefined;
  }

  #unreadyReason(fault: string | undefined): string | undefined {
    return unreadyReason({
      phase: this.#phase,
      failure: this.#failure ?? fault,
      repairing: this.#rebuild.progress,
      hasLeader: this.#hasLeader(),
      receiving: this.#snapshots.progress,
      caughtUp: this.#joining.caughtUp,
      registered: this.#joining.registered,
      overloaded: this.#database.overloaded,
    });
  }

  /** Stops taking part, and says why. The owner stops the server. */
  #fail(reason: string, cause?: unknown): void {
    if (this.#phase === 'failed') return;
    // A failure while it stops is one all the same: the owner must not call that a clean end.
    if (this.#phase !== 'stopped') this.#end(reason);
    this.#options.fatal(reason, cause);
  }

  /** Nothing is served any more from the moment this is known; the owner hears of it when the next start will know it too. */
  #diverged(reason: string): void {
    if (!this.#isOpen()) return;
    this.#end(reason);
    this.#state.hub.stop();
    const { fatal } = this.#options;
    this.#database.distrust(reason).then(
      () => fatal(reason),
      (error: unknown) => fatal(`${reason}; the state database could not be marked: ${messageOf(error)}`, error),
    );
  }

  #end(reason: string): void {
    this.#phase = 'failed';
    this.#failure = reason;
    this.#abandonWork();
    this.#board.check();
  }

  /** Nothing goes on, and everybody who waits is told why. */
  #abandonWork(): void {
    this.#housekeeping?.cancel();
    this.#disk.stop();
    this.#sender.stop();
    this.#stopSignal.abort();
    this.#snapshots.stop();
    const error = this.#closedError();
    this.#members.abandon(error.message);
    for (const waiting of [this.#pending, this.#barriers, this.#waiters]) waiting.rejectAll(error);
  }

  // Following the applied state

  /** It has moved on. */
  #advanced(): void {
    if (this.#canSend()) this.#comparison.claim();
    if (this.#rebuild.isComplete) this.#waiters.reached(this.#state.machine.revision);
    this.#barriers.applied();
    this.#options.consensus.progress(this.#state.appliedIndex as LogIndex, this.#database.durableIndex as LogIndex);
  }

  /** The session of this process as the new state has it: what applied meanwhile is answered, the rest sent again. */
  #replaced(machine: StateMachine): void {
    this.#comparison.replaced();
    const session = machine.sessions.ofOrigin(this.#options.origin);
    if (!this.#joining.stateReplaced() || session === undefined) return;
    this.#pending.caughtUp(session, (revision) => machine.written(revision));
    this.#sender.resend();
  }

  /** Looks at what an entry did for what concerns this process. */
  #observe(applied: Applied, index: number): void {
    this.#comparison.observe(applied, index, () => this.#state.machine.stateHash());
    if (applied.kind === 'registered') this.#joining.observe(applied);
    if (applied.kind !== 'commit' || applied.origin !== this.#options.origin) return;
    if (applied.outcome !== undefined) {
      this.#pending.resolve(applied.sequence, applied.outcome);
      if (this.#pending.hasUnsent) this.#sender.schedule();
    } else if (applied.admission === 'gap' && this.#pending.isCurrentPass(applied.pass)) this.#sender.resend();
  }

  #canSend(): boolean {
    return this.#phase === 'running' && this.#joining.registered && this.#hasLeader();
  }

  // Following the leadership

  #leadershipChanged(leadership: Leadership): void {
    const before = this.#leadership;
    this.#leadership = leadership;
    const { leader, term } = leadership;
    if (before?.leader !== leader || before?.term !== term)
      this.#options.logger.info({ leader, term }, leader === undefined ? 'no leader is known' : 'there is a leader');
    this.#members.leadershipChanged(leadership);
    if (leadership.leader === undefined) this.#joining.leaderLost();
    else if (before === undefined || leadership.epoch > before.epoch || before.leader === undefined) {
      const sameLeader = before?.leader === leadership.leader && before.term === leadership.term;
      this.#joining.proceed();
      this.#barriers.retry();
      if (sameLeader) this.#sender.resendSoon();
      else this.#sender.resend();
    }
    this.#board.check();
  }

  /** What is done now and then, in case something was lost that nobody noticed. */
  #keepHouse(): void {
    this.#rebuild.ask();
    this.#joining.proceed();
    this.#barriers.retry();
    this.#sender.keepHouse();
    this.#disk.keepHouse();
    if (this.#canSend()) this.#comparison.claim();
    const compactTo = this.#state.retention.check();
    if (this.#leads()) {
      const mayCompact = this.#featureLevel() >= COMPACT_FEATURE_LEVEL;
      if (compactTo !== undefined && mayCompact) this.#options.consensus.propose([encodeCompact(compactTo)]);
      this.#comparison.proposeWhenDue(this.#state.machine.sessions);
    }
    this.#board.check();
  }

  /** Of those who are members now. */
  #featureLevel(): number {
    return this.#state.machine.sessions.featureLevel(everyMember(this.#options.consensus.status().membership));
  }

  #measured(): MeasuredStore {
    const live = {
      machine: this.#state.machine,
      hub: this.#state.hub,
      pending: this.#pending,
      barriers: this.#barriers,
      database: this.#database,
      featureLevel: () => this.#featureLevel(),
    };
    return { ...live, comparison: this.#comparison, disk: this.#disk, rebuild: this.#rebuild };
  }
}
