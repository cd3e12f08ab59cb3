// A client's connection: requests one after another, each answered before the next is begun (RFC 9112 §9.3). What this parser does
// not take goes to Node's HTTP server with the connection, from that request on.
//
// Nothing is begun that might be for nothing, or that piles up:
// 1. While the client does not take its answers, no further request of it is begun, and none is read.
// 2. Once the connection ends, by whose wish ever, what still comes is dropped unread: a request that nobody is told of is not done.
import type { Socket } from 'node:net';
import { AHEAD_LIMIT_BYTES } from '../../limits.ts';
import { WireExchange } from './exchange.ts';
import { parseHead, type RequestHead, type RequestHeaders } from './head.ts';

export interface ConnectionHost {
  serve(head: RequestHead, exchange: WireExchange): void;
  /** Takes the socket over for good, with all that was read of it and not served. */
  handOver(socket: Socket): void;
  date(): string;
  nowMs(): number;
}

/** What a connection waits for of its client, and since when. */
export interface Waiting {
  readonly what: 'firstRequest' | 'request' | 'body' | 'reading';
  readonly sinceMs: number;
}

export class WireConnection {
  readonly socket: Socket;
  readonly #host: ConnectionHost;
  #exchange: WireExchange | undefined;
  /** Came ahead of the answer before it. */
  #ahead: Buffer | undefined;
  #headers: RequestHeaders | undefined;
  /** No request is begun after the one under way. */
  #closing = false;
  /** The client sends no more. */
  #halfClosed = false;
  /** It ends, as soon as what was written has left. */
  #ended = false;
  /** The client has not taken the last answers. */
  #full = false;
  #beginning = false;
  #sinceMs: number;
  readonly #onData = (bytes: Buffer): void => this.#receive(bytes);
  readonly #onEnd = (): void => this.#clientEnded();
  readonly #onClose = (): void => this.#exchange?.breakOff('its connection has ended');
  readonly #onError = (): void => void this.socket.destroy();

  constructor(socket: Socket, host: ConnectionHost) {
    this.socket = socket;
    this.#host = host;
    this.#sinceMs = host.nowMs();
    socket.setNoDelay(true);
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onError);
  }

  /** Undefined while the client waits for us. */
  waiting(): Waiting | undefined {
    const sinceMs = this.#sinceMs;
    if (this.#full || this.#ended) return { what: 'reading', sinceMs };
    if (this.#exchange === undefined)
      return { what: this.#headers === undefined ? 'firstRequest' : 'request', sinceMs };
    return this.#exchange.isReceived ? undefined : { what: 'body', sinceMs };
  }

  /** No further request: the connection ends with the answer under way, or now. */
  close(): void {
    this.#closing = true;
    if (this.#exchange === undefined || this.#exchange.isAnsweredWhole) this.#end();
  }

  /** What it waits for has not come in time. */
  giveUp(): void {
    if (this.#full || this.#ended || this.#exchange?.isAnswered === true) {
      this.socket.destroy();
      return;
    }
    this.#exchange?.breakOff('it does not arrive');
    this.close();
  }

  date(): string {
    return this.#host.date();
  }

  closes(): boolean {
    return this.#closing;
  }

  /** The answer under way is written; the body of its request may be still to come. */
  over(): void {
    if (this.#exchange === undefined) return;
    const { isReceived } = this.#exchange;
    if (this.#closing || this.socket.destroyed || (this.#halfClosed && !isReceived)) this.#end();
    else if (isReceived) this.#next();
  }

  /** Reads on while there is room for what comes. */
  flow(): void {
    const holds = (this.#ahead?.length ?? 0) > AHEAD_LIMIT_BYTES || this.#full || this.#exchange?.holdsBack === true;
    if (holds === this.socket.isPaused()) return;
    if (holds) this.socket.pause();
    else this.socket.resume();
  }

  #receive(bytes: Buffer): void {
    let rest = bytes;
    const exchange = this.#exchange;
    if (exchange !== undefined && !exchange.isReceived) {
      rest = exchange.take(bytes);
      // The answer went out before the body had come.
      if (exchange.isReceived && exchange.isAnsweredWhole) this.over();
    }
    if (rest.length > 0) this.#ahead = this.#ahead === undefined ? rest : Buffer.concat([this.#ahead, rest]);
    this.#beginAhead();
    this.flow();
  }

  #next(): void {
    this.#exchange = undefined;
    this.#sinceMs = this.#host.nowMs();
    if (this.socket.writableNeedDrain) {
      this.#full = true;
      this.socket.once('drain', () => {
        this.#full = false;
        this.#sinceMs = this.#host.nowMs();
        this.#beginAhead();
        this.flow();
      });
    }
    this.#beginAhead();
    this.flow();
  }

  /** Begins what has come ahead, until a request waits for its answer. A loop: answers may be given at once. */
  #beginAhead(): void {
    if (this.#beginning) return;
    this.#beginning = true;
    while (this.#mayBegin()) {
      const bytes = this.#ahead ?? Buffer.alloc(0);
      this.#ahead = undefined;
      this.#begin(bytes);
    }
    this.#beginning = false;
    if (this.#halfClosed && this.#exchange === undefined && this.#ahead === undefined) this.#end();
  }

  #mayBegin(): boolean {
    if (this.#ahead === undefined || this.#exchange !== undefined) return false;
    return !this.#full && !this.#closing && !this.#ended && !this.socket.destroyed;
  }

  #begin(bytes: Buffer): void {
    const head = parseHead(bytes, this.#headers);
    if (head === undefined) {
      this.#handOver(bytes);
      return;
    }
    this.#headers = head.headers;
    const exchange = new WireExchange(this, head);
    this.#exchange = exchange;
    this.#sinceMs = this.#host.nowMs();
    const rest = exchange.take(bytes.subarray(head.endsAt));
    if (rest.length > 0) this.#ahead = rest;
    if (head.headers.closes) this.#closing = true;
    if (this.#halfClosed) exchange.breakOff('it breaks off');
    this.#host.serve(head, exchange);
  }

  #handOver(bytes: Buffer): void {
    const { socket } = this;
    // Whatever ends it from here on is not this object.
    this.#ended = true;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    socket.unshift(bytes);
    this.#host.handOver(socket);
    socket.off('error', this.#onError);
    if (socket.isPaused()) socket.resume();
  }

  #clientEnded(): void {
    this.#halfClosed = true;
    const exchange = this.#exchange;
    exchange?.breakOff('it breaks off');
    // A stream is for somebody who listens; an answer in one piece is still sent.
    if (exchange?.isStreaming === true) this.socket.destroy();
    else if (exchange === undefined || exchange.isAnsweredWhole) {
      if (this.#ahead === undefined || exchange !== undefined) this.#end();
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#exchange = undefined;
    this.#ahead = undefined;
    this.#sinceMs = this.#host.nowMs();
    this.socket.off('data', this.#onData);
    // What still comes is dropped, so that the end of the client's side is seen.
    this.socket.resume();
    this.socket.destroySoon();
  }
}
