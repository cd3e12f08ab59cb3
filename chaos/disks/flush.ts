// A quiet disk before an experiment begins. What others have written and the system has not (an unpacked `npm ci` is some hundred
// megabytes) goes to the disk half a minute later, and a server's fsync waits behind it: commits were seen to stand for 500 ms.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf, UserError } from '../../src/lib/index.ts';

/** Resolves when everything that was written to any file system of this machine is on its disk. Throws UserError when it cannot tell. */
export async function flushDisks(): Promise<void> {
  try {
    await promisify(execFile)('sync');
  } catch (error) {
    throw new UserError(
      `the disks cannot be brought to rest: ${messageOf(error)}`,
      'Install coreutils, which has sync.',
    );
  }
}
