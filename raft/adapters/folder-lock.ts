// One process at a time in a member's data directory. The lock is a Unix socket: the kernel answers for its holder and
// lets go when the holder dies, which no file with a process id can promise.
import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, UserError } from '../../src/lib/index.ts';
import { SOCKET_PATH_LIMIT_BYTES } from './limits.ts';

export interface FolderLock {
  release(): Promise<void>;
}

/** Locks a folder that is there. Throws UserError when a living process holds it. */
export async function lockFolder(directory: string): Promise<FolderLock> {
  const real = realpathSync(directory);
  const path = join(real, 'lock');
  if (Buffer.byteLength(path) > SOCKET_PATH_LIMIT_BYTES) return lockAt(outsidePath(real), directory);
  try {
    return await lockAt(path, directory);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // Some shared file systems know no sockets.
    return lockAt(outsidePath(real), directory);
  }
}

async function lockAt(path: string, directory: string): Promise<FolderLock> {
  for (let attempt = 1; ; attempt += 1) {
    const server = await tryListen(path);
    if (server !== undefined) return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    if (attempt > 1 || (await answers(path)))
      throw new UserError(
        `the data directory ${directory} is in use by another process`,
        'Stop that process first, or choose another data directory.',
      );
    // Left behind by a process that was killed.
    rmSync(path, { force: true });
  }
}

/** Where the lock of a folder is that cannot hold it: its path is too long for a socket, or its file system knows none. */
function outsidePath(real: string): string {
  const name = createHash('sha256').update(real).digest('hex').slice(0, 24);
  return join(tmpdir(), `quorate-${name}.lock`);
}

/** undefined when something is there already. */
function tryListen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (codeOf(error) === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
