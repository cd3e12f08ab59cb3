import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLoadBalancer, type LoadBalancer } from '../../cluster/load-balancer.ts';
import { findFreePorts } from '../../cluster/ports.ts';
import { type Clock, silentLogger, systemClock } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

const HOST = '127.0.0.1';
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that says its name and then echoes. */
async function namedServer(name: string): Promise<{ port: number; sockets: Set<Socket>; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets, server };
}

async function balance(
  ports: readonly number[],
  clock: Clock = systemClock(),
): Promise<{ balancer: LoadBalancer; port: number }> {
  const [port = 0] = await findFreePorts(1);
  const balancer = createLoadBalancer({
    listen: [{ host: HOST, port }],
    servers: ports.map((backend) => ({ host: HOST, port: backend })),
    caPem: '',
    clock,
    logger: silentLogger,
  });
  await balancer.start();
  cleanups.push(() => balancer.stop());
  return { balancer, port };
}

async function firstLine(port: number): Promise<string> {
  const socket = connect(port, HOST);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return chunk.toString().trim();
}

describe('the load balancer', () => {
  it('spreads connections over the servers', async () => {
    const servers = [await namedServer('a'), await namedServer('b'), await namedServer('c')];
    const { port } = await balance(servers.map((server) => server.port));
    const seen = [];
    for (let i = 0; i < 6; i += 1) seen.push(await firstLine(port));
    expect(new Set(seen)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('tries the next server when one refuses, so that no client notices', async () => {
    const dead = (await findFreePorts(2)) as number[];
    const alive = await namedServer('alive');
    const { port } = await balance([...dead, alive.port]);
    for (let i = 0; i < 4; i += 1) expect(await firstLine(port)).toBe('alive');
  });

  it('follows the servers that come and go, and leaves connections to those that are gone to their end', async () => {
    const [old, fresh] = [await namedServer('old'), await namedServer('fresh')];
    const { balancer, port } = await balance([old.port]);
    const kept = connect(port, HOST);
    await once(kept, 'data');
    balancer.serve([{ host: HOST, port: fresh.port }]);
    for (let i = 0; i < 3; i += 1) expect(await firstLine(port)).toBe('fresh');
    kept.write('still here');
    expect(String((await once(kept, 'data'))[0])).toBe('still here');
    kept.destroy();
  });

  it('passes bytes through untouched in both directions, also large ones', async () => {
    const server = await namedServer('echo');
    const { port } = await balance([server.port]);
    const socket = connect(port, HOST);
    const sent = Buffer.alloc(1_000_000, 'x');
    socket.end(sent);
    const received: Buffer[] = [];
    for await (const chunk of socket) received.push(chunk as Buffer);
    expect(Buffer.concat(received).equals(Buffer.concat([Buffer.from('echo\n'), sent]))).toBe(true);
  });

  it('ends the connection of a client at once when its server dies', async () => {
    const server = await namedServer('dying');
    const { port } = await balance([server.port]);
    const socket = connect(port, HOST);
    socket.on('error', () => undefined);
    await once(socket, 'data');
    const closed = once(socket, 'close');
    for (const inner of server.sockets) inner.resetAndDestroy();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  it('lets clients go whom a silent server holds, and never one that hears from it', async () => {
    // It answers its clients, and no health question, for it speaks no TLS.
    const server = await namedServer('busy');
    const clock = manualClock();
    const { port } = await balance([server.port], clock);
    const [quiet, speaking] = [connect(port, HOST), connect(port, HOST)];
    for (const socket of [quiet, speaking]) {
      socket.on('error', () => undefined);
      await once(socket, 'data');
    }
    for (let second = 0; !quiet.destroyed && second < 20; second += 1) {
      speaking.write('a question');
      expect(String((await once(speaking, 'data'))[0])).toBe('a question');
      const asked = once(server.server, 'connection');
      clock.advance(1_000);
      await asked;
    }
    expect(quiet.destroyed).toBe(true);
    speaking.write('the last one');
    expect(String((await once(speaking, 'data'))[0])).toBe('the last one');
    speaking.destroy();
  });

  it('closes the connection when no server accepts', async () => {
    const { port } = await balance(await findFreePorts(2));
    const socket = connect(port, HOST);
    socket.on('error', () => undefined);
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
  });
});
