// A watch that is resumed sends nothing at first: what its socket still holds then is the answer to the handshake.
import { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { JSON_LINES } from '../../src/apiserver/watch/framing.ts';
import { webSocketTransport } from '../../src/apiserver/watch/transport.ts';
import { manualClock } from '../support/manual-clock.ts';

/** A connection that takes what is written only when it is told to. */
function stuckConnection() {
  const held: (() => void)[] = [];
  const connection = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      held.push(done);
    },
  });
  const flush = async (): Promise<void> => {
    for (let next = held.shift(); next !== undefined; next = held.shift()) {
      next();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { connection, flush };
}

/** The server's side of a WebSocket over a connection, as ws makes it after the handshake. */
function serverSocket(connection: Duplex): WebSocket {
  const socket = Reflect.construct(WebSocket, [null, undefined, { autoPong: true }]) as WebSocket & {
    setSocket(socket: Duplex, head: Buffer, options: object): void;
  };
  Object.assign(socket, { _isServer: true });
  socket.setSocket(connection, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 0 });
  return socket;
}

const sockets: WebSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

test('a watch that has sent nothing goes on once the answer to the handshake has left', async () => {
  const { connection, flush } = stuckConnection();
  connection.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  const socket = serverSocket(connection);
  sockets.push(socket);
  const transport = webSocketTransport(socket, connection, manualClock(), JSON_LINES);
  expect(transport.pendingBytes()).toBeGreaterThan(0);

  let gone = false;
  void transport.drained().then(() => {
    gone = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(gone).toBe(false);
  await flush();
  expect(gone).toBe(true);
});

test('a watch whose client leaves waits for it no longer', async () => {
  const { connection } = stuckConnection();
  connection.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  const socket = serverSocket(connection);
  sockets.push(socket);
  const drained = webSocketTransport(socket, connection, manualClock(), JSON_LINES).drained();
  connection.destroy();
  await expect(drained).resolves.toBeUndefined();
});

test('the events of one round go out in one write, each a message of its own', async () => {
  const writes: number[] = [];
  const connection = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      writes.push(1);
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.length);
      done();
    },
  });
  const socket = serverSocket(connection);
  sockets.push(socket);
  const transport = webSocketTransport(socket, connection, manualClock(), JSON_LINES);
  transport.send([1, 2, 3].map((number) => Buffer.from(`{"type":"ADDED","object":{"number":${number}}}\n`)));
  await new Promise((resolve) => setImmediate(resolve));
  // The head and the payload of each frame.
  expect(writes).toEqual([6]);
});
