// Bytes and objects as responses: JSON as it is, YAML where asked for, compressed where it is large and offered.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { stringify } from 'yaml';
import type { Clock } from '../../lib/index.ts';
import { GZIP_LEVEL, GZIP_MIN_BYTES } from '../limits.ts';
import type { AppContext } from './env.ts';
import { type AnswerStream, answered, type Exchange } from './exchange.ts';
import type { Representation } from './negotiate.ts';
import { type PartedBody, slicesOf, streamSlices } from './stream.ts';

const compress = promisify(gzip);

/** Answers with encoded JSON (or its YAML form). */
export async function respondBytes(
  c: AppContext,
  status: number,
  json: Uint8Array | string,
  representation: Pick<Representation, 'encoding' | 'contentType'>,
  cacheControl = NO_CACHE,
): Promise<Response> {
  const headers = headersOf(c, representation.contentType, cacheControl);
  let body: Uint8Array | string = json;
  if (representation.encoding === 'yaml') body = stringify(JSON.parse(textOf(json)), { aliasDuplicateObjects: false });
  if (c.req.method === 'HEAD') return response(c, null, status, headers);
  if (body.length >= GZIP_MIN_BYTES && acceptsGzip(c)) {
    body = await compress(body, { level: GZIP_LEVEL });
    Object.assign(headers, GZIP_HEADERS);
  }
  headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length);
  return response(c, body, status, headers);
}

export interface PartsOptions {
  readonly representation: Pick<Representation, 'encoding' | 'contentType'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * Answers with a body in parts: in one piece when it is short, in slices when it is long and goes out on a socket as it is.
 * Resolves when it has been sent.
 */
export async function respondParts(
  c: AppContext,
  status: number,
  { parts, lengthBytes }: PartedBody,
  { representation, clock }: PartsOptions,
): Promise<Response> {
  const exchange = c.env?.exchange;
  const slices = slicesOf(parts, () => clock.monotonic());
  const begun = [...take(slices, 2)];
  if (begun.length < 2 || exchange === undefined || representation.encoding !== 'json' || c.req.method === 'HEAD')
    return respondBytes(c, status, Buffer.concat([...begun, ...slices]), representation);
  const compressed = acceptsGzip(c);
  const headers = headersOf(c, representation.contentType, NO_CACHE);
  if (compressed) Object.assign(headers, GZIP_HEADERS);
  else if (lengthBytes !== undefined) headers['content-length'] = String(lengthBytes);
  addTo(headers, c);
  await streamSlices(exchange.stream(status, headers), chain(begun, slices), { compressed, signal: c.get('signal') });
  return answered(status);
}

/** Begins a 200 that lasts as long as there is something to say. */
export function beginStream(exchange: Exchange, c: AppContext, contentType: string): AnswerStream {
  const headers = headersOf(c, contentType, NO_CACHE);
  addTo(headers, c);
  return exchange.stream(200, headers);
}

/** The first `count`, leaving the rest to be taken. */
function* take<T>(items: Iterator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken++) {
    const next = items.next();
    if (next.done === true) return;
    yield next.value;
  }
}

function* chain<T>(...sources: readonly Iterable<T>[]): Generator<T> {
  for (const source of sources) yield* source;
}

const NO_CACHE = 'no-cache, private';
const GZIP_HEADERS = { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } as const;

function acceptsGzip(c: AppContext): boolean {
  return (c.req.header('accept-encoding') ?? '').includes('gzip');
}

function headersOf(c: AppContext, contentType: string, cacheControl: string): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': cacheControl, 'audit-id': c.get('auditId') };
}

/** Adds a header to whatever the answer will be; several values of one name are joined. */
export function addHeader(c: AppContext, name: string, value: string): void {
  const headers = c.get('headers') ?? {};
  const present = headers[name];
  headers[name] = present === undefined ? value : `${present}, ${value}`;
  c.set('headers', headers);
}

/** Puts what was added beside an answer's own headers. */
function addTo(headers: Record<string, string>, c: AppContext): void {
  Object.assign(headers, c.get('flowHeaders'));
  for (const [name, value] of Object.entries(c.get('headers') ?? {})) {
    const own = headers[name];
    headers[name] = own === undefined ? value : `${own}, ${value}`;
  }
}

/** On the exchange itself where there is one: a Response would be made only to be taken apart again. */
function response(
  c: AppContext,
  body: Uint8Array | string | null,
  status: number,
  headers: Record<string, string>,
): Response {
  addTo(headers, c);
  const exchange = c.env?.exchange;
  if (exchange !== undefined) {
    exchange.answer(status, headers, body);
    return answered(status);
  }
  return new Response(body as Uint8Array<ArrayBuffer> | string | null, { status, headers });
}

/** An answer without a body, which the client has already: 304. */
export function respondUnchanged(c: AppContext): Response {
  return response(c, null, 304, {});
}

export function respondJson(c: AppContext, status: number, value: unknown): Promise<Response> {
  return respondBytes(c, status, JSON.stringify(value), { encoding: 'json', contentType: 'application/json' });
}

export function respondText(c: AppContext, status: number, text: string): Response {
  return response(c, text, status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
    'content-length': String(Buffer.byteLength(text)),
  });
}

function textOf(json: Uint8Array | string): string {
  return typeof json === 'string' ? json : Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8');
}
