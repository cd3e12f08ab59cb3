// Patience with clients: those that keep their connection waiting are ended when it is over, and not before; and when the
// server drains, all are.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/apiserver/http/exchange.ts';
import { createConnections, type WireConnections } from '../../../src/apiserver/http/wire/connections.ts';
import {
  CONNECTION_SWEEP_PERIOD_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  RECEIVE_TIMEOUT_MS,
} from '../../../src/apiserver/limits.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { clientOver, type RawClient, requestText } from './raw-client.ts';

/** More than the system takes of an answer that nobody reads. */
const BIG = Buffer.alloc(48 * 1024 * 1024, 'x');
const HOUR_MS = 3_600_000;

interface Pair {
  readonly client: RawClient;
  /** The server's side. */
  readonly socket: Socket;
  /** All requests that were begun on any connection, in order. */
  exchange(at: number): Promise<Exchange>;
}

let clock: ManualClock;
let connections: WireConnections;
let listener: Server;
let exchanges: Exchange[];
let handedOver: Socket[];
let clients: RawClient[];

beforeEach(async () => {
  clock = manualClock();
  exchanges = [];
  handedOver = [];
  clients = [];
  connections = createConnections(clock, (_head, exchange) => void exchanges.push(exchange));
  listener = createServer({ allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
});

afterEach(() => {
  connections.close();
  for (const { socket } of clients) socket.destroy();
  listener.close();
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

/** A client, and its connection in our hands. */
async function pair(): Promise<Pair> {
  const address = listener.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const accepted = once(listener, 'connection');
  const client = clientOver(connect({ host: '127.0.0.1', port, allowHalfOpen: true }));
  clients.push(client);
  const [socket] = (await accepted) as [Socket];
  connections.take(socket, (handed) => void handedOver.push(handed));
  return {
    client,
    socket,
    async exchange(at) {
      await until(() => exchanges.length > at);
      return exchanges[at] as Exchange;
    },
  };
}

function isOpen(socket: Socket): boolean {
  return !socket.destroyed && !socket.writableEnded;
}

/** Its patience is over after so long from now, seen at the next look at the latest. */
function expectPatience(socket: Socket, patienceMs: number): void {
  clock.advance(patienceMs);
  expect(isOpen(socket)).toBe(true);
  clock.advance(CONNECTION_SWEEP_PERIOD_MS);
  expect(isOpen(socket)).toBe(false);
}

const GET = requestText('GET', '/');

async function answered({ client, exchange }: Pair, at: number): Promise<void> {
  client.send(GET);
  (await exchange(at)).answer(200, {}, 'ok');
  expect((await client.answer()).body).toBe('ok');
}

describe('a client that is silent', () => {
  it('is ended when no request has come at all', async () => {
    const { client, socket } = await pair();
    expectPatience(socket, HEADERS_TIMEOUT_MS);
    expect(await client.rest()).toBe('');
  });

  it('is ended when no further request comes', async () => {
    const idle = await pair();
    await answered(idle, 0);
    expectPatience(idle.socket, KEEP_ALIVE_TIMEOUT_MS);
    expect(await idle.client.rest()).toBe('');
  });

  it('is waited for anew after each request', async () => {
    const idle = await pair();
    clock.advance(HEADERS_TIMEOUT_MS);
    for (let at = 0; at < 4; at++) {
      await answered(idle, at);
      clock.advance(KEEP_ALIVE_TIMEOUT_MS);
      expect(isOpen(idle.socket)).toBe(true);
    }
    clock.advance(CONNECTION_SWEEP_PERIOD_MS);
    expect(isOpen(idle.socket)).toBe(false);
  });

  it('is ended alone: others are not', async () => {
    const early = await pair();
    clock.advance(CONNECTION_SWEEP_PERIOD_MS);
    const late = await pair();
    clock.advance(HEADERS_TIMEOUT_MS);
    expect([isOpen(early.socket), isOpen(late.socket)]).toEqual([false, true]);
    await answered(late, 0);
  });

  it('is not ended while it is the server that is slow', async () => {
    const slow = await pair();
    slow.client.send(GET);
    const exchange = await slow.exchange(0);
    clock.advance(HOUR_MS);
    expect(isOpen(slow.socket)).toBe(true);
    exchange.answer(200, {}, 'late');
    expect((await slow.client.answer()).body).toBe('late');
    expectPatience(slow.socket, KEEP_ALIVE_TIMEOUT_MS);
  });

  it('is not ended while it listens to a stream', async () => {
    const watching = await pair();
    watching.client.send(GET);
    const stream = (await watching.exchange(0)).stream(200, {});
    stream.write('one');
    await watching.client.head();
    expect(await watching.client.chunk()).toBe('one');
    clock.advance(HOUR_MS);
    expect(isOpen(watching.socket)).toBe(true);
    stream.end('two');
    expect([await watching.client.chunk(), await watching.client.chunk()]).toEqual(['two', '']);
    expectPatience(watching.socket, KEEP_ALIVE_TIMEOUT_MS);
  });

  it('is none of ours any more when its connection was handed over', async () => {
    const { client, socket } = await pair();
    client.send('GET / HTTP/1.0\r\n\r\n');
    await until(() => handedOver.length > 0);
    clock.advance(HOUR_MS);
    connections.close();
    expect(handedOver).toEqual([socket]);
    expect(isOpen(socket)).toBe(true);
    expect(exchanges).toEqual([]);
    socket.destroy();
  });
});

describe('a body that does not arrive', () => {
  const begun = requestText('POST', '/', ['Content-Length: 100']);

  it('is a bad request when its time is over, and the connection ends with that answer', async () => {
    const { client, socket, exchange } = await pair();
    client.send(`${begun}abc`);
    const received = await exchange(0);
    const broken = expect(received.readBody()).rejects.toMatchObject({
      status: { code: 400, message: expect.stringContaining('it does not arrive') },
    });
    clock.advance(RECEIVE_TIMEOUT_MS);
    expect(isOpen(socket)).toBe(true);
    clock.advance(CONNECTION_SWEEP_PERIOD_MS);
    await broken;
    received.answer(400, {}, 'bad');
    const { status, headers } = await client.answer();
    expect([status, headers.get('connection')]).toEqual([400, 'close']);
    expect(await client.rest()).toBe('');
  });

  it('has no more time because it drips', async () => {
    const { client, exchange } = await pair();
    client.send(begun);
    const received = await exchange(0);
    const broken = expect(received.readBody()).rejects.toMatchObject({ status: { code: 400 } });
    const { socket } = received;
    for (let sent = 1; sent <= RECEIVE_TIMEOUT_MS / CONNECTION_SWEEP_PERIOD_MS + 1; sent++) {
      expect(isOpen(socket)).toBe(true);
      client.send('x');
      await until(() => socket.bytesRead === begun.length + sent);
      clock.advance(CONNECTION_SWEEP_PERIOD_MS);
    }
    await broken;
  });

  it('is there in time when its last byte comes just before', async () => {
    const { client, socket, exchange } = await pair();
    client.send(`${begun}${'x'.repeat(99)}`);
    const received = await exchange(0);
    const body = received.readBody();
    clock.advance(RECEIVE_TIMEOUT_MS);
    client.send('y');
    expect(Buffer.from(await body).toString()).toBe(`${'x'.repeat(99)}y`);
    clock.advance(HOUR_MS);
    received.answer(200, {}, 'ok');
    expect((await client.answer()).body).toBe('ok');
    expect(isOpen(socket)).toBe(true);
  });

  it('ends the connection when the answer is out already', async () => {
    const { client, socket, exchange } = await pair();
    client.send(`${begun}abc`);
    (await exchange(0)).answer(413, {}, 'no');
    expect((await client.answer()).status).toBe(413);
    expectPatience(socket, RECEIVE_TIMEOUT_MS);
    await client.gone();
  });
});

describe('a client that does not take its answers', () => {
  it('is ended, and has no request of it begun meanwhile', async () => {
    const { client, socket, exchange } = await pair();
    client.send(`${GET}${GET}`);
    (await exchange(0)).answer(200, {}, BIG);
    expectPatience(socket, KEEP_ALIVE_TIMEOUT_MS);
    expect(socket.destroyed).toBe(true);
    expect(exchanges).toHaveLength(1);
    await client.gone();
  });

  it('is ended when that is the last of its answers', async () => {
    const { client, socket, exchange } = await pair();
    client.send(requestText('GET', '/', ['Connection: close']));
    (await exchange(0)).answer(200, {}, BIG);
    clock.advance(KEEP_ALIVE_TIMEOUT_MS);
    expect(socket.destroyed).toBe(false);
    clock.advance(CONNECTION_SWEEP_PERIOD_MS);
    expect(socket.destroyed).toBe(true);
    await client.gone();
  });

  it('has all of them when it takes them just in time, and its next request is begun', async () => {
    const { client, socket, exchange } = await pair();
    client.send(`${GET}${GET}`);
    (await exchange(0)).answer(200, {}, BIG);
    clock.advance(KEEP_ALIVE_TIMEOUT_MS);
    expect(exchanges).toHaveLength(1);
    expect((await client.answer()).body.length).toBe(BIG.length);
    (await exchange(1)).answer(200, {}, 'ok');
    expect((await client.answer()).body).toBe('ok');
    expectPatience(socket, KEEP_ALIVE_TIMEOUT_MS);
  });

  it('has its whole patience for the next request once it has taken them', async () => {
    const { client, socket, exchange } = await pair();
    client.send(GET);
    (await exchange(0)).answer(200, {}, BIG);
    clock.advance(KEEP_ALIVE_TIMEOUT_MS);
    expect((await client.answer()).body.length).toBe(BIG.length);
    await until(() => socket.writableLength === 0 && !socket.isPaused());
    expectPatience(socket, KEEP_ALIVE_TIMEOUT_MS);
  });
});

describe('a connection whose last answer is still leaving', () => {
  it.each(['the client', 'the server'])('takes no further request, when %s wants it to end', async (who) => {
    const { client, socket, exchange } = await pair();
    client.send(who === 'the client' ? requestText('GET', '/', ['Connection: close']) : GET);
    (await exchange(0)).answer(200, {}, BIG);
    if (who === 'the server') connections.close();
    expect([isOpen(socket), socket.destroyed]).toEqual([false, false]);
    const before = socket.bytesRead;
    client.send(GET);
    await until(() => socket.bytesRead === before + GET.length);
    await new Promise(setImmediate);
    expect(exchanges).toHaveLength(1);
    expect((await client.answer()).body.length).toBe(BIG.length);
    expect(await client.rest()).toBe('');
    expect(exchanges).toHaveLength(1);
  });
});

describe('connections of a server that drains', () => {
  it('end at once when they are at rest', async () => {
    const fresh = await pair();
    const idle = await pair();
    await answered(idle, 0);
    connections.close();
    expect([isOpen(fresh.socket), isOpen(idle.socket)]).toEqual([false, false]);
    expect([await fresh.client.rest(), await idle.client.rest()]).toEqual(['', '']);
  });

  it('end with the answer under way, which says so, and begin nothing behind it', async () => {
    const { client, socket, exchange } = await pair();
    client.send(`${GET}${GET}`);
    const received = await exchange(0);
    connections.close();
    expect(isOpen(socket)).toBe(true);
    received.answer(200, {}, 'ok');
    const { headers, body } = await client.answer();
    expect([headers.get('connection'), body]).toEqual(['close', 'ok']);
    expect(await client.rest()).toBe('');
    expect(exchanges).toHaveLength(1);
  });

  it('end with the stream under way', async () => {
    const { client, socket, exchange } = await pair();
    client.send(`${GET}${GET}`);
    const stream = (await exchange(0)).stream(200, {});
    stream.flushHeaders();
    await client.head();
    connections.close();
    expect(isOpen(socket)).toBe(true);
    stream.end('last');
    expect(await client.rest()).toBe('4\r\nlast\r\n0\r\n\r\n');
    expect(exchanges).toHaveLength(1);
  });

  it('end at once when only a body is still to come', async () => {
    const { client, exchange } = await pair();
    client.send(requestText('POST', '/', ['Content-Length: 100']));
    (await exchange(0)).answer(413, {}, 'no');
    expect((await client.answer()).status).toBe(413);
    connections.close();
    expect(await client.rest()).toBe('');
  });

  it('end at once when they come afterwards, and nothing of them is begun', async () => {
    connections.close();
    const { client, socket } = await pair();
    expect(isOpen(socket)).toBe(false);
    client.send(GET);
    await client.gone();
    await until(() => socket.destroyed);
    expect(exchanges).toEqual([]);
  });

  it('are looked after no longer', () => {
    expect(clock.pending).toBe(1);
    connections.close();
    expect(clock.pending).toBe(0);
  });
});
