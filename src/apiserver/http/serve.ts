// Hands a request to the application, and what that returns to the exchange, unless the handler has answered there itself.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Hono } from 'hono';
import type { AppEnv } from './env.ts';
import type { Exchange } from './exchange.ts';
import { type HeaderLine, linesOf } from './header-lines.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** By name in lower case; undefined: not sent. */
  header(name: string): string | undefined;
  /** The lines whose names begin so, in lower case. */
  headerLines(prefix: string): readonly HeaderLine[];
}

/** Resolves when the answer is under way. Rejects when the application broke down. */
export async function serveRequest(app: Hono<AppEnv>, request: ReceivedRequest, exchange: Exchange): Promise<void> {
  if (!TARGET.test(exchange.target)) {
    exchange.answer(400, { 'content-type': 'text/plain' }, 'the request target is neither a path nor an absolute URL');
    return;
  }
  const response = await app.fetch(honoRequest(request, exchange.target), { exchange });
  if (!exchange.isAnswered) await passOn(response, exchange);
}

/** Origin form, or a proxy's absolute form (RFC 9112 §3.2). */
const TARGET = /^(?:\/|https?:\/\/)/i;

/**
 * What the application reads of a Request; a real one costs as much as all else that is done for a small answer, and the first of a
 * process loads all that belongs to it.
 */
export function honoRequest({ method, header, headerLines }: ReceivedRequest, target: string): Request {
  const headers = { get: (name: string) => header(name.toLowerCase()) ?? null, lines: headerLines };
  const url = target.startsWith('/') ? `http://localhost${target}` : target;
  return { method, url, headers } as unknown as Request;
}

/** The header lines of a request whose names begin so; those of a real Request are put together by name. */
export function headerLinesOf({ headers }: Request, prefix: string): readonly HeaderLine[] {
  const received = headers as unknown as { lines?: ReceivedRequest['headerLines'] };
  return received.lines?.(prefix) ?? linesOf(headers, prefix);
}

/** A Response that a handler made after all. */
async function passOn(response: Response, exchange: Exchange): Promise<void> {
  const headers = Object.fromEntries(response.headers);
  if (response.body === null) {
    exchange.answer(response.status, headers, null);
    return;
  }
  const outgoing = exchange.stream(response.status, headers);
  const source = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
  // Either side may end it: a client that leaves, a source that breaks off, which destroys the connection.
  await pipeline(source, outgoing).catch(() => undefined);
}
