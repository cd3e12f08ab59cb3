// Reads a request's body whole, refusing it as soon as it is known to be too large.

import { badRequestError, tooLargeError } from '../../api/index.ts';
import { REQUEST_BODY_LIMIT_BYTES } from '../../lib/index.ts';
import type { AppContext } from './env.ts';

const NO_BODY = new Uint8Array(0);

/** The body; empty when there is none. Throws ApiError 413 beyond REQUEST_BODY_LIMIT_BYTES, 400 when it breaks off. */
export async function readBody(c: AppContext): Promise<Uint8Array> {
  refuseTooLarge(c.req.header('content-length'));
  const source: AsyncIterable<Uint8Array> | null = c.env?.incoming ?? c.req.raw.body;
  if (source === null) return NO_BODY;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > REQUEST_BODY_LIMIT_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw badRequestError(`the request body could not be read: ${String(error)}`);
  }
  if (length > REQUEST_BODY_LIMIT_BYTES) throw tooLargeError(REQUEST_BODY_LIMIT_BYTES);
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  return Buffer.concat(chunks, length);
}

/** What the client says of its body beforehand. */
export function refuseTooLarge(contentLength: string | undefined): void {
  if (contentLength !== undefined && Number(contentLength) > REQUEST_BODY_LIMIT_BYTES)
    throw tooLargeError(REQUEST_BODY_LIMIT_BYTES);
}
