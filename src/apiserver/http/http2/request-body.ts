// The body of a request on a stream. Nothing of it is read before somebody asks: until then the client sends no more than the
// stream's window. Once it is being read it is read to its end, though what nobody wants any more is dropped: a stream that is
// stopped in the middle would never be let go.
import { constants, type ServerHttp2Stream } from 'node:http2';
import { type ApiError, badRequestError, tooLargeError } from '../../../api/index.ts';
import { assert, REQUEST_BODY_LIMIT_BYTES } from '../../../lib/index.ts';

const NO_BODY = new Uint8Array(0);
const CONTINUE = { [constants.HTTP2_HEADER_STATUS]: 100 };

interface Reader {
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: ApiError) => void;
}

export class RequestBody {
  readonly #stream: ServerHttp2Stream;
  /** The client waits to be told that it may send it (RFC 9110 §10.1.1). */
  readonly #isExpected: boolean;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #reader: Reader | undefined;
  /** Why there will be no body. */
  #broken: ApiError | undefined;
  #isBegun = false;
  #isReceived: boolean;

  constructor(stream: ServerHttp2Stream, isExpected: boolean) {
    this.#stream = stream;
    this.#isExpected = isExpected;
    this.#isReceived = stream.endAfterHeaders;
  }

  /** Its end has come. Not known of one that nobody has asked for, unless there is none. */
  get isReceived(): boolean {
    return this.#isReceived;
  }

  /** Somebody has asked for it, and more of it may come. */
  get isComing(): boolean {
    return this.#isBegun && !this.#isReceived;
  }

  read(): Promise<Uint8Array> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (this.#isReceived) return Promise.resolve(NO_BODY);
    assert(!this.#isBegun, 'a body is read once');
    this.#isBegun = true;
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#begin();
    });
  }

  /** The rest will not come, or nobody wants it. */
  breakOff(why: string): void {
    if (!this.#isReceived) this.#refuse(brokenOff(why));
  }

  #begin(): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) {
      this.breakOff('its stream has ended');
      return;
    }
    if (this.#isExpected && !stream.headersSent) stream.additionalHeaders(CONTINUE);
    stream.on('data', (chunk: Uint8Array) => this.#take(chunk));
    stream.once('end', () => this.#end());
    stream.once('close', () => this.breakOff('its stream has ended'));
  }

  #take(chunk: Uint8Array): void {
    if (this.#broken !== undefined) return;
    this.#length += chunk.length;
    this.#chunks.push(chunk);
    if (this.#length > REQUEST_BODY_LIMIT_BYTES) this.#refuse(tooLargeError(REQUEST_BODY_LIMIT_BYTES));
  }

  #end(): void {
    // A stream that its client resets seems to end like any other.
    if (this.#stream.aborted) {
      this.breakOff('its stream was reset');
      return;
    }
    this.#isReceived = true;
    const [only = NO_BODY] = this.#chunks;
    this.#reader?.resolve(this.#chunks.length <= 1 ? only : Buffer.concat(this.#chunks, this.#length));
    this.#release();
  }

  #refuse(error: ApiError): void {
    this.#broken ??= error;
    this.#reader?.reject(error);
    this.#release();
  }

  #release(): void {
    this.#reader = undefined;
    this.#chunks = [];
  }
}

function brokenOff(why: string): ApiError {
  return badRequestError(`the request body could not be read: ${why}`);
}
