// Ports: finding free ones, and saying which is taken before anything has been started.
import { connect, createServer } from 'node:net';
import { codeOf, UserError } from '../src/lib/index.ts';
import { LOOPBACK, portsOf, type Topology } from './topology.ts';

/** Free ports on loopback; all are held open until the last is found, so that none is given twice. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => hold(0)));
  await Promise.all(held.map((server) => server.release()));
  return held.map((server) => server.port);
}

/** Whether a port on loopback can be had at this moment. */
export async function isFree(port: number): Promise<boolean> {
  try {
    await (await hold(port)).release();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') return false;
    throw error;
  }
}

/** Whether something accepts connections at a port on loopback. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK });
    const end = (accepted: boolean) => (): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });
}

/** Throws UserError that names the first port which is taken, and what it was for. */
export async function checkPorts(topology: Topology): Promise<void> {
  for (const { port, use } of portsOf(topology)) {
    try {
      await (await hold(port)).release();
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE' && codeOf(error) !== 'EACCES') throw error;
      const why = codeOf(error) === 'EACCES' ? 'may not be used by you' : 'is taken by another process';
      throw new UserError(
        `port ${port}, for ${use}, ${why}`,
        'Give another --port (the cluster uses the ports that follow it, too), or --port 0 to pick free ones.',
        { cause: error },
      );
    }
  }
}

function hold(port: number): Promise<{ port: number; release(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ port: bound, release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}
