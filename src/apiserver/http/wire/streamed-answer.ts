// The body of an answer that is written as it comes: as it is when its length is known, else in chunks (RFC 9112 §7.1), each
// with its frame in one write to the socket.
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { type AnswerStream, eventOrClosed } from '../exchange.ts';

const CRLF = Buffer.from('\r\n');
const LAST_CHUNK = '0\r\n\r\n';

let lastFramed: { readonly bytes: Uint8Array; readonly chunk: Buffer } | undefined;

function framed(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, CRLF]);
}

/** The frame of bytes that are written to many, one after another. */
function framedOnce(bytes: Uint8Array): Buffer {
  if (lastFramed?.bytes !== bytes) lastFramed = { bytes, chunk: framed(bytes) };
  return lastFramed.chunk;
}

/** How the end of a body is told; `none`: there is no body, whatever is written. */
export type BodyFraming = 'chunks' | 'length' | 'none';

export class StreamedAnswer extends Writable implements AnswerStream {
  readonly #socket: Socket;
  readonly #framing: BodyFraming;
  /** Until it is sent. */
  #head: string | undefined;
  readonly #gone = (): void => void this.destroy();

  /** It ends in good order when `writableFinished` at its `close`; else the socket is destroyed. */
  constructor(socket: Socket, head: string, framing: BodyFraming) {
    super();
    this.#socket = socket;
    this.#head = head;
    this.#framing = framing;
    if (socket.destroyed) this.destroy();
    else socket.once('close', this.#gone);
  }

  flushHeaders(): void {
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined && !this.#socket.destroyed) this.#socket.write(head, 'latin1');
  }

  writeShared(bytes: Uint8Array): void {
    if (this.destroyed || this.writableEnded || bytes.length === 0) return;
    if (this.#framing !== 'chunks' || this.writableLength > 0) {
      this.write(bytes);
      return;
    }
    this.flushHeaders();
    this.#socket.write(framedOnce(bytes));
  }

  unsentBytes(): number {
    return this.writableLength + this.#socket.writableLength;
  }

  drained(): Promise<void> {
    const full = [this, this.#socket].find((stream) => stream.writableNeedDrain);
    return this.destroyed || full === undefined ? Promise.resolve() : eventOrClosed(full, 'drain', this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.flushHeaders();
    // A chunk of nothing would be the last one.
    const bytes = this.#framing === 'none' || chunk.length === 0 ? undefined : chunk;
    // A socket that ends meanwhile destroys this stream: nobody waits then.
    if (bytes === undefined || this.#socket.write(this.#framing === 'chunks' ? framed(bytes) : bytes)) done();
    else this.#socket.once('drain', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.flushHeaders();
    if (this.#framing === 'chunks') this.#socket.write(LAST_CHUNK, 'latin1');
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', () => done());
    else done();
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.off('close', this.#gone);
    if (!this.writableFinished) this.#socket.destroy();
    // Whoever wrote learns of the end by `close`: a client that leaves is no error.
    done(null);
  }
}
