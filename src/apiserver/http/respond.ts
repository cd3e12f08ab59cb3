// Bytes and objects as responses: as they are, or compressed where they are large and that is offered.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { encodeProtobuf, type KubeObject, type Status } from '../../api/index.ts';
import { type Clock, unreachable } from '../../lib/index.ts';
import { GZIP_LEVEL, GZIP_THRESHOLD_BYTES } from '../limits.ts';
import type { AppContext } from './env.ts';
import { type AnswerStream, answered, type Exchange } from './exchange.ts';
import { type Encoding, MEDIA_TYPES, negotiate, PLAIN_JSON, type Representation, STATUS_OFFER } from './negotiate.ts';
import { indented, isPretty } from './pretty.ts';
import { type PartedBody, slicesOf, streamSlices } from './stream.ts';
import { toYaml } from './yaml.ts';

const compress = promisify(gzip);

/** Answers with an encoded body. */
export async function respondBytes(
  c: AppContext,
  status: number,
  encoded: Uint8Array | string,
  contentType: string,
  cacheControl = NO_CACHE,
): Promise<Response> {
  const headers = headersOf(c, contentType, cacheControl);
  let body = encoded;
  if (c.req.method === 'HEAD') return response(c, null, status, headers);
  if (body.length > GZIP_THRESHOLD_BYTES && acceptsGzip(c)) {
    body = await compress(body, { level: GZIP_LEVEL });
    Object.assign(headers, GZIP_HEADERS);
  }
  headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length);
  return response(c, body, status, headers);
}

export interface PartsOptions {
  readonly contentType: string;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * Answers with a body in parts: in one piece when it is short, in slices when it is long and goes out on a socket.
 * Resolves when it has been sent.
 */
export async function respondParts(
  c: AppContext,
  status: number,
  { parts, lengthBytes }: PartedBody,
  { contentType, clock }: PartsOptions,
): Promise<Response> {
  const exchange = c.env?.exchange;
  const slices = slicesOf(parts, () => clock.monotonic());
  const begun = [...take(slices, 2)];
  if (begun.length < 2 || exchange === undefined || c.req.method === 'HEAD')
    return respondBytes(c, status, Buffer.concat([...begun, ...slices]), contentType);
  const compressed = acceptsGzip(c);
  const headers = headersOf(c, contentType, NO_CACHE);
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
  const offered = c.req.header('accept-encoding') ?? '';
  return GZIP_NAMED.test(offered) && !GZIP_REFUSED.test(offered);
}

const GZIP_NAMED = /(?:^|,)\s*(?:gzip|\*)\s*(?:[,;]|$)/i;
/** Of quality 0, which is "not this one" (RFC 9110 §12.4.2). */
const GZIP_REFUSED = /(?:^|,)\s*gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)/i;

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
  return respondBytes(c, status, JSON.stringify(value), MEDIA_TYPES.json);
}

/** A failure, in what the client reads; in JSON when it reads nothing of ours. */
export function respondStatus(c: AppContext, status: Status & { readonly code: number }): Promise<Response> {
  const representation = negotiate(c.req.header('accept'), STATUS_OFFER) ?? PLAIN_JSON;
  return respondBytes(c, status.code, ready(c, JSON.stringify(status), representation), representation.contentType);
}

/** What is ready as JSON and names its kind, as the client is to read it. */
export function ready(c: AppContext, json: Uint8Array | string, representation: Representation): Uint8Array | string {
  return isPretty(c, representation) ? indented(json) : recoded(json, representation.encoding);
}

function recoded(json: Uint8Array | string, encoding: Encoding): Uint8Array | string {
  switch (encoding) {
    case 'json':
      return json;
    case 'yaml':
      return toYaml(JSON.parse(textOf(json)));
    case 'protobuf':
      // Some discovery documents name no version in JSON.
      return encodeProtobuf({ apiVersion: 'v1', ...(JSON.parse(textOf(json)) as KubeObject) });
    default:
      return unreachable(encoding);
  }
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
