// The real disk: a folder, with synchronous calls on open files. Synchronous because it has a thread of its own, where
// it cannot be held up by the process-wide pool that file promises share with everything else.
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codeOf, messageOf, UserError } from '../../src/lib/index.ts';
import type { Disk, DiskFile } from '../node/index.ts';
import { ZERO_CHUNK_BYTES } from './limits.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const ZEROES = new Uint8Array(ZERO_CHUNK_BYTES);

/** The folder `directory`, made when it is missing. Throws UserError when it cannot be used. */
export function nodeDisk(directory: string): Disk {
  makeFolder(directory);
  return {
    list: () => readdirSync(directory).sort(),
    open(name, mode) {
      return new NodeFile(openSync(join(directory, name), mode === 'create' ? 'wx+' : 'r+', FILE_MODE));
    },
    remove: (name) => rmSync(join(directory, name)),
    rename: (from, to) => renameSync(join(directory, from), join(directory, to)),
    syncDirectory: () => syncFolder(directory),
  };
}

function makeFolder(directory: string): void {
  try {
    const first = mkdirSync(directory, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    // Each new name is durable only with the folder that it stands in.
    for (let made = resolve(directory); made.length >= first.length; made = dirname(made)) syncFolder(dirname(made));
  } catch (error) {
    throw new UserError(
      `the folder ${directory} cannot be used: ${messageOf(error)}`,
      codeOf(error) === 'EACCES' || codeOf(error) === 'EROFS'
        ? 'Choose a data directory that this user may write to.'
        : 'Choose another data directory.',
      { cause: error },
    );
  }
}

function syncFolder(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

class NodeFile implements DiskFile {
  private readonly descriptor: number;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  size(): number {
    return fstatSync(this.descriptor).size;
  }

  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.descriptor, bytes, done, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  }

  write(position: number, bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.byteLength)
      done += writeSync(this.descriptor, bytes, done, bytes.byteLength - done, position + done);
  }

  resize(bytes: number): void {
    const size = this.size();
    if (bytes < size) ftruncateSync(this.descriptor, bytes);
    // Written, not only declared: a hole would be allocated later, when the disk may be full.
    for (let at = size; at < bytes; at += ZEROES.byteLength)
      this.write(at, ZEROES.subarray(0, Math.min(ZEROES.byteLength, bytes - at)));
  }

  sync(): void {
    fdatasyncSync(this.descriptor);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
