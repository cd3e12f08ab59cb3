// A leader that is low on disk hands leadership over to a member that is not. Whether a member is, is asked for only then,
// beside the log: two frames on the connections for snapshots, which may be lost and are asked again.
//
//   format u8 | kind u8, and for an answer: low u8
import type { NodeId } from '../../../raft/core/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import { DISK_HANDOVER_RETRY_MS } from '../limits.ts';

/** Not that of a snapshot's frames: software that does not know these passes over them. */
const FRAME_FORMAT = 2;
const ASK = 1;
const ANSWER = 2;

export interface DiskHandoverOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who could lead in this member's place: the other voters. */
  candidates(): readonly NodeId[];
  /** This member leads. */
  isLeader(): boolean;
  /** This member's disk is low. */
  isLow(): boolean;
  send(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void;
  transferTo(peer: NodeId): void;
}

export class DiskHandover {
  readonly #options: DiskHandoverOptions;
  #askedAtMs: number | undefined;
  #transferredAtMs: number | undefined;

  constructor(options: DiskHandoverOptions) {
    this.#options = options;
  }

  /** Now and then: asks the others whether one of them has room. */
  keepHouse(): void {
    const { clock, candidates, send } = this.#options;
    const now = clock.monotonic();
    if (!this.#shouldGo() || isWithin(this.#askedAtMs, now)) return;
    this.#askedAtMs = now;
    for (const peer of candidates()) send(peer, Uint8Array.of(FRAME_FORMAT, ASK));
  }

  frame(peer: NodeId, bytes: Uint8Array): void {
    if (bytes[0] !== FRAME_FORMAT) return;
    if (bytes[1] === ASK) this.#options.send(peer, Uint8Array.of(FRAME_FORMAT, ANSWER, this.#options.isLow() ? 1 : 0));
    if (bytes[1] === ANSWER && bytes[2] === 0) this.#hasRoom(peer);
  }

  #hasRoom(peer: NodeId): void {
    const { clock, logger, candidates, transferTo } = this.#options;
    const now = clock.monotonic();
    if (!this.#shouldGo() || isWithin(this.#transferredAtMs, now) || !candidates().includes(peer)) return;
    this.#transferredAtMs = now;
    logger.warn({ peer }, 'the disk is low: handing leadership over to a member with room');
    transferTo(peer);
  }

  #shouldGo(): boolean {
    return this.#options.isLeader() && this.#options.isLow();
  }
}

function isWithin(sinceMs: number | undefined, nowMs: number): boolean {
  return sinceMs !== undefined && nowMs - sinceMs < DISK_HANDOVER_RETRY_MS;
}
