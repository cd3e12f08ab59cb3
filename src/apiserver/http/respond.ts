// Bytes and objects as responses: JSON as it is, YAML where asked for, compressed where it is large and offered.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { stringify } from 'yaml';
import { GZIP_LEVEL, GZIP_MIN_BYTES } from '../limits.ts';
import type { AppContext } from './env.ts';
import type { Representation } from './negotiate.ts';

const compress = promisify(gzip);

/** Answers with encoded JSON (or its YAML form). */
export async function respondBytes(
  c: AppContext,
  status: number,
  json: Uint8Array | string,
  representation: Pick<Representation, 'encoding' | 'contentType'>,
  cacheControl = 'no-cache, private',
): Promise<Response> {
  const headers: Record<string, string> = {
    'content-type': representation.contentType,
    'cache-control': cacheControl,
    'audit-id': c.get('auditId'),
  };
  let body: Uint8Array | string = json;
  if (representation.encoding === 'yaml') body = stringify(JSON.parse(textOf(json)), { aliasDuplicateObjects: false });
  if (c.req.method === 'HEAD') return response(c, null, status, headers);
  if (body.length >= GZIP_MIN_BYTES && (c.req.header('accept-encoding') ?? '').includes('gzip')) {
    body = await compress(body, { level: GZIP_LEVEL });
    headers['content-encoding'] = 'gzip';
    headers['vary'] = 'Accept-Encoding';
  }
  headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length);
  return response(c, body, status, headers);
}

function response(
  c: AppContext,
  body: Uint8Array | string | null,
  status: number,
  headers: Record<string, string>,
): Response {
  // Headers that earlier steps put on the context (warnings, fences) join those of the answer.
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  return c.newResponse(body as Uint8Array<ArrayBuffer> | string | null, status as 200);
}

export function respondJson(c: AppContext, status: number, value: unknown): Promise<Response> {
  return respondBytes(c, status, JSON.stringify(value), { encoding: 'json', contentType: 'application/json' });
}

export function respondText(c: AppContext, status: number, text: string): Response {
  return response(c, text, status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
  });
}

function textOf(json: Uint8Array | string): string {
  return typeof json === 'string' ? json : Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8');
}
