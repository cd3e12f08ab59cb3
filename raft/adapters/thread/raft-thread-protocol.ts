// What crosses between the main thread and the Raft thread beside the consensus channel itself.
import type { FromNode, NodeConfig } from '../../node/index.ts';
import type { ConsensusTuning } from '../consensus.ts';
import type { LoopDelay } from '../loop-delay.ts';
import type { TransportTls } from '../websocket/dialler.ts';

/** What the thread needs to come up. */
export interface RaftThreadData {
  /** URL of the log thread's file. */
  readonly logThread: string;
}

/** The first message to the thread: whose it is. */
export interface RaftThreadMember {
  readonly config: NodeConfig;
  /** The member's data directory. */
  readonly directory: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: TransportTls | undefined;
  readonly tuning: ConsensusTuning | undefined;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A line for the logger, which lives on the main thread. */
export interface LogLine {
  readonly kind: 'line';
  readonly level: LogLevel;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** How late the thread's event loop was, of late. */
export interface LoopDelayReport {
  readonly kind: 'loopDelay';
  readonly window: LoopDelay;
}

export type FromRaftThread = FromNode | LogLine | LoopDelayReport;
