// All that a replicated store does about its disk: the reserve, and handing leadership over while it is touched.
import type { NodeId } from '../../../raft/core/index.ts';
import type { Consensus } from '../../../raft/node/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import type { Command, DiskStatus } from '../port.ts';
import type { DiskSpace } from './disk-space.ts';
import { DiskHandover } from './handover.ts';
import { DiskReserve } from './reserve.ts';

export interface DiskCareOptions {
  readonly consensus: Consensus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Without it, nothing is known of the disk and nothing is refused. */
  readonly diskSpace?: DiskSpace;
  readonly diskReserveBytes?: number;
  isLeader(): boolean;
  transferTo(peer: NodeId): void;
  /** The disk became low, or is no longer. */
  changed(): void;
}

export class DiskCare {
  readonly #reserve: DiskReserve | undefined;
  readonly #handover: DiskHandover;

  constructor(options: DiskCareOptions) {
    const { consensus, diskSpace: space, diskReserveBytes: reserveBytes } = options;
    this.#reserve = space === undefined ? undefined : new DiskReserve({ ...options, space, reserveBytes });
    this.#handover = new DiskHandover({
      ...options,
      candidates: () => consensus.status().membership.voters.filter((voter) => voter !== consensus.id),
      isLow: () => this.isLow,
      send: (peer, frame) => consensus.sendFrame(peer, frame),
    });
  }

  get status(): DiskStatus | undefined {
    return this.#reserve?.status;
  }
  get isLow(): boolean {
    return this.#reserve?.isLow === true;
  }

  start(): Promise<void> {
    return this.#reserve?.start() ?? Promise.resolve();
  }

  stop(): void {
    this.#reserve?.stop();
  }

  /** Throws DiskLowError when there is no room for `command`. */
  admit(command: Command): void {
    this.#reserve?.admit(command);
  }

  keepHouse(): void {
    this.#handover.keepHouse();
  }

  frame(peer: NodeId, bytes: Uint8Array): void {
    this.#handover.frame(peer, bytes);
  }
}
