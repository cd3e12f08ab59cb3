// HTTP/2 connections of the server in a test's own hands, over plain sockets: who is served, and when, is up to the test.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Exchange } from '../../../src/apiserver/http/exchange.ts';
import { createHttp2Connections, type Http2Connections } from '../../../src/apiserver/http/http2/connections.ts';
import type { ReceivedRequest } from '../../../src/apiserver/http/serve.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { FRAME, type FrameClient, framesOver, PREFACE, SETTINGS_ACK, settings } from './raw-frames.ts';
import { until } from './served.ts';

export interface Begun {
  readonly request: ReceivedRequest;
  readonly exchange: Exchange;
  /** The request is no longer being worked at. */
  done(): void;
}

export interface Pair {
  readonly client: FrameClient;
  /** The server's side. */
  readonly socket: Socket;
}

export interface Pairs {
  readonly clock: ManualClock;
  readonly connections: Http2Connections;
  /** All requests that were begun on any connection, in order. */
  readonly begun: readonly Begun[];
  /** Connections that were ended for their clients' resets. */
  readonly calmed: readonly Socket[];
  request(at: number): Promise<Begun>;
  /** A client whose connection the server has; `speaks` when it begins as it should. */
  pair(speaks?: boolean): Promise<Pair>;
  close(): void;
}

export async function createPairs(): Promise<Pairs> {
  const clock = manualClock();
  const begun: Begun[] = [];
  const calmed: Socket[] = [];
  const clients: FrameClient[] = [];
  const connections = createHttp2Connections(clock, {
    serve: (request, exchange) => new Promise((done) => begun.push({ request, exchange, done })),
    calmed: (socket) => void calmed.push(socket),
  });
  const listener = createServer({ allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    clock,
    connections,
    begun,
    calmed,
    async request(at) {
      await until(() => begun.length > at);
      return begun[at] as Begun;
    },
    async pair(speaks = true) {
      const accepted = once(listener, 'connection');
      const client = framesOver(connect({ host: '127.0.0.1', port: portOf(listener), allowHalfOpen: true }));
      clients.push(client);
      const [socket] = (await accepted) as [Socket];
      connections.take(socket);
      if (speaks) {
        client.send(PREFACE, settings());
        await client.frame(({ type }) => type === FRAME.settings);
        client.send(SETTINGS_ACK);
      }
      return { client, socket };
    },
    close() {
      connections.close();
      for (const { socket } of clients) socket.destroy();
      listener.close();
    },
  };
}

function portOf(listener: Server): number {
  const address = listener.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
