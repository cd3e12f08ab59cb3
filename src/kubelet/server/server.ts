// The kubelet's own server: container logs for the API server, the pods of this node, health. With TLS only clients with
// a certificate of the cluster's CA are answered, and of those only the API server's and the masters'.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { codeOf, type Logger, messageOf, UserError } from '../../lib/index.ts';
import { SERVER_HEADERS_TIMEOUT_MS } from '../limits.ts';
import { type LogRequest, parseLogQuery } from './log-request.ts';

export interface KubeletServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string } | undefined;
  readonly logger: Logger;
  /** A PodList of this node's pods. */
  readonly pods: () => unknown;
  /** Throws NotFoundError when there is no such container or log. */
  readonly logs: (request: LogRequest, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
}

export interface KubeletServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What was asked for is not there: answered with 404 (400 when the request is premature). */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Listens. Throws UserError when the port is taken. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const { tls, listen } = options;
  const handle = (request: IncomingMessage, response: ServerResponse): void => void answer(options, request, response);
  const timeouts = { headersTimeout: SERVER_HEADERS_TIMEOUT_MS };
  const server: Server =
    tls === undefined
      ? createHttpServer(timeouts, handle)
      : createHttpsServer(
          { ...timeouts, cert: tls.cert, key: tls.key, ca: tls.clientCa, requestCert: true, minVersion: 'TLSv1.2' },
          handle,
        );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, listen)));
    server.listen(listen.port, listen.host, resolve);
  });
  server.on('error', (error) => options.logger.error({ error: error.message }, "the kubelet's server failed"));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listenError(error: Error, { host, port }: { readonly host: string; readonly port: number }): Error {
  if (codeOf(error) !== 'EADDRINUSE') return error;
  return new UserError(
    `the kubelet cannot listen on ${host}:${port}: the address is in use`,
    'Stop what listens there, or choose another port.',
    { cause: error },
  );
}

async function answer(
  options: KubeletServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const url = new URL(request.url ?? '/', 'http://kubelet');
    authorize(options, request, url.pathname);
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new AnswerError(405, 'only GET is served here');
    if (url.pathname === '/healthz') response.end('ok');
    else if (url.pathname === '/pods') json(response, options.pods());
    else await sendLogs(options, url, response, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return;
    const status = error instanceof AnswerError ? error.status : 500;
    if (status === 500) options.logger.warn({ error: messageOf(error), url: request.url }, 'a request failed');
    if (response.headersSent) response.destroy();
    else response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${messageOf(error)}\n`);
  }
}

const API_SERVER = 'kube-apiserver-kubelet-client';
const MASTERS = 'system:masters';

/** Names may be single or several of a kind in a certificate. */
function authorize({ tls }: KubeletServerOptions, request: IncomingMessage, path: string): void {
  if (tls === undefined) return;
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) {
    throw new AnswerError(401, 'Unauthorized: a client certificate of the cluster is required');
  }
  const { subject } = socket.getPeerCertificate();
  const has = (value: unknown, wanted: string): boolean => [value].flat().includes(wanted);
  if (!has(subject?.CN, API_SERVER) && !has(subject?.O, MASTERS)) {
    throw new AnswerError(403, `Forbidden (user=${String(subject?.CN)}, verb=get, path=${path})`);
  }
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function sendLogs(
  options: KubeletServerOptions,
  url: URL,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const match = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url.pathname);
  if (match === null) throw new AnswerError(404, '404 page not found');
  const [namespace = '', pod = '', container = ''] = match.slice(1).map(decodeURIComponent);
  const query = parseLogQuery(url.searchParams);
  if (typeof query === 'string') throw new AnswerError(400, query);
  const stream = await options.logs({ namespace, pod, container, ...query }, signal);
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.flushHeaders();
  let rest = query.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const chunk of stream) {
    if (signal.aborted || rest <= 0) break;
    const part = chunk.subarray(0, Math.min(rest, chunk.length));
    rest -= part.length;
    if (!response.write(part)) await drained(response, signal);
  }
  response.end();
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
