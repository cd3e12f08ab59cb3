// Reads a request's body whole, refusing it as soon as it is known to be too large.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApiError, badRequestError, tooLargeError } from '../../api/index.ts';
import { messageOf, REQUEST_BODY_LIMIT_BYTES } from '../../lib/index.ts';
import type { AppContext } from './env.ts';

const NO_BODY = new Uint8Array(0);

/** The body; empty when there is none. Throws ApiError 413 beyond REQUEST_BODY_LIMIT_BYTES, 400 when it breaks off. */
export async function readBody(c: AppContext): Promise<Uint8Array> {
  refuseTooLarge(c.req.header('content-length'));
  const exchange = c.env?.exchange;
  if (exchange !== undefined) return exchange.readBody();
  const { body } = c.req.raw;
  return body === null ? NO_BODY : collect(body);
}

/** By events: an iterator over the request costs more than everything else that is done with a small body. */
export function receiveBody(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Uint8Array> {
  if (incoming.readableEnded) return Promise.resolve(NO_BODY);
  if (incoming.destroyed) return Promise.reject(brokenOff('its connection has ended'));
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const end = (settle: () => void): void => {
      incoming.off('data', take).off('end', done).off('error', broken).off('close', broken);
      settle();
    };
    const take = (chunk: Uint8Array): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= REQUEST_BODY_LIMIT_BYTES) return;
      // The rest is not wanted: the connection ends with the answer.
      incoming.pause();
      outgoing.shouldKeepAlive = false;
      end(() => reject(tooLargeError(REQUEST_BODY_LIMIT_BYTES)));
    };
    const done = (): void => end(() => resolve(joined(chunks, length)));
    const broken = (error?: Error): void => end(() => reject(brokenOff(error?.message ?? 'it breaks off')));
    incoming.on('data', take).on('end', done).on('error', broken).on('close', broken);
  });
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > REQUEST_BODY_LIMIT_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw brokenOff(messageOf(error));
  }
  if (length > REQUEST_BODY_LIMIT_BYTES) throw tooLargeError(REQUEST_BODY_LIMIT_BYTES);
  return joined(chunks, length);
}

function brokenOff(why: string): ApiError {
  return badRequestError(`the request body could not be read: ${why}`);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  return Buffer.concat(chunks, length);
}

/** What the client says of its body beforehand. */
export function refuseTooLarge(contentLength: string | undefined): void {
  if (contentLength !== undefined && Number(contentLength) > REQUEST_BODY_LIMIT_BYTES)
    throw tooLargeError(REQUEST_BODY_LIMIT_BYTES);
}
