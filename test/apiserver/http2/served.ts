// An API server over TLS on a loopback port and a client of node:http2, for tests of what HTTP/2 carries; with a look at what the
// server holds for its clients.
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
  type ServingTls,
} from '../../../src/apiserver/index.ts';
import { CONNECTION_SWEEP_PERIOD_MS, DRAIN_TIMEOUT_MS } from '../../../src/apiserver/limits.ts';
import { type Clock, systemClock } from '../../../src/lib/index.ts';
import { createMemoryStore, type ObjectStore } from '../../../src/store/index.ts';
import { testOptions } from '../harness.ts';
import { servingTls } from '../wire/served.ts';

export interface Served {
  readonly url: string;
  readonly port: number;
  readonly server: ApiServer;
  readonly store: ObjectStore;
  /** Watches that the store has open. */
  readonly watches: () => number;
  /** Looks through the connections for those that wait for too long, which no time does here. */
  sweep(): void;
  /** A session that ends with the test. */
  session(): Promise<ClientHttp2Session>;
  close(): Promise<void>;
}

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export async function serveHttp2(overrides: Partial<ApiServerOptions> = {}, tls?: ServingTls): Promise<Served> {
  const { clock, sweep } = impatientNever();
  const store = createMemoryStore({ clock });
  await store.start();
  const server = createApiServer(testOptions(store, { clock, tls: tls ?? (await servingTls()), ...overrides }));
  // Those of clients: the server has some of its own.
  const watches = countWatches(store);
  const { url } = await server.start();
  const sessions: ClientHttp2Session[] = [];
  return {
    url,
    port: Number(new URL(url).port),
    server,
    store,
    watches,
    sweep,
    async session() {
      const session = await connected(url);
      sessions.push(session);
      return session;
    },
    async close() {
      for (const session of sessions) session.destroy();
      await server.stop();
    },
  };
}

export async function connected(url: string, options: object = {}): Promise<ClientHttp2Session> {
  const session = connect(url, { rejectUnauthorized: false, ...options });
  // Tests see how it ends.
  session.on('error', () => {});
  await once(session, 'connect');
  return session;
}

/** One request and its whole answer. Rejects when its stream is reset. */
export async function ask(
  session: ClientHttp2Session,
  method: string,
  target: string,
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: Record<string, string> } = {},
): Promise<Http2Answer> {
  const own = body === undefined ? {} : { 'content-type': 'application/json' };
  const stream = session.request({ ':method': method, ':path': target, ...own, ...headers }, { endStream: false });
  stream.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  return answerOf(stream);
}

export async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const ended = once(stream, 'close');
  const broken = new Promise<never>((_, reject) => stream.once('error', reject));
  // Whoever waits for the answer hears of it.
  broken.catch(() => {});
  let headers: IncomingHttpHeaders = {};
  stream.once('response', (received) => {
    headers = received;
  });
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  await Promise.race([ended, broken]);
  const json = (headers['content-type'] ?? '').startsWith('application/json') && text !== '';
  return { status: Number(headers[':status']), headers, text, body: json ? JSON.parse(text) : undefined };
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

function countWatches(store: ObjectStore): () => number {
  let open = 0;
  const watch = store.watch.bind(store);
  store.watch = (...args) => {
    const opened = watch(...args);
    open += 1;
    let closed = false;
    return {
      progress: () => opened.progress(),
      close() {
        if (!closed) open -= 1;
        closed = true;
        opened.close();
      },
    };
  };
  return () => open;
}

/** The clock of this machine, but nobody's patience with connections ends by itself. */
function impatientNever(): { readonly clock: Clock; sweep(): void } {
  const clock = systemClock();
  const sweeps = new Set<() => void>();
  return {
    clock: {
      ...clock,
      timer(delayMs, fire) {
        if (delayMs === DRAIN_TIMEOUT_MS) return { cancel: () => {} };
        if (delayMs !== CONNECTION_SWEEP_PERIOD_MS) return clock.timer(delayMs, fire);
        sweeps.add(fire);
        return { cancel: () => void sweeps.delete(fire) };
      },
    },
    sweep() {
      const due = [...sweeps];
      sweeps.clear();
      for (const fire of due) fire();
    },
  };
}
