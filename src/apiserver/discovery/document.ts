// Documents that change only with the server: answered with an ETag, and not at all when the client has them.
import { createHash } from 'node:crypto';
import type { AppContext } from '../http/env.ts';
import { negotiate, PLAIN_JSON, STATUS_OFFER } from '../http/negotiate.ts';
import { addHeader, ready, respondBytes, respondUnchanged } from '../http/respond.ts';

/** A legacy discovery document, in what the client reads; in JSON when it reads nothing of ours, or the document has no kind. */
export function respondDocument(c: AppContext, document: object): Promise<Response> {
  const asked = 'kind' in document ? negotiate(c.req.header('accept'), STATUS_OFFER) : undefined;
  const representation = asked ?? PLAIN_JSON;
  return respondBytes(c, 200, ready(c, JSON.stringify(document), representation), representation.contentType);
}

/** A document encoded once, with its hash. */
export interface EncodedDocument {
  readonly json: string;
  readonly hash: string;
}

export function encodeDocument(document: object): EncodedDocument {
  const json = JSON.stringify(document);
  return { json, hash: createHash('sha256').update(json).digest('hex').toUpperCase() };
}

/** Answers 304 when the client's If-None-Match names the document's hash. */
export function respondTagged(
  c: AppContext,
  document: EncodedDocument,
  contentType: string,
  cacheControl?: string,
): Promise<Response> {
  const tag = `"${document.hash}"`;
  addHeader(c, 'etag', tag);
  addHeader(c, 'vary', 'Accept');
  const known = (c.req.header('if-none-match') ?? '').split(',').map((text) => text.trim());
  if (known.includes(tag)) return Promise.resolve(respondUnchanged(c));
  return respondBytes(c, 200, document.json, contentType, cacheControl);
}
