// The load balancer in front of the servers: it passes TLS through untouched, so that client certificates survive, and
// tries one server after the other until one accepts. Servers that say they are ready are tried first.
//
// A connection belongs to one server for its life. When that server dies the connection is reset at once, so that the
// client comes again; nothing is ever repeated on a client's behalf.
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Logger, Timer } from '../src/lib/index.ts';
import { every } from '../src/lib/index.ts';
import { keptConnections, tlsOf } from './ask.ts';
import type { ListenAddress } from './config.ts';
import { probeReady, type ReadyAnswer } from './health.ts';
import { CONNECT_TIMEOUT_MS, CONNECTIONS_MAX, HEALTH_PERIOD_MS, SILENT_PROBES_MAX } from './limits.ts';

export interface LoadBalancerOptions {
  readonly listen: readonly ListenAddress[];
  readonly servers: readonly ListenAddress[];
  readonly caPem: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LoadBalancer {
  /** Resolves when all addresses are bound; rejects with the system's error when one is taken. */
  start(): Promise<void>;
  /** From now on these are the servers. Connections to others live on until their server ends them. */
  serve(servers: readonly ListenAddress[]): void;
  stop(): Promise<void>;
}

interface Backend {
  readonly address: ListenAddress;
  ready: boolean;
  /** Health questions in a row that nobody answered. */
  silentProbes: number;
  readonly connections: Set<Connection>;
}

/** One that was joined to a server. Times in ms of the monotonic clock. */
interface Connection {
  readonly upstream: Socket;
  /** When the client said something last; at first, when it came. */
  askedMs: number;
  /** When the server did. */
  heardMs: number;
}

export function createLoadBalancer(options: LoadBalancerOptions): LoadBalancer {
  const tls = tlsOf(options.caPem);
  const kept = keptConnections();
  let backends = options.servers.map(newBackend);
  const connections = new Set<Socket>();
  let turn = 0;
  let health: Timer | undefined;
  let servers: Server[] = [];

  /** Ready servers first, each group beginning where the last connection left off. */
  const order = (): readonly Backend[] => {
    turn = (turn + 1) % Math.max(1, backends.length);
    const rotated = [...backends.slice(turn), ...backends.slice(0, turn)];
    return [...rotated.filter((backend) => backend.ready), ...rotated.filter((backend) => !backend.ready)];
  };

  const accept = (client: Socket): void => {
    if (connections.size >= CONNECTIONS_MAX) {
      client.destroy();
      return;
    }
    connections.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => connections.delete(client));
    client.setNoDelay(true);
    client.pause();
    void forward(client, order(), options);
  };

  const checkHealth = (): void => {
    for (const backend of backends) {
      void probeReady({ address: backend.address, tls, kept }).then((answer) => noteHealth(backend, answer, options));
    }
  };

  return {
    async start() {
      servers = await Promise.all(options.listen.map((address) => listen(address, accept)));
      checkHealth();
      health = every(options.clock, HEALTH_PERIOD_MS, checkHealth);
    },
    serve(addresses) {
      backends = addresses.map((address) => backends.find(isAt(address)) ?? newBackend(address));
      checkHealth();
    },
    async stop() {
      health?.cancel();
      kept.destroy();
      for (const socket of connections) socket.destroy();
      await Promise.all(servers.map(closed));
      servers = [];
    },
  };
}

function newBackend(address: ListenAddress): Backend {
  return { address, ready: false, silentProbes: 0, connections: new Set() };
}

function isAt({ host, port }: ListenAddress): (backend: Backend) => boolean {
  return ({ address }) => address.host === host && address.port === port;
}

/** A server that hangs (it accepts, and nobody speaks) would hold its clients for ever: they are let go. */
function noteHealth(backend: Backend, answer: ReadyAnswer, { clock, logger }: LoadBalancerOptions): void {
  if (backend.ready !== answer.ready) {
    logger.info({ server: backend.address, ready: answer.ready, reason: answer.reason }, 'server health changed');
  }
  backend.ready = answer.ready;
  backend.silentProbes = answer.answered ? 0 : backend.silentProbes + 1;
  if (backend.silentProbes < SILENT_PROBES_MAX) return;
  const now = clock.monotonic();
  const held = [...backend.connections].filter((connection) => isHeld(connection, now));
  if (held.length > 0) logger.warn({ server: backend.address, connections: held.length }, 'a silent server: let go');
  for (const { upstream } of held) upstream.destroy();
}

/**
 * A busy machine is slow with health questions while requests are answered all the time: whoever heard from the server meanwhile,
 * or has only just asked, is not cut off from an answer that is on its way.
 */
function isHeld({ askedMs, heardMs }: Connection, now: number): boolean {
  return now - heardMs >= SILENT_PROBES_MAX * HEALTH_PERIOD_MS && now - askedMs >= HEALTH_PERIOD_MS;
}

function listen(address: ListenAddress, accept: (client: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, accept);
    server.once('error', reject);
    server.listen(address.port, address.host, () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Joins the client to the first backend that accepts; destroys it when none does. */
async function forward(client: Socket, backends: readonly Backend[], options: LoadBalancerOptions): Promise<void> {
  for (const backend of backends) {
    const upstream = await dial(backend.address, options.clock);
    if (upstream === undefined) {
      backend.ready = false;
      continue;
    }
    join(client, upstream, backend, options.clock);
    return;
  }
  client.destroy();
}

/** A connection, or undefined when it was refused or not accepted in time. */
function dial(address: ListenAddress, clock: Clock): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address.host, port: address.port, allowHalfOpen: true, noDelay: true });
    const settle = (result: Socket | undefined): void => {
      timer.cancel();
      socket.off('error', fail);
      socket.off('connect', succeed);
      if (result === undefined) {
        socket.on('error', () => undefined);
        socket.destroy();
      }
      resolve(result);
    };
    const fail = (): void => settle(undefined);
    const succeed = (): void => settle(socket);
    const timer = clock.timer(CONNECT_TIMEOUT_MS, fail);
    socket.once('error', fail);
    socket.once('connect', succeed);
  });
}

/** Copies both ways. A reset on one side resets the other: half a connection helps nobody. */
function join(client: Socket, upstream: Socket, backend: Backend, clock: Clock): void {
  if (client.destroyed) {
    upstream.destroy();
    return;
  }
  const connection: Connection = { upstream, askedMs: clock.monotonic(), heardMs: Number.NEGATIVE_INFINITY };
  upstream.on('error', () => upstream.destroy());
  backend.connections.add(connection);
  upstream.on('close', () => {
    backend.connections.delete(connection);
    client.destroy();
  });
  client.on('close', () => upstream.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
  client.on('data', () => {
    connection.askedMs = clock.monotonic();
  });
  upstream.on('data', () => {
    connection.heardMs = clock.monotonic();
  });
}
