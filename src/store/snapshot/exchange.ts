// Both ends of the snapshots of one member, behind the handlers of consensus: frames are read once and go to the end
// that they are for. `gone` may be for either.
import type { LogIndex, NodeId, SnapshotPosition, Term } from '../../../raft/core/index.ts';
import type { Consensus, SnapshotHandlers } from '../../../raft/node/index.ts';
import { type Clock, type Logger, unreachable } from '../../lib/index.ts';
import { SNAPSHOT_CHUNK_BYTES } from '../limits.ts';
import type { StateDamageError } from '../state/damage.ts';
import type { StateDatabase } from '../state/state-database.ts';
import { decodeSnapshotFrame } from './frames.ts';
import { SnapshotReceiver } from './receiver.ts';
import { SnapshotSender } from './sender.ts';

export interface ExchangeOptions {
  readonly origin: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly consensus: Consensus;
  readonly database: StateDatabase;
  readonly snapshotChunkBytes?: number;
  appliedIndex(): number;
  install(snapshot: SnapshotPosition): Promise<void>;
  /** What else members say to each other on these connections. */
  otherFrame(peer: NodeId, bytes: Uint8Array): void;
  /** The database cannot be read as it was written. */
  damaged(error: StateDamageError): void;
}

export class SnapshotExchange implements SnapshotHandlers {
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;
  readonly #otherFrame: ExchangeOptions['otherFrame'];

  constructor(options: ExchangeOptions) {
    const { consensus, database, clock, logger, origin } = options;
    this.#otherFrame = (peer, bytes) => options.otherFrame(peer, bytes);
    // Before it has started it knows no others.
    const founding = consensus.status().membership;
    const send = (peer: NodeId, frame: Uint8Array<ArrayBuffer>): void => consensus.sendFrame(peer, frame);
    this.#sender = new SnapshotSender({
      origin,
      clock,
      logger,
      chunkBytes: options.snapshotChunkBytes ?? SNAPSHOT_CHUNK_BYTES,
      read: () => database.read(),
      founding: () => founding,
      term: () => consensus.status().term,
      send,
      ended: (peer, index) => consensus.snapshotEnded(peer, index),
      damaged: (error) => options.damaged(error),
    });
    this.#receiver = new SnapshotReceiver({
      clock,
      logger,
      appliedIndex: () => options.appliedIndex(),
      clear: () => database.clearIncoming(),
      write: (records) => database.writeIncoming(records),
      install: (snapshot) => options.install(snapshot),
      send,
    });
  }

  /** Why this member is behind, when a snapshot is on its way to it. */
  get progress(): string | undefined {
    return this.#receiver.progress;
  }

  /** Asks `peer` for a state at `index` or above, for the own one is lost. */
  want(peer: NodeId, index: LogIndex): void {
    this.#receiver.want(peer, index);
  }

  wanted(peer: NodeId, term: Term): void {
    this.#sender.begin(peer, term);
  }

  frame(peer: NodeId, bytes: Uint8Array): void {
    const frame = decodeSnapshotFrame(bytes);
    if (frame === undefined) {
      this.#otherFrame(peer, bytes);
      return;
    }
    switch (frame.kind) {
      case 'offer':
      case 'chunk':
        this.#receiver.receive(peer, frame);
        break;
      case 'want':
        this.#sender.wanted(peer, frame.index);
        break;
      case 'ask':
      case 'busy':
      case 'done':
        this.#sender.receive(peer, frame);
        break;
      case 'gone':
        this.#receiver.receive(peer, frame);
        this.#sender.receive(peer, frame);
        break;
      default:
        unreachable(frame);
    }
  }

  stop(): void {
    this.#sender.stop();
    this.#receiver.stop();
  }
}
