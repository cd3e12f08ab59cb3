// The Raft side of a consensus channel: opens the log, runs the node, and turns messages into calls and results into
// messages. It runs on the Raft thread, or in line.
import { isDeepStrictEqual } from 'node:util';
import { type Clock, type Logger, messageOf, onBeat, type Timer, unreachable } from '../../src/lib/index.ts';
import { CORE_LIMITS, type CoreLimits } from '../core/index.ts';
import { STATUS_PERIOD_MS } from './limits.ts';
import type { LogWriter } from './log/job.ts';
import type { RaftLog } from './log/log.ts';
import { createRaftNode, type Defer, type NodeOutputs, type RaftNode } from './node.ts';
import type { Channel, NodeConfig, NodeStatus, StateAtStart, Transport } from './ports.ts';
import { type FromNode, packEntries, packError, type ToNode, unpack } from './protocol.ts';

/** What the service needs of its thread. */
export interface ServiceParts {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those of production unless given: the simulator makes them small, so that they are met. */
  readonly limits?: CoreLimits | undefined;
  /** Throws UserError or DamageError, which the other side's start() rejects with. */
  openLog(mustExist: boolean): RaftLog | Promise<RaftLog>;
  openWriter(): LogWriter;
  openTransport(log: RaftLog): Transport;
  readonly defer: Defer;
  /** The log is closed: what guarded it may be let go. */
  release(): Promise<void>;
  /** Everything has been said and closed: the thread may end. */
  stopped(): void;
}

/** Serves one consensus client until it says stop. */
export function serveConsensus(channel: Channel<FromNode, ToNode>, parts: ServiceParts): void {
  const service = new Service(channel, parts);
  channel.onMessage((message) => service.receive(message));
}

class Service {
  private readonly channel: Channel<FromNode, ToNode>;
  private readonly parts: ServiceParts;
  private node: RaftNode | undefined;
  private reporter: Timer | undefined;
  private reported: NodeStatus | undefined;
  private stopRequested = false;
  private starting: Promise<void> | undefined;

  constructor(channel: Channel<FromNode, ToNode>, parts: ServiceParts) {
    this.channel = channel;
    this.parts = parts;
  }

  receive(message: ToNode): void {
    switch (message.kind) {
      case 'start':
        this.starting = this.start(message.state);
        break;
      case 'propose':
        this.node?.propose(unpack(message.commands));
        break;
      case 'readIndex':
        this.node?.readIndex(message.question);
        break;
      case 'progress':
        this.node?.progress(message.applied, message.durable);
        break;
      case 'frame':
        this.node?.sendFrame(message.peer, message.frame);
        break;
      case 'snapshotEnded':
        this.node?.snapshotEnded(message.peer, message.index);
        break;
      case 'installed':
        this.node?.installed(message.snapshot);
        break;
      case 'transfer':
        this.node?.transferLeadership(message.target);
        break;
      case 'changeMembership':
        this.node?.changeMembership(message.request, message.changes);
        break;
      case 'stop':
        void this.stop();
        break;
      default:
        unreachable(message);
    }
  }

  /** Never rejects: what goes wrong is told to the client. */
  private async start(state: StateAtStart): Promise<void> {
    try {
      const { config, clock, logger, defer, limits = CORE_LIMITS } = this.parts;
      const log = await this.parts.openLog(state.appliedIndex > 0 || state.isLost === true);
      if (this.stopRequested) return;
      const node = createRaftNode({
        config,
        clock,
        logger,
        defer,
        limits,
        log,
        state,
        writer: this.parts.openWriter(),
        transport: this.parts.openTransport(log),
        outputs: this.outputs(),
      });
      this.node = node;
      await node.start();
      if (this.stopRequested) return;
      this.reporter = onBeat(clock, STATUS_PERIOD_MS, () => this.report());
      this.reported = node.status();
      this.channel.post({ kind: 'started', status: this.reported });
    } catch (error) {
      this.channel.post({ kind: 'refused', error: packError(error) });
    }
  }

  private outputs(): NodeOutputs {
    const { channel } = this;
    return {
      committed(entries) {
        const packed = packEntries(entries);
        channel.post({ kind: 'committed', entries: packed }, [packed.data.bytes]);
      },
      leadershipChanged: (leadership) => channel.post({ kind: 'leadership', leadership }),
      answered: (question, index) => channel.post({ kind: 'answered', question, index }),
      snapshotWanted: (peer, term) => channel.post({ kind: 'snapshotWanted', peer, term }),
      frame: (peer, frame) => channel.post({ kind: 'frame', peer, frame }, [frame.buffer]),
      followed: (index) => channel.post({ kind: 'followed', index }),
      membershipChanged: (request, outcome) => channel.post({ kind: 'membershipChanged', request, outcome }),
      failed: (reason, cause) => channel.post({ kind: 'failed', reason, cause: packError(cause) }),
    };
  }

  private report(): void {
    const status = this.node?.status();
    // At rest nothing changes, and each message would wake the other thread.
    if (status === undefined || isDeepStrictEqual(status, this.reported)) return;
    this.reported = status;
    this.channel.post({ kind: 'status', status });
  }

  private async stop(): Promise<void> {
    if (this.stopRequested) return;
    this.stopRequested = true;
    this.reporter?.cancel();
    try {
      // Its socket first, which the start may be waiting for; and once more if the start has got as far as a node since.
      await this.node?.stop();
      await this.starting;
      await this.node?.stop();
      await this.parts.release();
    } catch (error) {
      this.parts.logger.warn({ cause: messageOf(error) }, 'the Raft node did not stop cleanly');
    }
    this.channel.post({ kind: 'stopped' });
    this.parts.stopped();
  }
}
