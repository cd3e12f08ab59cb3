// One request on a connection of our own: its body as it comes, and its answer in as few writes as it takes.

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type ApiError, badRequestError } from '../../../api/index.ts';
import { assert } from '../../../lib/index.ts';
import type { AnswerHeaders, AnswerStream, Exchange } from '../exchange.ts';
import { answerHead } from './answer-head.ts';
import type { RequestHead } from './head.ts';
import { StreamedAnswer } from './streamed-answer.ts';

/** A larger body is written behind its head instead of being copied. */
const COPIED_BODY_BYTES = 64 * 1024;
/** So much of a body is taken before anybody wants it. */
const UNASKED_BODY_BYTES = 64 * 1024;
const NO_BODY = new Uint8Array(0);

/** What an exchange needs of its connection. */
export interface ExchangeOwner {
  readonly socket: Socket | TLSSocket;
  date(): string;
  /** Whether the connection ends with the answer of this exchange: asked when the answer begins. */
  closes(): boolean;
  /** The answer is written, or handed over whole. */
  over(): void;
}

export class WireExchange implements Exchange {
  readonly target: string;
  readonly socket: Socket;
  readonly #owner: ExchangeOwner;
  readonly #isHead: boolean;
  #chunks: Uint8Array[] = [];
  #receivedBytes = 0;
  /** Of the body, in bytes. */
  #missing: number;
  #waiter: { readonly resolve: (body: Uint8Array) => void; readonly reject: (error: ApiError) => void } | undefined;
  #broken: ApiError | undefined;
  #answered = false;

  constructor(owner: ExchangeOwner, head: RequestHead) {
    this.#owner = owner;
    this.target = head.target;
    this.socket = owner.socket;
    this.#isHead = head.method === 'HEAD';
    this.#missing = head.headers.contentLength;
  }

  get isReceived(): boolean {
    return this.#missing === 0;
  }

  get isAnswered(): boolean {
    return this.#answered;
  }

  /** Takes what belongs to the body; returns the rest. */
  take(bytes: Buffer): Buffer {
    const own = bytes.subarray(0, this.#missing);
    this.#missing -= own.length;
    if (!this.#answered && own.length > 0) {
      this.#chunks.push(own);
      this.#receivedBytes += own.length;
      if (this.#waiter === undefined && this.#missing > 0 && this.#receivedBytes > UNASKED_BODY_BYTES)
        this.socket.pause();
    }
    if (this.#missing === 0) this.#waiter?.resolve(this.#body());
    return bytes.subarray(own.length);
  }

  /** The rest of the body will not come. */
  breakOff(why: string): void {
    if (this.#missing === 0 || this.#broken !== undefined) return;
    this.#broken = badRequestError(`the request body could not be read: ${why}`);
    this.#waiter?.reject(this.#broken);
  }

  readBody(): Promise<Uint8Array> {
    if (this.#missing === 0) return Promise.resolve(this.#body());
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    this.socket.resume();
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  answer(status: number, headers: AnswerHeaders, body: Uint8Array | string | null): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? NO_BODY);
    const head = this.#begin(status, this.#withLength(status, headers, bytes.length), false);
    const { socket } = this;
    if (socket.destroyed) return;
    if (bytes.length === 0 || this.#isHead) socket.write(head, 'latin1');
    else if (bytes.length <= COPIED_BODY_BYTES) socket.write(joined(head, bytes));
    else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(bytes);
      socket.uncork();
    }
    this.#owner.over();
  }

  /** An answer without a length would last until its connection ends (RFC 9112 §6.3). */
  #withLength(status: number, headers: AnswerHeaders, length: number): AnswerHeaders {
    if (headers['content-length'] !== undefined || this.#isHead || status === 304 || status === 204) return headers;
    return { ...headers, 'content-length': String(length) };
  }

  stream(status: number, headers: AnswerHeaders): AnswerStream {
    const chunked = headers['content-length'] === undefined;
    const answer = new StreamedAnswer(this.socket, this.#begin(status, headers, chunked), chunked);
    answer.once('close', () => this.#owner.over());
    return answer;
  }

  #begin(status: number, headers: AnswerHeaders, chunked: boolean): string {
    assert(!this.#answered, 'a request is answered once');
    const head = answerHead(status, headers, { date: this.#owner.date(), closes: this.#owner.closes(), chunked });
    this.#answered = true;
    this.#chunks = [];
    // What is still to come of the body is let go.
    if (this.#missing > 0) this.socket.resume();
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
