// The body of an answer that is written to its stream as it comes. What the client's window does not let through waits here and
// not with the session, whose memory all streams share: a stream that is not read holds up no other.
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Writable } from 'node:stream';
import { type AnswerStream, eventOrClosed } from '../exchange.ts';

export interface Http2StreamedAnswerOptions {
  /** There is no body, whatever is written. */
  readonly isBodiless: boolean;
  /** Resets the stream, unless it has ended. */
  breakOff(): void;
}

export class Http2StreamedAnswer extends Writable implements AnswerStream {
  readonly #stream: ServerHttp2Stream;
  readonly #isBodiless: boolean;
  readonly #breakOff: () => void;
  /** Until it is sent. */
  #head: OutgoingHttpHeaders | undefined;
  readonly #gone = (): void => void this.destroy();

  /** It ends in good order when `writableFinished` at its `close`; else the stream is broken off. */
  constructor(stream: ServerHttp2Stream, head: OutgoingHttpHeaders, options: Http2StreamedAnswerOptions) {
    super();
    this.#stream = stream;
    this.#head = head;
    this.#isBodiless = options.isBodiless;
    this.#breakOff = options.breakOff;
    if (isGone(stream)) this.destroy();
    else stream.once('close', this.#gone);
  }

  flushHeaders(): void {
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined && !isGone(this.#stream)) this.#stream.respond(head, { endStream: this.#isBodiless });
  }

  writeShared(bytes: Uint8Array): void {
    if (this.destroyed || this.writableEnded || bytes.length === 0) return;
    if (this.#isBodiless || this.writableLength > 0 || this.#stream.writableNeedDrain) {
      this.write(bytes);
      return;
    }
    this.flushHeaders();
    if (!isGone(this.#stream)) this.#stream.write(bytes);
  }

  unsentBytes(): number {
    return this.writableLength + this.#stream.writableLength;
  }

  drained(): Promise<void> {
    const full = [this, this.#stream].find((stream) => stream.writableNeedDrain);
    return this.destroyed || full === undefined ? Promise.resolve() : eventOrClosed(full, 'drain', this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.flushHeaders();
    const stream = this.#stream;
    if (this.#isBodiless || isGone(stream)) done();
    // A stream that ends meanwhile destroys this one: nobody waits then.
    else if (stream.writableNeedDrain) stream.once('drain', () => this.#pass(chunk, done));
    else this.#pass(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.flushHeaders();
    if (this.#isBodiless || isGone(this.#stream)) done();
    else this.#stream.end(() => done());
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.#stream.off('close', this.#gone);
    if (!this.writableFinished) this.#breakOff();
    // Whoever wrote learns of the end by `close`: a client that leaves is no error.
    done(null);
  }

  #pass(chunk: Buffer, done: () => void): void {
    if (isGone(this.#stream) || this.#stream.write(chunk)) done();
    else this.#stream.once('drain', done);
  }
}

export function isGone(stream: ServerHttp2Stream): boolean {
  return stream.destroyed || stream.closed;
}
