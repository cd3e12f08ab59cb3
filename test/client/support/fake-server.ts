// A fake API server: real sockets on loopback in front of a FakeCluster, and the ways in which servers fail.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { KubeObject } from '../../../src/api/index.ts';
import { type FakeCluster, type Scope, statusOf } from './fake-cluster.ts';

export interface FakeServer {
  readonly url: string;
  readonly port: number;
  /** Requests this server was sent, as `METHOD path`. */
  readonly seen: string[];
  /** How many watches are open. */
  readonly watches: number;
  /** How many pings its watches were sent. */
  readonly pings: number;
  /** Ends every connection at once, as a killed process does; `restart` takes the same port again. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Acts on the next `count` requests that match, and breaks the connection instead of answering. */
  loseAnswers(count: number, matches?: (line: string) => boolean): void;
  /** Answers the next `count` requests so. */
  refuse(count: number, status: number, headers?: Readonly<Record<string, string>>): void;
  /** Breaks the streams of all watches, and nothing else. */
  breakWatches(): void;
  /** Holds what watches should be told back until called with false. */
  holdEvents(held: boolean): void;
  /** Keeps connections and answers nothing any more. */
  freeze(): void;
}

export async function fakeServer(cluster: FakeCluster): Promise<FakeServer> {
  const seen: string[] = [];
  let lose = { count: 0, matches: (_line: string): boolean => true };
  let refusal = { count: 0, status: 500, headers: {} as Readonly<Record<string, string>> };
  let frozen = false;
  let held: (() => void)[] | undefined;
  let http: Server;
  let sockets: WebSocketServer;
  let port = 0;
  let pings = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const line = `${request.method} ${request.url}`;
    seen.push(line);
    if (frozen) return;
    if (refusal.count > 0) {
      refusal.count -= 1;
      response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers });
      response.end(JSON.stringify({ kind: 'Status', code: refusal.status, reason: 'Refused', message: 'refused' }));
      return;
    }
    const text = Buffer.concat(chunks).toString();
    const answer = act(cluster, request, text === '' ? undefined : (JSON.parse(text) as unknown));
    if (lose.count > 0 && lose.matches(line)) {
      lose.count -= 1;
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  };

  const send = (socket: WebSocket, message: unknown): void => {
    const write = (): void => socket.send(JSON.stringify(message));
    if (held === undefined) write();
    else held.push(write);
  };
  const watch = (socket: WebSocket, request: IncomingMessage): void => {
    socket.on('ping', () => {
      pings += 1;
    });
    seen.push(`WATCH ${request.url}`);
    const url = new URL(request.url ?? '', 'http://fake');
    const scope = scopeOf(url);
    try {
      const initial = url.searchParams.get('sendInitialEvents') === 'true';
      const from = initial ? cluster.revision : Number(url.searchParams.get('resourceVersion') ?? cluster.revision);
      if (initial) for (const event of cluster.initialEvents(scope)) send(socket, event);
      const stop = cluster.follow(scope, from, (event) => send(socket, event));
      socket.on('close', stop);
    } catch (error) {
      send(socket, { type: 'ERROR', object: statusOf(error) });
    }
  };

  const listen = async (): Promise<void> => {
    http = createServer((request, response) => void handle(request, response));
    sockets = new WebSocketServer({ noServer: true });
    const current = sockets;
    http.on('upgrade', (request, socket, head) => {
      if (frozen) return;
      current.handleUpgrade(request, socket, head, (opened) => watch(opened, request));
    });
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
    port = (http.address() as AddressInfo).port;
  };
  await listen();

  return {
    seen,
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    get watches() {
      return sockets.clients.size;
    },
    get pings() {
      return pings;
    },
    async kill() {
      for (const socket of sockets.clients) socket.terminate();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      await closed;
    },
    restart: listen,
    loseAnswers(count, matches = () => true) {
      lose = { count, matches };
    },
    refuse(count, status, headers = {}) {
      refusal = { count, status, headers };
    },
    breakWatches() {
      for (const socket of sockets.clients) socket.terminate();
    },
    holdEvents(hold) {
      const waiting = held ?? [];
      held = hold ? waiting : undefined;
      if (!hold) for (const write of waiting) write();
    },
    freeze() {
      frozen = true;
      for (const socket of sockets.clients) socket.pause();
    },
  };
}

interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function act(cluster: FakeCluster, request: IncomingMessage, body: unknown): FakeAnswer {
  const url = new URL(request.url ?? '', 'http://fake');
  const scope = scopeOf(url);
  const { name, subresource } = namesOf(url);
  const fence = request.headers['quorate-fence'] as string | undefined;
  const one = (object: KubeObject, status = 200): FakeAnswer => {
    const lease = `${object.metadata?.namespace}/${object.metadata?.name}`;
    const token = scope.resource.startsWith('leases.') ? cluster.fenceOf(lease) : undefined;
    return { status, body: object, headers: token === undefined ? {} : { 'quorate-fence': `${lease}=${token}` } };
  };
  try {
    switch (request.method) {
      case 'GET': {
        if (name !== '') return one(cluster.get(scope.resource, scope.namespace, name));
        const items = cluster.list(scope).map(({ apiVersion: _version, kind: _kind, ...item }) => item);
        return { status: 200, body: { kind: 'List', metadata: { resourceVersion: String(cluster.revision) }, items } };
      }
      case 'POST':
        if (subresource === 'binding') {
          const { target } = body as { target: { name: string } };
          cluster.bind(scope.namespace, name, target.name, fence);
          return { status: 201, body: { kind: 'Status', status: 'Success' } };
        }
        return one(cluster.create(scope.resource, body as KubeObject, fence), 201);
      case 'PUT':
        return one(cluster.update(scope.resource, body as KubeObject, fence));
      case 'PATCH':
        return one(cluster.patch(scope.resource, scope.namespace, name, body, fence));
      case 'DELETE': {
        const { preconditions } = (body ?? {}) as { preconditions?: { uid?: string } };
        return one(cluster.remove(scope.resource, scope.namespace, name, preconditions?.uid, fence));
      }
      default:
        return { status: 405, body: {} };
    }
  } catch (error) {
    const status = statusOf(error);
    return { status: status.code ?? 500, body: status };
  }
}

const PATH = /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+)(?=\/[^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;

function scopeOf(url: URL): Scope {
  const [, group, namespace, plural = ''] = PATH.exec(url.pathname) ?? [];
  return {
    resource: group === undefined ? plural : `${plural}.${group}`,
    namespace: namespace ?? '',
    labelSelector: url.searchParams.get('labelSelector') ?? undefined,
    fieldSelector: url.searchParams.get('fieldSelector') ?? undefined,
  };
}

function namesOf(url: URL): { name: string; subresource: string } {
  const [, , , , name = '', subresource = ''] = PATH.exec(url.pathname) ?? [];
  return { name: decodeURIComponent(name), subresource };
}
