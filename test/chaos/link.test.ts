// Links between real sockets on loopback: what is cut is held and comes late, in order; nobody is told meanwhile.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Link } from '../../chaos/network/link.ts';
import { type Links, linksHere, linksOnThread } from '../../chaos/network/links.ts';
import { prng, systemClock } from '../../src/lib/index.ts';
import { bundle } from '../support/bundled.ts';

let folder: string;
let thread: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-link-'));
  thread = join(folder, 'link-thread.mjs');
  await bundle('chaos/network/link-thread.ts', thread);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAKERS: readonly (readonly [string, () => Links])[] = [
  ['on this thread', () => linksHere(systemClock(), prng(1))],
  ['on a thread of its own', () => linksOnThread(thread, 1)],
];

describe.each(MAKERS)('a link %s', (_, openLinks) => {
  let server: Server;
  let links: Links;
  let link: Link;
  const accepted: Socket[] = [];
  let received = '';

  beforeEach(async () => {
    received = '';
    accepted.length = 0;
    server = createServer((socket) => {
      accepted.push(socket);
      socket.setEncoding('utf8');
      socket.on('error', () => undefined);
      socket.on('data', (text: string) => {
        received += text;
        socket.write(text.toUpperCase());
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    links = openLinks();
    link = await links.open(typeof address === 'object' && address !== null ? address.port : 0);
  });
  afterEach(async () => {
    await link.close();
    await links.close();
    for (const socket of accepted) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function dial(): Promise<Socket> {
    const socket = connect(link.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket.setEncoding('utf8');
  }

  it('passes both ways while it is open', async () => {
    const socket = await dial();
    socket.write('hello');
    expect(await once(socket, 'data')).toEqual(['HELLO']);
  });

  it('holds what is sent while it is cut, and delivers it when it heals', async () => {
    const socket = await dial();
    socket.write('one,');
    await once(socket, 'data');
    await link.set({ kind: 'cut' });
    socket.write('two,');
    socket.write('three');
    await turns();
    expect(received).toBe('one,');
    await link.set({ kind: 'open' });
    await once(socket, 'data');
    await until(() => received === 'one,two,three');
  });

  it('leads nobody through who dials while it is cut, until it heals', async () => {
    await link.set({ kind: 'cut' });
    const socket = await dial();
    socket.write('late');
    await turns();
    expect(accepted).toEqual([]);
    await link.set({ kind: 'open' });
    expect(await once(socket, 'data')).toEqual(['LATE']);
  });

  it('tells nobody of an end while it is cut, and then does', async () => {
    const socket = await dial();
    socket.write('x');
    await once(socket, 'data');
    await link.set({ kind: 'cut' });
    for (const other of accepted) other.destroy();
    await turns();
    expect(socket.closed).toBe(false);
    const closed = once(socket, 'close');
    await link.set({ kind: 'open' });
    await closed;
  });

  it('keeps the order when it is poor', async () => {
    await link.set({ kind: 'poor', delayMs: 1, jitterMs: 3, lostShare: 0.2, resendMs: 5 });
    const socket = await dial();
    const numbers = Array.from({ length: 50 }, (_, i) => `${i},`);
    for (const number of numbers) {
      socket.write(number);
      await turns();
    }
    await until(() => received === numbers.join(''));
  });

  /** Several turns of the event loop: what could arrive on loopback has arrived. */
  async function turns(): Promise<void> {
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('the thread of the links', () => {
  it('answers what it cannot do with the reason, and nothing once it has ended', async () => {
    const links = linksOnThread(thread, 1);
    const link = await links.open(1);
    await link.close();
    await expect(link.set({ kind: 'cut' })).rejects.toThrow(/link 1/);
    await links.close();
    await expect(links.open(1)).rejects.toThrow('the thread of the links has ended');
  });
});
