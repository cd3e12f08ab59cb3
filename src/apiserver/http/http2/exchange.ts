// One request on a stream of an HTTP/2 connection, and its answer.
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import { assert } from '../../../lib/index.ts';
import { KEEP_ALIVE_TIMEOUT_MS, RECEIVE_TIMEOUT_MS } from '../../limits.ts';
import type { AnswerHeaders, AnswerStream, Exchange } from '../exchange.ts';
import { isHeaderValue } from '../wire/answer-head.ts';
import { RequestBody } from './request-body.ts';
import { Http2StreamedAnswer, isGone } from './streamed-answer.ts';

const NO_BODY_STATUSES: ReadonlySet<number> = new Set([204, 304]);
const NO_BYTES = Buffer.alloc(0);

/** What an exchange needs of its connection. */
export interface Http2ExchangeOwner {
  readonly socket: Socket;
  date(): string;
  nowMs(): number;
}

export class Http2Exchange implements Exchange {
  readonly target: string;
  readonly socket: Socket;
  readonly #owner: Http2ExchangeOwner;
  readonly #stream: ServerHttp2Stream;
  readonly #body: RequestBody;
  readonly #isHead: boolean;
  readonly #begunMs: number;
  #isAnswered = false;
  /** Since when its client has had no more to wait for than what is on its way. */
  #endedMs: number | undefined;
  #streamed: Http2StreamedAnswer | undefined;
  /** We broke it off. */
  #isGivenUp = false;
  #abandoned: (() => void) | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, owner: Http2ExchangeOwner) {
    const path = headers[':path'] ?? '';
    // There is no absolute form here (RFC 9113 §8.3.1): what is no path is no target, and refused as such.
    this.target = path.startsWith('/') ? path : '';
    this.socket = owner.socket;
    this.#owner = owner;
    this.#stream = stream;
    this.#body = new RequestBody(stream, headers.expect?.toLowerCase() === '100-continue');
    this.#isHead = headers[':method'] === 'HEAD';
    this.#begunMs = owner.nowMs();
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Its client, or what its client sent, ended it before its time. */
  get isReset(): boolean {
    return !this.#isGivenUp && (this.#stream.aborted || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR);
  }

  readBody(): Promise<Uint8Array> {
    return this.#body.read();
  }

  onAbandoned(listener: () => void): void {
    this.#abandoned = listener;
  }

  answer(status: number, headers: AnswerHeaders, body: Uint8Array | string | null): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? NO_BYTES);
    const isBodiless = this.#isBodiless(status);
    const head = this.#begin(status, headers);
    if (!isBodiless) head['content-length'] ??= String(bytes.length);
    this.#endedMs = this.#owner.nowMs();
    const stream = this.#stream;
    if (isGone(stream)) return;
    const endStream = isBodiless || bytes.length === 0;
    stream.respond(head, { endStream });
    if (!endStream) stream.end(bytes);
    // The rest of a body that was being read is wanted no more: the stream ends with its answer (RFC 9113 §8.1).
    if (this.#body.isComing) stream.close(constants.NGHTTP2_NO_ERROR);
  }

  stream(status: number, headers: AnswerHeaders): AnswerStream {
    const head = this.#begin(status, headers);
    const options = { isBodiless: this.#isBodiless(status), breakOff: () => this.destroy() };
    this.#streamed = new Http2StreamedAnswer(this.#stream, head, options);
    return this.#streamed;
  }

  destroy(): void {
    if (isGone(this.#stream)) return;
    this.#isGivenUp = true;
    this.#stream.destroy(new Error('the answer was broken off'));
  }

  /** The stream has ended. */
  over(): void {
    const abandoned = this.#abandoned;
    this.#abandoned = undefined;
    if (!this.#isAnswered) abandoned?.();
  }

  /** Gives up what its client keeps waiting for longer than it may. */
  sweep(nowMs: number): void {
    if (this.#streamed?.writableEnded === true) this.#endedMs ??= nowMs;
    if (this.#endedMs !== undefined) {
      if (nowMs - this.#endedMs > KEEP_ALIVE_TIMEOUT_MS) this.destroy();
    } else if (!this.#isAnswered && nowMs - this.#begunMs > RECEIVE_TIMEOUT_MS)
      this.#body.breakOff('it does not arrive');
  }

  #isBodiless(status: number): boolean {
    return this.#isHead || NO_BODY_STATUSES.has(status);
  }

  #begin(status: number, headers: AnswerHeaders): OutgoingHttpHeaders {
    assert(!this.#isAnswered, 'a request is answered once');
    this.#isAnswered = true;
    this.#abandoned = undefined;
    const head: OutgoingHttpHeaders = { ':status': status };
    for (const name in headers) {
      const value = headers[name] ?? '';
      assert(isHeaderValue(value), `the value of the header ${name} has no control characters`);
      head[name] = value;
    }
    head['date'] = this.#owner.date();
    this.#body.breakOff('it was answered before it had come');
    return head;
  }
}
