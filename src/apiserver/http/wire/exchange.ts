// One request on a connection of our own: its body as it comes, and its answer in as few writes as it takes.
import type { Socket } from 'node:net';
import { type ApiError, badRequestError, tooLargeError } from '../../../api/index.ts';
import { assert, REQUEST_BODY_LIMIT_BYTES } from '../../../lib/index.ts';
import { UNASKED_BODY_LIMIT_BYTES } from '../../limits.ts';
import type { AnswerHeaders, AnswerStream, Exchange } from '../exchange.ts';
import { answerHead } from './answer-head.ts';
import type { RequestHead } from './head.ts';
import { StreamedAnswer } from './streamed-answer.ts';

/** A larger body is written behind its head instead of being copied. */
const COPIED_BODY_BYTES = 64 * 1024;
const NO_BODY = new Uint8Array(0);
const NO_BODY_STATUSES: ReadonlySet<number> = new Set([204, 304]);

/** What an exchange needs of its connection. */
export interface ExchangeOwner {
  readonly socket: Socket;
  date(): string;
  /** Whether the connection ends with the answer of this exchange: asked when the answer begins. */
  closes(): boolean;
  /** `holdsBack` may have changed. */
  flow(): void;
  /** The answer is written, or handed over whole. */
  over(): void;
}

interface Waiter {
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: ApiError) => void;
}

export class WireExchange implements Exchange {
  readonly target: string;
  readonly socket: Socket;
  readonly #owner: ExchangeOwner;
  readonly #isHead: boolean;
  #chunks: Uint8Array[] = [];
  /** Of the body, in bytes. */
  #received = 0;
  #missing: number;
  #waiter: Waiter | undefined;
  /** Why there will be no body. */
  #broken: ApiError | undefined;
  #answer: 'none' | 'whole' | 'streaming' = 'none';

  constructor(owner: ExchangeOwner, head: RequestHead) {
    this.#owner = owner;
    this.target = head.target;
    this.socket = owner.socket;
    this.#isHead = head.method === 'HEAD';
    this.#missing = head.headers.contentLength;
    if (this.#missing > REQUEST_BODY_LIMIT_BYTES) this.#broken = tooLargeError(REQUEST_BODY_LIMIT_BYTES);
  }

  get isReceived(): boolean {
    return this.#missing === 0;
  }

  get isAnswered(): boolean {
    return this.#answer !== 'none';
  }

  get isAnsweredWhole(): boolean {
    return this.#answer === 'whole';
  }

  get isStreaming(): boolean {
    return this.#answer === 'streaming';
  }

  /** Nobody has asked for the body, and enough of it is here. */
  get holdsBack(): boolean {
    return (
      !this.isAnswered && !this.isReceived && this.#waiter === undefined && this.#received > UNASKED_BODY_LIMIT_BYTES
    );
  }

  /** Takes what belongs to the body; returns the rest. */
  take(bytes: Buffer): Buffer {
    const own = bytes.subarray(0, this.#missing);
    this.#missing -= own.length;
    if (own.length > 0 && !this.isAnswered && this.#broken === undefined) {
      this.#chunks.push(own);
      this.#received += own.length;
    }
    if (this.#missing === 0) {
      this.#waiter?.resolve(this.#body());
      this.#waiter = undefined;
    }
    return bytes.subarray(own.length);
  }

  /** The rest of the body will not come. */
  breakOff(why: string): void {
    if (this.#missing === 0) return;
    const error = badRequestError(`the request body could not be read: ${why}`);
    this.#broken ??= error;
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  readBody(): Promise<Uint8Array> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (this.#missing === 0) return Promise.resolve(this.#body());
    assert(this.#waiter === undefined, 'a body is read once');
    const body = new Promise<Uint8Array>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    this.#owner.flow();
    return body;
  }

  answer(status: number, headers: AnswerHeaders, body: Uint8Array | string | null): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? NO_BODY);
    const head = this.#begin('whole', status, this.#withLength(status, headers, bytes.length), false);
    const { socket } = this;
    if (socket.destroyed) return;
    if (bytes.length === 0 || this.#isBodiless(status)) socket.write(head, 'latin1');
    else if (bytes.length <= COPIED_BODY_BYTES) socket.write(joined(head, bytes));
    else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(bytes);
      socket.uncork();
    }
    this.#owner.over();
  }

  stream(status: number, headers: AnswerHeaders): AnswerStream {
    const bodiless = this.#isBodiless(status);
    const chunked = !bodiless && headers['content-length'] === undefined;
    const framing = bodiless ? 'none' : chunked ? 'chunks' : 'length';
    const answer = new StreamedAnswer(this.socket, this.#begin('streaming', status, headers, chunked), framing);
    answer.once('close', () => {
      this.#answer = 'whole';
      this.#owner.over();
    });
    return answer;
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** RFC 9112 §6.3. */
  #isBodiless(status: number): boolean {
    return this.#isHead || NO_BODY_STATUSES.has(status);
  }

  /** An answer without a length would last until its connection ends (RFC 9112 §6.3). */
  #withLength(status: number, headers: AnswerHeaders, length: number): AnswerHeaders {
    if (headers['content-length'] !== undefined || this.#isBodiless(status)) return headers;
    return { ...headers, 'content-length': String(length) };
  }

  #begin(answer: 'whole' | 'streaming', status: number, headers: AnswerHeaders, chunked: boolean): string {
    assert(!this.isAnswered, 'a request is answered once');
    const head = answerHead(status, headers, { date: this.#owner.date(), closes: this.#owner.closes(), chunked });
    this.#answer = answer;
    // What is still to come of the body is let go.
    this.#chunks = [];
    if (this.#missing > 0) {
      this.breakOff('it was answered before it had come');
      this.#owner.flow();
    }
    return head;
  }

  #body(): Uint8Array {
    const [only = NO_BODY] = this.#chunks;
    return this.#chunks.length <= 1 ? only : Buffer.concat(this.#chunks);
  }
}

/** Head and body in one piece: one write, one record of TLS. */
function joined(head: string, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  bytes.set(body, head.length);
  return bytes;
}
