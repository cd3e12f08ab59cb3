// Builds the consensus of one member from real parts: in production on threads of its own, in tests in line.
import { Worker } from 'node:worker_threads';
import type { Logger, Registry } from '../../src/lib/index.ts';
import {
  type Channel,
  type Consensus,
  createConsensusClient,
  type Defer,
  type FromNode,
  inlineConsensus,
  inlineLogWriter,
  type LogLimits,
  type NodeConfig,
  type NodeEnvironment,
  packError,
  type ToNode,
} from '../node/index.ts';
import { type LoopDelay, loopDelayMetric } from './loop-delay.ts';
import { MemberFiles } from './member-files.ts';
import { nodeDisk } from './node-disk.ts';
import { portChannel } from './thread/port-channel.ts';
import type { FromRaftThread, RaftThreadData, RaftThreadMember } from './thread/raft-thread-protocol.ts';
import type { TransportTls } from './websocket/dialler.ts';
import { webSocketTransport } from './websocket/transport.ts';

export interface ConsensusOptions {
  readonly config: NodeConfig;
  readonly environment: NodeEnvironment;
  /** The member's data directory; the log is the folder `log` in it. */
  readonly directory: string;
  /** Where the Raft endpoint listens. */
  readonly listen: { readonly host: string; readonly port: number };
  /** PEM texts. The certificate's CN is the member id. undefined: plain, for loopback only. */
  readonly tls: TransportTls | undefined;
  /** The files of its threads, or these threads already started; or everything on the caller's thread. */
  readonly threads: ThreadFiles | StartedThreads | 'inline';
  /** For the delay of the Raft thread's event loop. */
  readonly metrics?: Registry;
  readonly tuning?: ConsensusTuning;
}

/** What differs from production, for experiments. */
export interface ConsensusTuning {
  readonly log: Partial<LogLimits>;
  /** How finely the Raft thread's delay is sampled; LOOP_DELAY_RESOLUTION_MS when undefined. */
  readonly loopDelayResolutionMs: number | undefined;
}

/** The bundled files of the Raft thread and the log thread. */
export interface ThreadFiles {
  readonly raft: URL;
  readonly log: URL;
}

/** A Raft thread, with its log thread, that does not know its member yet. */
export interface StartedThreads {
  readonly worker: Worker;
}

/** Starts the threads of a member of which nothing is known yet: they are what takes longest. They do not keep a process alive. */
export function startThreads({ raft, log }: ThreadFiles): StartedThreads {
  const workerData: RaftThreadData = { logThread: log.href };
  const worker = new Worker(raft, { workerData, name: 'quorate-raft' });
  worker.unref();
  return { worker };
}

const defer: Defer = (turn) => void setImmediate(turn);

/** The consensus of one member. Nothing is opened before start(), but its threads run: whoever makes one must stop it. */
export function createConsensus(options: ConsensusOptions): Consensus {
  return options.threads === 'inline' ? inlineMember(options) : threadedMember(options, options.threads);
}

function inlineMember(options: ConsensusOptions): Consensus {
  const { config, environment, listen, tls, directory } = options;
  const { clock, logger } = environment;
  const files = new MemberFiles(directory, config, environment, options.tuning?.log);
  return inlineConsensus({
    config,
    environment,
    openLog: (mustExist) => files.openLog(mustExist),
    openWriter: () => inlineLogWriter(nodeDisk(files.logDirectory)),
    release: () => files.release(),
    openTransport: ({ incarnation, former }) =>
      webSocketTransport({ config, listen, tls, clock, logger, incarnation, former, directory }),
    defer,
  });
}

function threadedMember(options: ConsensusOptions, threads: ThreadFiles | StartedThreads): Consensus {
  const { config, environment, listen, tls, metrics, tuning } = options;
  const loopDelay = metrics === undefined ? undefined : loopDelayMetric(metrics);
  const { worker } = 'worker' in threads ? threads : startThreads(threads);
  const member: RaftThreadMember = { config, directory: options.directory, listen, tls, tuning };
  worker.postMessage(member);
  const channel = new ThreadChannel(environment.logger, loopDelay, worker);
  return createConsensusClient({ config, environment, channel, defer, dispose: () => channel.dispose() });
}

/**
 * The channel to a Raft thread. The thread comes up at once, while its owner still reads its state, and opens nothing before
 * it is told to start.
 */
class ThreadChannel implements Channel<ToNode, FromNode> {
  private readonly logger: Logger;
  private readonly loopDelay: ((window: LoopDelay) => void) | undefined;
  private readonly worker: Worker;
  private readonly channel: Channel<ToNode, FromRaftThread>;
  private handler: ((message: FromNode) => void) | undefined;
  private phase: 'waiting' | 'started' | 'closed' = 'waiting';
  /** What befell the thread before anybody counted on it. */
  private readonly early: FromNode[] = [];

  constructor(logger: Logger, loopDelay: ((window: LoopDelay) => void) | undefined, worker: Worker) {
    this.logger = logger;
    this.loopDelay = loopDelay;
    this.worker = worker;
    this.channel = portChannel(worker);
    this.channel.onMessage((message) => this.receive(message));
    worker.on('error', (error) =>
      this.tell({ kind: 'failed', reason: 'the Raft thread failed', cause: packError(error) }),
    );
    worker.on('exit', () => {
      this.tell({ kind: 'failed', reason: 'the Raft thread ended', cause: packError(new Error('unexpected end')) });
      this.tell({ kind: 'stopped' });
    });
    // A process that never starts it must be able to end; listening to it has taken that back.
    worker.unref();
  }

  post(message: ToNode, transfer?: readonly ArrayBuffer[]): void {
    if (message.kind === 'start' && this.phase === 'waiting') this.start();
    // What is said before the start is lost; the epoch of the first leader tells its owner to say it again.
    if (this.phase === 'started') this.channel.post(message, transfer);
  }

  onMessage(handler: (message: FromNode) => void): void {
    this.handler = handler;
  }

  close(): void {
    this.phase = 'closed';
    this.channel.close();
  }

  async dispose(): Promise<void> {
    await this.worker.terminate();
  }

  private start(): void {
    this.phase = 'started';
    this.worker.ref();
    // Later, as everything else from the thread comes; what comes meanwhile waits behind it.
    setImmediate(() => {
      for (const message of this.early.splice(0)) this.handler?.(message);
    });
  }

  private receive(message: FromRaftThread): void {
    if (message.kind === 'line') this.logger[message.level](message.fields, message.message);
    else if (message.kind === 'loopDelay') this.loopDelay?.(message.window);
    else this.tell(message);
  }

  private tell(message: FromNode): void {
    if (this.phase === 'waiting' || this.early.length > 0) this.early.push(message);
    else if (this.phase === 'started') this.handler?.(message);
  }
}
