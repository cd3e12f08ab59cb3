// A long answer in slices: between two of them the event loop is free for everybody else, and no slice is made before the
// client has taken most of what came before. A list of 25 MB costs other requests a few milliseconds, not a hundred.
import type { Writable } from 'node:stream';
import { createGzip, type Gzip } from 'node:zlib';
import type { CancelSignal } from '../../lib/index.ts';
import { GZIP_LEVEL, STREAM_SLICE_BYTES, STREAM_SLICE_MS } from '../limits.ts';
import { eventOrClosed } from './exchange.ts';

/** A body in pieces. They are made while they are taken: what they show must not change meanwhile. */
export interface PartedBody {
  readonly parts: Iterable<Uint8Array>;
  /** Undefined: not known before all parts are made. */
  readonly lengthBytes: number | undefined;
}

export interface StreamOptions {
  readonly compressed: boolean;
  /** Aborts at the request's deadline: the answer is broken off. */
  readonly signal: CancelSignal;
}

/** Writes slices to an answer whose head is set. Resolves when it is handed over whole, or the client is gone. */
export async function streamSlices(
  outgoing: Writable,
  slices: Iterable<Uint8Array>,
  { compressed, signal }: StreamOptions,
): Promise<void> {
  const broken = (): void => {
    outgoing.destroy();
  };
  signal.addEventListener('abort', broken, { once: true });
  try {
    const sink = compressed ? gzipInto(outgoing) : outgoing;
    for (const slice of slices) {
      if (outgoing.destroyed) return;
      sink.write(slice);
      await turn(sink, outgoing);
    }
    await ended(sink, outgoing);
  } finally {
    signal.removeEventListener('abort', broken);
  }
}

/** Parts joined until they are STREAM_SLICE_BYTES, or took STREAM_SLICE_MS to make; `now` in milliseconds that never go back. */
export function* slicesOf(parts: Iterable<Uint8Array>, now: () => number): Generator<Uint8Array> {
  let slice: Uint8Array[] = [];
  let bytes = 0;
  let begunMs = now();
  for (const part of parts) {
    slice.push(part);
    bytes += part.length;
    if (bytes < STREAM_SLICE_BYTES && now() - begunMs < STREAM_SLICE_MS) continue;
    yield Buffer.concat(slice, bytes);
    slice = [];
    bytes = 0;
    begunMs = now();
  }
  if (bytes > 0) yield Buffer.concat(slice, bytes);
}

/** Visits all items; after each STREAM_SLICE_MS, in another turn of the event loop. `now` as above. */
export async function eachInSlices<T>(items: readonly T[], visit: (item: T) => void, now: () => number): Promise<void> {
  let begunMs = now();
  for (const item of items) {
    visit(item);
    if (now() - begunMs < STREAM_SLICE_MS) continue;
    await nextTurn();
    begunMs = now();
  }
}

function gzipInto(outgoing: Writable): Gzip {
  const gzip = createGzip({ level: GZIP_LEVEL });
  gzip.pipe(outgoing);
  // A client that leaves ends the answer; what is being compressed for it is of no use.
  outgoing.once('close', () => gzip.destroy());
  return gzip;
}

/** Resolves in another turn of the event loop, once the sink takes more; or when the client is gone. */
function turn(sink: Writable, outgoing: Writable): Promise<void> {
  if (sink.writableNeedDrain) return eventOrClosed(sink, 'drain', outgoing);
  return nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function ended(sink: Writable, outgoing: Writable): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  const over = eventOrClosed(outgoing, 'finish', outgoing);
  sink.end();
  return over;
}
