// A small file system of its own, in a file: what fills it up leaves every other disk alone. Needs root and loop devices.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../src/lib/index.ts';

const BALLAST = '.ballast';
/** What is left after whole blocks were taken is filled in pieces of this size. */
const CRUMB_BYTES = 1_024;

export interface LoopMount {
  /** Where it is mounted. */
  readonly folder: string;
  /** Takes all its space but `leaveBytes`. */
  fill(leaveBytes?: number): void;
  /** Gives it back. */
  free(): void;
  unmount(): void;
}

/** Makes a file system of `bytes` in the file `image` and mounts it at `folder`; a reason when that cannot be done here. */
export function loopMount(image: string, folder: string, bytes: number): LoopMount | string {
  try {
    writeFileSync(image, '');
    truncateSync(image, bytes);
    run('mkfs.ext4', ['-q', '-m', '0', '-J', 'size=16', image]);
    mkdirSync(folder, { recursive: true });
    run('mount', ['-o', 'loop', image, folder]);
  } catch (error) {
    return `no file system could be mounted: ${messageOf(error)}`;
  }
  const ballast = join(folder, BALLAST);
  const crumbs = join(folder, `${BALLAST}.crumbs`);
  return {
    folder,
    fill(leaveBytes = 0) {
      const { bavail, bsize } = statfsSync(folder);
      const taken = bavail * bsize - leaveBytes;
      // Blocks are promised, not written: a moment, however large it is.
      if (taken > 0) tolerateFull(() => run('fallocate', ['-l', String(taken), ballast]));
      if (leaveBytes === 0) tolerateFull(() => fillCrumbs(crumbs));
    },
    free() {
      for (const file of [ballast, crumbs]) rmSync(file, { force: true });
    },
    unmount: () => run('umount', [folder]),
  };
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Until nothing more can be written: by others, too, who write at the same time. */
function fillCrumbs(file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (;;) writeSync(descriptor, new Uint8Array(CRUMB_BYTES));
  } finally {
    closeSync(descriptor);
  }
}

/** Full is what it is to be, also when somebody else took the last of it meanwhile. */
function tolerateFull(fill: () => void): void {
  try {
    fill();
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC' && !messageOf(error).includes('No space left')) throw error;
  }
}
