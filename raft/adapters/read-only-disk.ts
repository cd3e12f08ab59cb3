// A folder of the real disk that cannot be changed: for tools that look at the log of a stopped member. What the opening
// of a log would mend (a torn tail, the marker) is left as it is; the log that it gives is the same.
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../src/lib/index.ts';
import type { Disk, DiskFile } from '../node/index.ts';

/** Changes are accepted and forgotten; making a file is refused. A folder that is missing is empty. */
export function readOnlyDisk(directory: string): Disk {
  return {
    list: () => namesIn(directory),
    open(name, mode) {
      if (mode === 'create') throw new Error(`${name} is not made: ${directory} is only looked at`);
      return readOnlyFile(join(directory, name));
    },
    remove: () => {},
    rename: () => {},
    syncDirectory: () => {},
  };
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function readOnlyFile(path: string): DiskFile {
  const descriptor = openSync(path, 'r');
  return {
    size: () => fstatSync(descriptor).size,
    read(position, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const count = readSync(descriptor, bytes, done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    },
    write: () => {},
    resize: () => {},
    sync: () => {},
    close: () => closeSync(descriptor),
  };
}
