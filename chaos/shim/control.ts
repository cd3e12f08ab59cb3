// Steers the shim of one process, through the page that both of them map. Offsets are those of `struct control` in shim.h.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

export type SyncFault = 'works' | 'fails' | 'hangs';
/** `diskFull`: what a file holds can be overwritten, and none can grow. `fails`: nothing can be written. */
export type WriteFault = 'works' | 'diskFull' | 'fails';

/** What the disk and the clock of a process are like. Left out: nothing is wrong with it. */
export interface Conditions {
  readonly sync?: SyncFault;
  readonly syncDelayMs?: number;
  readonly write?: WriteFault;
  readonly writeDelayMs?: number;
  /** What is not synced is noted, to be undone by a power cut. */
  readonly journal?: boolean;
  /** Added to the wall clock; monotonic clocks go on. */
  readonly clockOffsetMs?: number;
}

export interface ShimCounts {
  readonly syncs: number;
  /** Those that failed, or hung. */
  readonly syncsHurt: number;
  readonly writes: number;
  readonly writesHurt: number;
}

const PAGE_BYTES = 64;
const COUNTS_OFFSET = 32;
const SYNC_CODES: Readonly<Record<SyncFault, number>> = { works: 0, fails: 1, hangs: 2 };
const WRITE_CODES: Readonly<Record<WriteFault, number>> = { works: 0, diskFull: 1, fails: 2 };

export class ShimControl {
  readonly file: string;
  readonly #descriptor: number;

  /** Makes the page; the process must be started after. */
  constructor(file: string) {
    this.file = file;
    this.#descriptor = openSync(file, 'w+', 0o600);
    writeSync(this.#descriptor, new Uint8Array(PAGE_BYTES), 0, PAGE_BYTES, 0);
  }

  /** From now on it is like that, also for the process that is started next. */
  set(conditions: Conditions): void {
    const page = Buffer.alloc(COUNTS_OFFSET);
    page.writeUInt32LE(SYNC_CODES[conditions.sync ?? 'works'], 0);
    page.writeUInt32LE(conditions.syncDelayMs ?? 0, 4);
    page.writeUInt32LE(WRITE_CODES[conditions.write ?? 'works'], 8);
    page.writeUInt32LE((conditions.writeDelayMs ?? 0) * 1000, 12);
    page.writeUInt32LE(conditions.journal === true ? 1 : 0, 16);
    page.writeBigInt64LE(BigInt(Math.round((conditions.clockOffsetMs ?? 0) * 1e6)), 24);
    writeSync(this.#descriptor, page, 0, page.byteLength, 0);
  }

  counts(): ShimCounts {
    const counts = Buffer.alloc(PAGE_BYTES - COUNTS_OFFSET);
    readSync(this.#descriptor, counts, 0, counts.byteLength, COUNTS_OFFSET);
    const at = (offset: number): number => Number(counts.readBigUInt64LE(offset));
    return { syncs: at(0), syncsHurt: at(8), writes: at(16), writesHurt: at(24) };
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** What a process is started with to be steered. `root`: files below it are watched; absolute. `journal`: a folder on the same disk. */
export function shimEnvironment(
  library: string,
  control: ShimControl,
  root: string,
  journal: string,
): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    QUORATE_SHIM_CONTROL: control.file,
    QUORATE_SHIM_ROOT: root,
    QUORATE_SHIM_JOURNAL: journal,
    // Rings pass by the C library (libuv has them off by default since 1.46).
    UV_USE_IO_URING: '0',
  };
}
