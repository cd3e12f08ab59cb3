// The reserve of disk (house.md, decision 12): while less than it is free, a server takes in only what frees space or
// costs next to none, so that an operator can still delete; and a leader low on disk is no leader for long.
import { type Clock, type Logger, MIB, messageOf, onBeat, type Timer } from '../../lib/index.ts';
import { DISK_POLL_MS, DISK_RECOVERED_FACTOR, DISK_RESERVE_BYTES } from '../limits.ts';
import { type Command, DiskLowError, type DiskStatus } from '../port.ts';
import type { DiskSpace } from './disk-space.ts';

export interface DiskReserveOptions {
  readonly space: DiskSpace;
  /** DISK_RESERVE_BYTES unless given. */
  readonly reserveBytes?: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** It became low, or is no longer. */
  changed(): void;
}

export class DiskReserve {
  readonly #options: DiskReserveOptions;
  readonly #reserveBytes: number;
  #freeBytes: number | undefined;
  #isLow = false;
  #isAsking = false;
  #stopped = false;
  #timer: Timer | undefined;

  constructor(options: DiskReserveOptions) {
    this.#options = options;
    this.#reserveBytes = options.reserveBytes ?? DISK_RESERVE_BYTES;
  }

  /** Asks once, so that a server that starts with a full disk knows it, and then at intervals. */
  async start(): Promise<void> {
    await this.#ask();
    if (this.#stopped) return;
    this.#timer = onBeat(this.#options.clock, DISK_POLL_MS, () => void this.#ask());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  get isLow(): boolean {
    return this.#isLow;
  }

  /** Undefined until it was asked successfully. */
  get status(): DiskStatus | undefined {
    const { directory } = this.#options.space;
    const freeBytes = this.#freeBytes;
    return freeBytes === undefined
      ? undefined
      : { directory, freeBytes, reserveBytes: this.#reserveBytes, low: this.#isLow };
  }

  /** Throws DiskLowError when there is no room for `command`. */
  admit(command: Command): void {
    const { status } = this;
    if (status?.low === true && !isAdmittedInReserve(command)) throw new DiskLowError(refusal(status));
  }

  /** Never rejects. A disk that hangs is asked once, not again and again: each question holds a thread of the pool. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const { space, logger } = this.#options;
    try {
      this.#told(await space.freeBytes());
    } catch (error) {
      // Writing will show what is wrong with it; until then the last answer stands.
      logger.warn({ directory: space.directory, error: messageOf(error) }, 'the free disk space cannot be read');
    } finally {
      this.#isAsking = false;
    }
  }

  #told(freeBytes: number): void {
    const { space, logger, changed } = this.#options;
    this.#freeBytes = freeBytes;
    const limit = this.#isLow ? this.#reserveBytes * DISK_RECOVERED_FACTOR : this.#reserveBytes;
    const isLow = freeBytes < limit;
    if (isLow === this.#isLow) return;
    this.#isLow = isLow;
    const figures = { directory: space.directory, freeBytes, reserveBytes: this.#reserveBytes };
    if (isLow) logger.error(figures, 'the disk is low: only deletions, leases and internal entries are accepted here');
    else logger.info(figures, 'the disk has room again: everything is accepted');
    changed();
  }
}

/** Deletions and what belongs to them, leases, and internal records. */
export function isAdmittedInReserve(command: Command): boolean {
  if (command.usesReserve === true) return true;
  return command.writes.every((write) => write.kind === 'delete' || write.key.startsWith('~'));
}

function refusal({ directory, freeBytes, reserveBytes }: DiskStatus): string {
  return `the disk of this server is low: ${megabytes(freeBytes)} are free below ${directory}, and ${megabytes(reserveBytes)} are kept for deletions; free or add disk space there, or delete objects (deletions are accepted)`;
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}
