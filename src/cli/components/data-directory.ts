// The data directory before anything is opened in it: made when it is missing, and refused in plain words when its disk
// is not there, may not be written, or is full.
import { mkdirSync, statfsSync } from 'node:fs';
import { codeOf, MIB, messageOf, UserError } from '../../lib/index.ts';

/** A start writes a step of the log's segment, a marker and LevelDB's own files. */
const START_LIMIT_BYTES = 4 * MIB;

/** What has to be known of a disk. */
export interface DirectoryPorts {
  make(directory: string): void;
  freeBytes(directory: string): number;
}

const REAL: DirectoryPorts = {
  make: (directory) => void mkdirSync(directory, { recursive: true, mode: 0o700 }),
  freeBytes(directory) {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  },
};

/** Throws UserError. */
export function prepareDirectory(directory: string, ports: DirectoryPorts = REAL): void {
  let freeBytes: number;
  try {
    ports.make(directory);
    freeBytes = ports.freeBytes(directory);
  } catch (error) {
    throw new UserError(
      `the data directory ${directory} cannot be used: ${messageOf(error)}`,
      remedyFor(codeOf(error), directory),
      { cause: error },
    );
  }
  if (freeBytes >= START_LIMIT_BYTES) return;
  throw new UserError(
    `the disk of the data directory ${directory} is full: ${Math.floor(freeBytes / 1024)} KiB are free, and a server needs ${START_LIMIT_BYTES / MIB} MiB to start`,
    'Free space on that disk, or make it larger; nothing in the data directory itself may be deleted.',
  );
}

function remedyFor(code: string | undefined, directory: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'Let this user write there, or choose another data directory.';
    case 'EROFS':
      return 'Its disk is mounted read-only: mount it for writing (look at the kernel log first, for a disk that failed).';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Free space on its disk, or make it larger.';
    case 'EIO':
      return 'Its disk fails: look at the kernel log, replace the disk, and replace this member by a new one.';
    default:
      return `Mount the disk that ${directory} is on, or choose another data directory.`;
  }
}
