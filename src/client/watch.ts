// One watch stream over a WebSocket: the same URL as the HTTP watch, one event a message. It ends exactly once: by the
// server, by a failure, by silence (a server that freezes keeps its sockets open; one that forgot the watch even answers
// pings), or by its caller, who then hears nothing.
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { KubeObject } from '../api/index.ts';
import { type Clock, messageOf, onBeat } from '../lib/index.ts';
import { connectTls, type Endpoint, type Endpoints, type TlsOptions } from './endpoints.ts';
import { errorOfStatus } from './errors.ts';
import {
  WATCH_HANDSHAKE_TIMEOUT_MS,
  WATCH_MESSAGE_LIMIT_BYTES,
  WATCH_PING_PERIOD_MS,
  WATCH_QUIET_LIMIT_MS,
} from './limits.ts';
import { WatchPulse } from './pulse.ts';
import { retryAfterOf, statusOfBody } from './request.ts';
import type { WatchEvent, WatchHandle, WatchSink } from './types.ts';

export interface WatchMeans {
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly tls: TlsOptions | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** A body that refuses a watch is read this far. */
const REFUSAL_LIMIT_BYTES = 65_536;

export function openWatch<T extends KubeObject>(
  means: WatchMeans,
  path: string,
  signal: AbortSignal | undefined,
  sink: WatchSink<T>,
): WatchHandle {
  const { endpoints, clock } = means;
  const endpoint = endpoints.best();
  const socket = connect(endpoint, path, means);
  let over = false;
  const pulse = new WatchPulse(clock, endpoint.pulse);
  /** When a message arrived last: the watch behind the server's sockets lives. */
  let toldMs = clock.monotonic();

  const finish = (): void => {
    over = true;
    beat.cancel();
    signal?.removeEventListener('abort', close);
    socket.terminate();
  };
  const end = (error: Error | undefined): void => {
    if (over) return;
    finish();
    sink.ended(error);
  };
  const fail = (error: Error): void => {
    if (!over) endpoints.failed(endpoint, error);
    end(error);
  };
  const close = (): void => {
    if (!over) finish();
  };
  const beat = onBeat(clock, WATCH_PING_PERIOD_MS, () => {
    const next = pulse.beat();
    const quietMs = clock.monotonic() - toldMs;
    if (next.kind === 'silent') fail(new Error(`${endpoint.origin} was silent for ${next.ms} ms`));
    else if (quietMs >= WATCH_QUIET_LIMIT_MS) fail(new Error(`${endpoint.origin} sent no bookmark for ${quietMs} ms`));
    else if (next.kind === 'ping' && socket.readyState === WebSocket.OPEN) socket.ping();
  });
  const heard = (): void => pulse.heard();

  socket.on('open', () => {
    heard();
    endpoints.answered(endpoint);
  });
  socket.on('ping', heard);
  socket.on('pong', heard);
  socket.on('message', (data) => {
    heard();
    toldMs = clock.monotonic();
    if (over) return;
    const event = parseEvent<T>(data.toString());
    if (event === undefined) fail(new Error(`${endpoint.origin} sent a message that is no watch event`));
    else sink.event(event);
  });
  socket.on('unexpected-response', (_request, response) => refused(response, endpoint, endpoints, end));
  socket.on('error', fail);
  socket.on('close', (code) => {
    if (code === 1000) end(undefined);
    else fail(new Error(`${endpoint.origin} ended the watch with code ${code}`));
  });
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted) close();
  return { close };
}

function connect(endpoint: Endpoint, path: string, { tls, headers }: WatchMeans): WebSocket {
  return new WebSocket(`${endpoint.origin.replace(/^http/, 'ws')}${endpoint.prefix}${path}`, {
    ...connectTls(tls),
    headers: { ...headers },
    perMessageDeflate: false,
    maxPayload: WATCH_MESSAGE_LIMIT_BYTES,
    handshakeTimeout: WATCH_HANDSHAKE_TIMEOUT_MS,
  });
}

/** The server answered with a Status instead of a stream: 410, 403, 429 … */
function refused(
  response: IncomingMessage,
  endpoint: Endpoint,
  endpoints: Endpoints,
  end: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => {
    const status = response.statusCode ?? 0;
    const retryAfterMs = retryAfterOf(response.headers);
    if (status === 429 || status >= 500) endpoints.postpone(endpoint, retryAfterMs ?? 0);
    end(errorOfStatus(statusOfBody(Buffer.concat(chunks)), status, retryAfterMs));
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > REFUSAL_LIMIT_BYTES) finish();
  });
  response.on('end', finish);
  response.on('error', (error) => end(new Error(`the refusal of a watch was cut off: ${messageOf(error)}`)));
}

function parseEvent<T extends KubeObject>(text: string): WatchEvent<T> | undefined {
  try {
    const event: unknown = JSON.parse(text);
    if (typeof event !== 'object' || event === null || !('type' in event) || !('object' in event)) return undefined;
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
      case 'BOOKMARK':
      case 'ERROR':
        return typeof event.object === 'object' && event.object !== null ? (event as WatchEvent<T>) : undefined;
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}
