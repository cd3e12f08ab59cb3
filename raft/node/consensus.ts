// Consensus as the main thread sees it: a client of the Raft side behind a channel. It batches what one turn proposes
// and asks, delivers commits in order, and re-asks open read questions whenever they may be lost.

import { assert, COMMAND_LIMIT_BYTES, defined, type Timer, UserError, unreachable } from '../../src/lib/index.ts';
import {
  type CoreLimits,
  type LogIndex,
  type MemberChange,
  NO_MEMBERS,
  type NodeId,
  type SnapshotPosition,
  type Term,
} from '../core/index.ts';
import { channelPair } from './channel.ts';
import { PROGRESS_PERIOD_MS, STOP_LIMIT_MS } from './limits.ts';
import type { LogWriter } from './log/job.ts';
import type { RaftLog } from './log/log.ts';
import type { Defer } from './node.ts';
import type {
  Channel,
  Consensus,
  ConsensusHandlers,
  ConsensusStatus,
  Leadership,
  MembershipOutcome,
  NodeConfig,
  NodeEnvironment,
  NodeStatus,
  StateAtStart,
  Transport,
} from './ports.ts';
import { type FromNode, pack, type ToNode, unpackEntries, unpackError } from './protocol.ts';
import { serveConsensus } from './service.ts';

/** How a client reaches its Raft side. */
export interface ClientParts {
  readonly config: NodeConfig;
  readonly environment: NodeEnvironment;
  readonly channel: Channel<ToNode, FromNode>;
  readonly defer: Defer;
  /** Ends the Raft side, at once if it has not ended by itself. */
  dispose(): Promise<void>;
}

/** What a node in line is made of: every port is given, so that a simulator owns the world. */
export interface InlineParts {
  readonly config: NodeConfig;
  readonly environment: NodeEnvironment;
  readonly limits?: CoreLimits | undefined;
  /** `mustExist`: this member is known to have had a log. */
  openLog(mustExist: boolean): RaftLog | Promise<RaftLog>;
  openWriter(): LogWriter;
  openTransport(log: RaftLog): Transport;
  /** Called when the log is closed. */
  release?(): Promise<void>;
  readonly defer: Defer;
}

/** A node on the caller's own thread: the same client and service as between threads. */
export function inlineConsensus(parts: InlineParts): Consensus {
  const [here, there] = channelPair<ToNode, FromNode>(parts.defer);
  const { clock, logger } = parts.environment;
  const { config, environment, defer } = parts;
  serveConsensus(there, {
    config,
    clock,
    logger,
    defer,
    limits: parts.limits,
    openLog: (mustExist) => parts.openLog(mustExist),
    openWriter: () => parts.openWriter(),
    openTransport: (log) => parts.openTransport(log),
    release: () => parts.release?.() ?? Promise.resolve(),
    stopped: () => {},
  });
  return createConsensusClient({ config, environment, defer, channel: here, dispose: () => Promise.resolve() });
}

export function createConsensusClient(parts: ClientParts): Consensus {
  return new Client(parts);
}

type Answer = (index: LogIndex | undefined) => void;

class Client implements Consensus {
  readonly id: NodeId;
  private readonly parts: ClientParts;
  private handlers: ConsensusHandlers | undefined;
  private phase: 'new' | 'starting' | 'running' | 'failed' | 'stopped' = 'new';
  private startOutcome: { resolve: () => void; reject: (error: Error) => void } | undefined;
  private stopOutcome: (() => void) | undefined;
  private stopping: Promise<void> | undefined;

  private proposals: Uint8Array[] = [];
  private flushPending = false;

  /** Read questions: waiting for the end of the turn, asked, and waiting for the epoch to rise. */
  private waiting: Answer[] = [];
  private readonly asked = new Map<number, readonly Answer[]>();
  private parked: Answer[] = [];
  private nextQuestion = 1;
  /** Installed snapshots that the log has not followed yet. */
  private readonly changing = new Map<number, (outcome: MembershipOutcome) => void>();
  private nextRequest = 1;
  private following: { readonly index: LogIndex; readonly resolve: () => void }[] = [];

  private core: NodeStatus;
  private leadership: Leadership;
  private appliedIndex = 0 as LogIndex;
  /** Progress that was not told yet, and the rest after the last that was. */
  private untold: { readonly applied: LogIndex; readonly durable: LogIndex } | undefined;
  private progressRest: Timer | undefined;
  private toldAtMs = Number.NEGATIVE_INFINITY;
  private fault: string | undefined;

  constructor(parts: ClientParts) {
    this.parts = parts;
    const { id, join, membership: founding } = parts.config;
    const membership = join === true ? NO_MEMBERS : founding;
    this.id = id;
    this.leadership = { role: 'follower', term: 0 as Term, leader: undefined, epoch: 0 };
    const zero = 0 as LogIndex;
    const { role, term, leader } = this.leadership;
    this.core = {
      id,
      role,
      term,
      leader,
      votedFor: undefined,
      commitIndex: zero,
      lastIndex: zero,
      membership,
      membershipSettled: false,
      peers: [],
      repair: undefined,
      damage: undefined,
      stateWanted: undefined,
    };
    parts.channel.onMessage((message) => this.receive(message));
  }

  async start(handlers: ConsensusHandlers, state: StateAtStart): Promise<void> {
    assert(this.phase === 'new', 'consensus is started once');
    this.phase = 'starting';
    this.handlers = handlers;
    this.appliedIndex = state.appliedIndex;
    const started = new Promise<void>((resolve, reject) => {
      this.startOutcome = { resolve, reject };
    });
    this.parts.channel.post({ kind: 'start', state });
    try {
      await started;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  propose(commands: readonly Uint8Array[]): void {
    if (this.phase === 'stopped' || this.phase === 'failed') return;
    for (const command of commands) {
      assert(command.byteLength <= COMMAND_LIMIT_BYTES, `a command of ${command.byteLength} bytes is within the limit`);
      this.proposals.push(command);
    }
    this.requestFlush();
  }

  readIndex(): Promise<LogIndex | undefined> {
    if (this.phase === 'stopped' || this.phase === 'failed') return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.requestFlush();
    });
  }

  progress(applied: LogIndex, durable: LogIndex): void {
    if (applied > this.appliedIndex) this.appliedIndex = applied;
    this.untold = { applied, durable };
    const { clock } = this.parts.environment;
    const restMs = this.toldAtMs + PROGRESS_PERIOD_MS - clock.monotonic();
    if (restMs <= 0) this.tellProgress();
    else this.progressRest ??= clock.timer(restMs, () => this.tellProgress());
  }

  /** The first news at once, later ones together: each wakes the other thread, and nothing there is in a hurry. */
  private tellProgress(): void {
    this.progressRest?.cancel();
    this.progressRest = undefined;
    const { untold } = this;
    this.untold = undefined;
    if (untold === undefined || this.phase === 'stopped') return;
    this.toldAtMs = this.parts.environment.clock.monotonic();
    this.parts.channel.post({ kind: 'progress', ...untold });
  }

  sendFrame(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void {
    this.parts.channel.post({ kind: 'frame', peer, frame }, [frame.buffer]);
  }

  snapshotEnded(peer: NodeId, index: LogIndex | undefined): void {
    this.parts.channel.post({ kind: 'snapshotEnded', peer, index });
  }

  installed(snapshot: SnapshotPosition): Promise<void> {
    if (snapshot.index > this.appliedIndex) this.appliedIndex = snapshot.index;
    this.parts.channel.post({ kind: 'installed', snapshot });
    return new Promise((resolve) => this.following.push({ index: snapshot.index, resolve }));
  }

  transferLeadership(target?: NodeId): void {
    this.parts.channel.post({ kind: 'transfer', target });
  }

  changeMembership(changes: readonly MemberChange[]): Promise<MembershipOutcome> {
    if (this.phase === 'stopped' || this.phase === 'failed')
      return Promise.resolve({ kind: 'notLeader', leader: undefined });
    const request = this.nextRequest;
    this.nextRequest += 1;
    this.parts.channel.post({ kind: 'changeMembership', request, changes });
    return new Promise((resolve) => this.changing.set(request, resolve));
  }

  status(): ConsensusStatus {
    const { role, term, leader } = this.leadership;
    return { ...this.core, role, term, leader, appliedIndex: this.appliedIndex, fault: this.fault };
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    const began = this.phase !== 'new';
    this.phase = 'stopped';
    this.progressRest?.cancel();
    this.startOutcome?.reject(new UserError('the Raft node was stopped while it started', 'Start it again.'));
    this.abandonQuestions();
    if (began) await this.askToStop();
    this.parts.channel.close();
    await this.parts.dispose();
  }

  /** Waits for the Raft side to close its files and sockets, but not for ever: its thread may be gone. */
  private async askToStop(): Promise<void> {
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.stopOutcome = resolve;
      timer = this.parts.environment.clock.timer(STOP_LIMIT_MS, resolve);
      this.parts.channel.post({ kind: 'stop' });
    });
    timer?.cancel();
  }

  private receive(message: FromNode): void {
    switch (message.kind) {
      case 'started':
        this.core = message.status;
        if (this.phase === 'starting') this.phase = 'running';
        this.startOutcome?.resolve();
        break;
      case 'refused':
        this.startOutcome?.reject(unpackError(message.error));
        break;
      case 'committed':
        this.committed(message);
        break;
      case 'leadership':
        this.leadershipChanged(message.leadership);
        break;
      case 'answered':
        this.answered(message.question, message.index);
        break;
      case 'snapshotWanted':
        if (this.isRunning()) this.handlers?.snapshots.wanted(message.peer, message.term);
        break;
      case 'frame':
        if (this.isRunning()) this.handlers?.snapshots.frame(message.peer, message.frame);
        break;
      case 'membershipChanged':
        this.changing.get(message.request)?.(message.outcome);
        this.changing.delete(message.request);
        break;
      case 'followed':
        for (const { index, resolve } of this.following) if (index <= message.index) resolve();
        this.following = this.following.filter(({ index }) => index > message.index);
        break;
      case 'status':
        this.core = newerStatus(this.core, message.status);
        break;
      case 'failed':
        this.failed(message.reason, unpackError(message.cause));
        break;
      case 'stopped':
        this.stopOutcome?.();
        break;
      default:
        unreachable(message);
    }
  }

  private isRunning(): boolean {
    return this.phase === 'starting' || this.phase === 'running';
  }

  private committed(message: FromNode & { kind: 'committed' }): void {
    if (this.phase === 'stopped' || this.phase === 'failed') return;
    const entries = unpackEntries(message.entries);
    const last = defined(entries.at(-1), 'a committed entry').index;
    if (last > this.core.commitIndex) this.core = { ...this.core, commitIndex: last };
    try {
      defined(this.handlers, 'the handlers').stateMachine.apply(entries);
    } catch (error) {
      // A state machine that cannot apply an entry would differ from the others from here on.
      this.phase = 'failed';
      this.fault = 'a committed entry could not be applied';
      this.abandonQuestions();
      this.parts.environment.fatal(this.fault, error);
    }
  }

  private leadershipChanged(leadership: Leadership): void {
    if (this.phase === 'stopped' || this.phase === 'failed') return;
    const rose = leadership.epoch > this.leadership.epoch;
    this.leadership = leadership;
    if (rose) {
      this.waiting.push(...this.parked, ...[...this.asked.values()].flat());
      this.parked = [];
      this.asked.clear();
      if (this.waiting.length > 0) this.requestFlush();
    }
    this.handlers?.leadershipChanged(leadership);
  }

  private answered(question: number, index: LogIndex | undefined): void {
    const answers = this.asked.get(question);
    if (answers === undefined) return;
    this.asked.delete(question);
    if (index !== undefined) for (const answer of answers) answer(index);
    // No leader could be asked: asked again, by itself, when the epoch rises.
    else this.parked.push(...answers);
  }

  private abandonQuestions(): void {
    const open = [...this.waiting, ...this.parked, ...[...this.asked.values()].flat()];
    this.waiting = [];
    this.parked = [];
    this.asked.clear();
    for (const answer of open) answer(undefined);
    for (const resolve of this.changing.values()) resolve({ kind: 'unknown', message: 'this node has stopped' });
    this.changing.clear();
  }

  private requestFlush(): void {
    if (this.flushPending) return;
    this.flushPending = true;
    this.parts.defer(() => {
      this.flushPending = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.phase === 'stopped' || this.phase === 'failed') return;
    if (this.proposals.length > 0) {
      const commands = pack(this.proposals);
      this.proposals = [];
      this.parts.channel.post({ kind: 'propose', commands }, [commands.bytes]);
    }
    if (this.waiting.length === 0) return;
    const question = this.nextQuestion;
    this.nextQuestion += 1;
    this.asked.set(question, this.waiting);
    this.waiting = [];
    this.parts.channel.post({ kind: 'readIndex', question });
  }

  private failed(reason: string, cause: Error): void {
    // The end of a thread follows its error, which may have stopped this client meanwhile.
    if (this.phase === 'failed' || this.fault !== undefined) return;
    const starting = this.phase === 'starting';
    this.phase = 'failed';
    this.fault = reason;
    this.abandonQuestions();
    if (starting)
      this.startOutcome?.reject(cause instanceof UserError ? cause : new Error(`${reason}: ${cause.message}`));
    else this.parts.environment.fatal(reason, cause);
  }
}

/** A report may be older than a commit that was delivered meanwhile. */
function newerStatus(current: NodeStatus, reported: NodeStatus): NodeStatus {
  const commitIndex = Math.max(current.commitIndex, reported.commitIndex) as LogIndex;
  return { ...reported, commitIndex };
}
