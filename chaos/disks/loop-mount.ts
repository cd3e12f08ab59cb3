// A small file system of its own, in a file: what fills it up leaves every other disk alone. Needs root and loop devices.
// Nothing here waits for a disk on this thread: the links between the servers are served by it.
import { execFile } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, messageOf } from '../../src/lib/index.ts';

const BALLAST = '.ballast';
/** Taking everything at once fails: the ballast's own bookkeeping needs some room, too … */
const BOOKKEEPING_BYTES = 4 * 1024 ** 2;
/** … and what is left then is filled in pieces, ever smaller ones. */
const CRUMBS_BYTES = [256 * 1024, 4 * 1024, 1];

export interface LoopMount {
  /** Where it is mounted. */
  readonly folder: string;
  /** Takes all its space but `leaveBytes`. */
  fill(leaveBytes?: number): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  unmount(): Promise<void>;
}

/** Makes a file system of `bytes` in the file `image` and mounts it at `folder`; a reason when that cannot be done here. */
export async function loopMount(image: string, folder: string, bytes: number): Promise<LoopMount | string> {
  try {
    writeFileSync(image, '');
    truncateSync(image, bytes);
    await run('mkfs.ext4', ['-q', '-m', '0', '-J', 'size=16', image]);
    mkdirSync(folder, { recursive: true });
    await run('mount', ['-o', 'loop', image, folder]);
  } catch (error) {
    return `no file system could be mounted: ${messageOf(error)}`;
  }
  const ballast = join(folder, BALLAST);
  const crumbs = join(folder, `${BALLAST}.crumbs`);
  return {
    folder,
    async fill(leaveBytes = 0) {
      const { bavail, bsize } = await statfs(folder);
      const taken = bavail * bsize - leaveBytes - BOOKKEEPING_BYTES;
      // Blocks are promised, not written: a moment, however large it is.
      if (taken > 0) await tolerateFull(() => run('fallocate', ['-l', String(taken), ballast]));
      if (leaveBytes > 0) return;
      for (const bytes of CRUMBS_BYTES) await tolerateFull(() => fillCrumbs(crumbs, bytes));
    },
    async free() {
      for (const file of [ballast, crumbs]) await rm(file, { force: true });
    },
    // Now, or as soon as nobody looks into it any more: the end of a process is not the end of its last system call.
    unmount: () => run('umount', ['--lazy', folder]),
  };
}

const exec = promisify(execFile);

async function run(command: string, args: readonly string[]): Promise<void> {
  await exec(command, args);
}

/** Until nothing more can be written: by others, too, who write at the same time. */
async function fillCrumbs(file: string, bytes: number): Promise<never> {
  const handle = await open(file, 'a');
  try {
    for (;;) await handle.write(new Uint8Array(bytes));
  } finally {
    await handle.close();
  }
}

/** Full is what it is to be, also when somebody else took the last of it meanwhile. */
async function tolerateFull(fill: () => Promise<void>): Promise<void> {
  try {
    await fill();
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC' && !messageOf(error).includes('No space left')) throw error;
  }
}
