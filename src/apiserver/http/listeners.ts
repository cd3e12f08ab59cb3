// The sockets: one HTTP or HTTPS server per address, the same application behind all of them, and WebSocket handshakes
// through the same application. Connections are read by wire/ first, which costs half of what Node's server does; those whose
// clients chose HTTP/2 (ALPN decides before their first byte) by http2/.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Hono } from 'hono';
import { assert, type Clock, codeOf, messageOf, UserError } from '../../lib/index.ts';
import type { ServerContext } from '../context.ts';
import {
  DRAIN_TIMEOUT_MS,
  HEADER_LIMIT_BYTES,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  RECEIVE_TIMEOUT_MS,
} from '../limits.ts';
import type { ListenAddress, ServingTls } from '../options.ts';
import type { AppEnv, Bindings } from './env.ts';
import { type Exchange, isAnswered } from './exchange.ts';
import { type HeaderLine, linesOf, rawLinesOf } from './header-lines.ts';
import { createHttp2Connections, type Http2Connections } from './http2/connections.ts';
import { nodeExchange } from './node-exchange.ts';
import { honoRequest, type ReceivedRequest, serveRequest } from './serve.ts';
import { createConnections, type WireConnections } from './wire/connections.ts';

export interface Listeners {
  readonly servers: readonly Server[];
  /** Every open connection, also those that WebSockets have taken over. */
  readonly connections: ReadonlySet<Socket>;
  readonly wire: WireConnections;
  readonly http2: Http2Connections;
  /** Those under way of Node's server. */
  readonly answers: ReadonlySet<ServerResponse>;
  /** In the order of options.listen, with the ports that were given. */
  readonly urls: readonly string[];
}

/** By its name in ALPN. Upgrades are HTTP/1.1's, and their clients choose that. */
const HTTP2 = 'h2';

/** Throws UserError when an address cannot be listened on; then none is left open. */
export async function openListeners(context: ServerContext, app: Hono<AppEnv>): Promise<Listeners> {
  const { listen, tls, clock } = context.options;
  const answers = new Set<ServerResponse>();
  const listener = nodeListener(context, app, answers);
  const wire = createConnections(clock, ({ method, headers }, exchange) => {
    const header = (name: string): string | undefined => headers.values.get(name);
    const headerLines = (prefix: string): readonly HeaderLine[] => linesOf(headers.values, prefix);
    void serve(context, app, { method, header, headerLines }, exchange);
  });
  const http2 = createHttp2Connections(clock, {
    serve: (request, exchange) => serve(context, app, request, exchange),
    calmed({ remoteAddress }) {
      context.options.logger.warn({ remoteAddress }, 'a client resets too many streams: its connection is ended');
    },
  });
  const servers: Server[] = [];
  const urls: string[] = [];
  const connections = new Set<Socket>();
  try {
    for (const address of listen) {
      const server = makeServer(tls, listener);
      putBefore(server, tls === undefined ? 'connection' : 'secureConnection', wire, http2);
      server.on('connection', (socket: Socket) => {
        connections.add(socket);
        socket.once('close', () => connections.delete(socket));
      });
      server.on('upgrade', (request, socket, head) => {
        void serveUpgrade(context, app, request, socket, head);
      });
      await bind(server, address);
      servers.push(server);
      const { port } = server.address() as AddressInfo;
      const host = address.host.includes(':') ? `[${address.host}]` : address.host;
      urls.push(`${tls === undefined ? 'http' : 'https'}://${host}:${port}`);
    }
  } catch (error) {
    wire.close();
    http2.close();
    for (const server of servers) server.close();
    throw error;
  }
  return { servers, connections, wire, http2, answers, urls };
}

/** Sockets come to the connections of our own first; what those hand over goes where it would have gone. */
function putBefore(
  server: Server,
  event: 'connection' | 'secureConnection',
  wire: WireConnections,
  http2: Http2Connections,
): void {
  const [nodes] = server.listeners(event) as ((socket: Socket) => void)[];
  assert(nodes !== undefined && server.listenerCount(event) === 1, `Node's server alone listens to ${event}`);
  server.off(event, nodes);
  server.on(event, (socket: Socket | TLSSocket) => {
    if ('alpnProtocol' in socket && socket.alpnProtocol === HTTP2) http2.take(socket);
    else wire.take(socket, (handed) => nodes.call(server, handed));
  });
}

/** For the requests that Node's own server parses. */
function nodeListener(context: ServerContext, app: Hono<AppEnv>, answers: Set<ServerResponse>): RequestListener {
  return (incoming, outgoing) => {
    if (context.draining) outgoing.shouldKeepAlive = false;
    answers.add(outgoing);
    outgoing.once('close', () => {
      answers.delete(outgoing);
      // A stream that began before draining has promised to keep its connection.
      if (context.draining) incoming.socket.destroySoon();
    });
    const { method = 'GET', headers } = incoming;
    const header = (name: string): string | undefined => textOf(headers[name]);
    const headerLines = (prefix: string): readonly HeaderLine[] => rawLinesOf(incoming.rawHeaders, prefix);
    void serve(context, app, { method, header, headerLines }, nodeExchange(incoming, outgoing));
  };
}

/** What breaks down past the application's own answers is a bug: it is logged, and its client is not left waiting. */
function serve(context: ServerContext, app: Hono<AppEnv>, request: ReceivedRequest, exchange: Exchange): Promise<void> {
  return serveRequest(app, request, exchange).catch((error: unknown) => {
    context.options.logger.error({ error: messageOf(error) }, 'a request broke down');
    exchange.destroy();
  });
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}

function makeServer(tls: ServingTls | undefined, listener: RequestListener): Server {
  const limits: ServerOptions = {
    maxHeaderSize: HEADER_LIMIT_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: RECEIVE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    noDelay: true,
  };
  if (tls === undefined) return createServer(limits, listener);
  return createTlsServer(
    {
      ...limits,
      cert: tls.cert,
      key: tls.key,
      ca: tls.clientCa,
      // A certificate is asked for, not demanded: bearer tokens are an identity too.
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      // In the order of our preference.
      ALPNProtocols: [HTTP2, 'http/1.1'],
    },
    listener,
  );
}

function bind(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const what = `${host}:${port}`;
      if (codeOf(error) === 'EADDRINUSE')
        reject(
          new UserError(`${what} is already in use`, 'Stop what listens there, or choose another port.', {
            cause: error,
          }),
        );
      else if (codeOf(error) === 'EACCES')
        reject(new UserError(`listening on ${what} is not permitted`, 'Choose a port above 1023.', { cause: error }));
      else if (codeOf(error) === 'EADDRNOTAVAIL')
        reject(
          new UserError(`this machine has no address ${host}`, 'Choose an address of this machine.', { cause: error }),
        );
      else reject(error);
    });
    server.listen({ host, port }, () => resolve());
  });
}

/** A handshake is a GET like any other: what answers it takes the socket, or the answer is written on it plainly. */
async function serveUpgrade(
  context: ServerContext,
  app: Hono<AppEnv>,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // A client that leaves during the handshake is no event of ours.
  socket.on('error', () => socket.destroy());
  try {
    const header = (name: string): string | undefined => textOf(incoming.headers[name]);
    const headerLines = (prefix: string): readonly HeaderLine[] => rawLinesOf(incoming.rawHeaders, prefix);
    const bindings: Bindings = { upgrade: { incoming, socket, head } };
    const request = honoRequest({ method: 'GET', header, headerLines }, incoming.url ?? '/');
    const response = await app.fetch(request, bindings);
    if (!isAnswered(response)) await refuse(socket, response);
  } catch (error) {
    context.options.logger.warn({ error: String(error) }, 'a WebSocket handshake failed');
    socket.destroy();
  }
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  // A path that knows no WebSocket answers its ordinary GET, which would be a lie on an upgraded connection.
  const status = response.ok ? 400 : response.status;
  const body = response.ok ? '' : await response.text();
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `Content-Type: ${response.headers.get('content-type') ?? 'text/plain'}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * No new connections; those in use may finish for DRAIN_TIMEOUT_MS. Their last answer says so: a client that keeps its
 * connection and asks on would otherwise be cut off in the middle of a request, its outcome unknown.
 */
export async function closeListeners(listeners: Listeners, clock: Clock): Promise<void> {
  const { servers, connections, wire, http2, answers } = listeners;
  wire.close();
  http2.close();
  for (const answer of answers) if (!answer.headersSent) answer.shouldKeepAlive = false;
  const timer = clock.timer(DRAIN_TIMEOUT_MS, () => {
    for (const socket of connections) socket.destroy();
  });
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeIdleConnections();
        }),
    ),
  );
  timer.cancel();
}
