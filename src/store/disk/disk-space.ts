// The port through which a server learns how much room its disk has, and its adapter for the real one.
import { statfs } from 'node:fs/promises';

export interface DiskSpace {
  /** What the figures are about, as messages name it: the data directory. */
  readonly directory: string;
  /** Bytes that this process may still write. */
  freeBytes(): Promise<number>;
}

/** The file system that holds `directory`. */
export function nodeDiskSpace(directory: string): DiskSpace {
  return {
    directory,
    async freeBytes() {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
  };
}
