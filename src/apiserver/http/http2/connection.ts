// A client's HTTP/2 connection: a session of node:http2, each of whose streams is a request of its own. What the protocol asks is
// done there, and what it leaves open is bounded here:
// 1. A client that resets its streams costs what is begun for them: it may do so as often as RESETS allows, and no request is begun
//    while as many are being worked at as there may be streams, whether anybody still waits for them or not (CVE-2023-44487).
// 2. Once the connection ends, by whose wish ever, no request is begun any more: the client knows which ones (RFC 9113 §6.8).
// 3. After some errors node:http2 says goodbye, reads no more of the client, not even that it has left, and tells nobody. So clients
//    are asked whether they are there; who has not answered for long is cut off, and its watches with it.
import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import {
  HEADER_LIMIT_BYTES,
  HEADERS_TIMEOUT_MS,
  HTTP2_HEADERS_LIMIT,
  HTTP2_INVALID_FRAMES_LIMIT,
  HTTP2_REFUSED_STREAMS_LIMIT,
  HTTP2_RESETS_LIMIT,
  HTTP2_RESETS_PER_SECOND,
  HTTP2_SESSION_MEMORY_MB,
  HTTP2_SILENT_SWEEPS_MAX,
  HTTP2_STREAMS_LIMIT,
  KEEP_ALIVE_TIMEOUT_MS,
  UNASKED_BODY_LIMIT_BYTES,
} from '../../limits.ts';
import type { Exchange } from '../exchange.ts';
import { rawLinesOf } from '../header-lines.ts';
import type { ReceivedRequest } from '../serve.ts';
import { Allowance } from './allowance.ts';
import { Http2Exchange } from './exchange.ts';
import { isGone } from './streamed-answer.ts';

export interface Http2Host {
  /** Resolves when the answer is under way; never rejects. */
  serve(request: ReceivedRequest, exchange: Exchange): Promise<void>;
  date(): string;
  nowMs(): number;
  /** The client of a connection was ended for what it did. */
  calmed(socket: Socket): void;
}

const SESSION = {
  maxSessionMemory: HTTP2_SESSION_MEMORY_MB,
  maxHeaderListPairs: HTTP2_HEADERS_LIMIT,
  maxSessionInvalidFrames: HTTP2_INVALID_FRAMES_LIMIT,
  maxSessionRejectedStreams: HTTP2_REFUSED_STREAMS_LIMIT,
  settings: {
    maxConcurrentStreams: HTTP2_STREAMS_LIMIT,
    maxHeaderListSize: HEADER_LIMIT_BYTES,
    initialWindowSize: UNASKED_BODY_LIMIT_BYTES,
  },
} as const;
const RESETS = { atOnce: HTTP2_RESETS_LIMIT, perSecond: HTTP2_RESETS_PER_SECOND } as const;
/** What follows is told by `close`. */
const ignore = (): void => {};

export class Http2Connection {
  readonly socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #host: Http2Host;
  readonly #exchanges = new Set<Http2Exchange>();
  readonly #resets: Allowance;
  /** Requests that are being worked at: their streams may have ended meanwhile. */
  #underWay = 0;
  #isFresh = true;
  /** Since when there has been no stream. */
  #sinceMs: number;
  /** Since when it has been ending, as far as a sweep has seen it. */
  #endingMs: number | undefined;
  /** Sweeps since the client was asked whether it is there; 0 when it is. */
  #silentSweeps = 0;

  /** `socket` has agreed on `h2`, and nothing of it has been read. */
  constructor(socket: Socket, host: Http2Host) {
    this.socket = socket;
    this.#host = host;
    this.#sinceMs = host.nowMs();
    this.#resets = new Allowance(RESETS, this.#sinceMs);
    this.#session = performServerHandshake(socket, SESSION);
    this.#session
      .on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) =>
        this.#begin(stream, headers, raw),
      )
      .on('error', ignore);
  }

  /** No further request: the connection ends with the answers under way, or now. */
  close(): void {
    this.#session.close();
  }

  date(): string {
    return this.#host.date();
  }

  nowMs(): number {
    return this.#host.nowMs();
  }

  /** Gives up what its client keeps waiting for too long. */
  sweep(): void {
    const nowMs = this.nowMs();
    for (const exchange of this.#exchanges) exchange.sweep(nowMs);
    if (this.#isEnding) {
      // A client that does not take the last words of a connection, goes on with its streams, or does not end its side.
      this.#endingMs ??= nowMs;
      if (nowMs - this.#endingMs > KEEP_ALIVE_TIMEOUT_MS) this.socket.destroy();
    } else if (this.#exchanges.size === 0 && nowMs - this.#sinceMs > this.#patienceMs) this.close();
    else this.#askWhetherThere();
  }

  /** With a client that has no stream. */
  get #patienceMs(): number {
    return this.#isFresh ? HEADERS_TIMEOUT_MS : KEEP_ALIVE_TIMEOUT_MS;
  }

  #askWhetherThere(): void {
    if (this.#silentSweeps >= HTTP2_SILENT_SWEEPS_MAX) {
      this.socket.destroy();
      return;
    }
    this.#silentSweeps += 1;
    if (this.#silentSweeps > 1) return;
    this.#session.ping((error: Error | null) => {
      if (error === null) this.#silentSweeps = 0;
    });
  }

  get #isEnding(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  #begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): void {
    stream.on('error', ignore);
    this.#isFresh = false;
    if (isGone(stream)) {
      this.#countReset();
      return;
    }
    if (this.#isEnding || this.#underWay >= HTTP2_STREAMS_LIMIT) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const exchange = new Http2Exchange(stream, headers, this);
    this.#exchanges.add(exchange);
    stream.once('close', () => this.#end(exchange));
    this.#underWay += 1;
    const request: ReceivedRequest = {
      method: headers[':method'] ?? '',
      header: (name) => textOf(headers[name]),
      headerLines: (prefix) => rawLinesOf(raw, prefix),
    };
    void this.#host.serve(request, exchange).then(() => {
      this.#underWay -= 1;
    });
  }

  #end(exchange: Http2Exchange): void {
    this.#exchanges.delete(exchange);
    this.#sinceMs = this.nowMs();
    exchange.over();
    if (exchange.isReset) this.#countReset();
  }

  #countReset(): void {
    if (this.#session.destroyed || this.#resets.take(this.nowMs())) return;
    this.#host.calmed(this.socket);
    this.#session.destroy(new Error('too many streams were reset'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
