// A client's connection: requests one after another, each answered before the next is begun (RFC 9112 §9.3). What this parser does
// not take goes to Node's HTTP server with the connection, from that request on.
import type { Socket } from 'node:net';
import { WireExchange } from './exchange.ts';
import type { RequestHead, RequestHeaders } from './head.ts';
import { parseHead } from './head.ts';

/** Bytes that a client may send ahead of its answers. */
const AHEAD_LIMIT_BYTES = 64 * 1024;

export interface ConnectionHost {
  serve(head: RequestHead, exchange: WireExchange): void;
  /** Takes the socket over for good, with all that was read of it and not served. */
  handOver(socket: Socket): void;
  date(): string;
  nowMs(): number;
}

/** Since when a connection waits for what; undefined: for nothing of its client's. */
export interface Waiting {
  readonly what: 'firstRequest' | 'request' | 'body';
  readonly sinceMs: number;
}

export class WireConnection {
  readonly socket: Socket;
  readonly #host: ConnectionHost;
  #exchange: WireExchange | undefined;
  /** Came ahead of the answer before it. */
  #ahead: Buffer | undefined;
  #headers: RequestHeaders | undefined;
  #closing = false;
  #beginning = false;
  #sinceMs: number;
  readonly #onData = (bytes: Buffer): void => this.#receive(bytes);
  readonly #onEnd = (): void => this.#halfClosed();
  readonly #onClose = (): void => this.#exchange?.breakOff('its connection has ended');
  readonly #onError = (): void => void this.socket.destroy();

  constructor(socket: Socket, host: ConnectionHost) {
    this.socket = socket;
    this.#host = host;
    this.#sinceMs = host.nowMs();
    socket.setNoDelay(true);
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onError);
  }

  waiting(): Waiting | undefined {
    const sinceMs = this.#sinceMs;
    if (this.#exchange === undefined)
      return { what: this.#headers === undefined ? 'firstRequest' : 'request', sinceMs };
    return this.#exchange.isReceived ? undefined : { what: 'body', sinceMs };
  }

  /** No further request: the connection ends with the answer under way, or now. */
  close(): void {
    this.#closing = true;
    if (this.#exchange === undefined) this.socket.destroySoon();
  }

  /** What it waits for has not come in time. */
  giveUp(): void {
    if (this.#exchange?.isAnswered === true) this.socket.destroy();
    this.#exchange?.breakOff('it does not arrive');
    this.close();
  }

  date(): string {
    return this.#host.date();
  }

  closes(): boolean {
    return this.#closing;
  }

  over(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (this.#closing || this.socket.destroyed) {
      this.#exchange = undefined;
      this.socket.destroySoon();
    } else if (exchange.isReceived) {
      this.#exchange = undefined;
      this.#sinceMs = this.#host.nowMs();
      this.#beginNext();
    }
  }

  #receive(bytes: Buffer): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#ahead = bytes;
      this.#beginNext();
      return;
    }
    const wasReceived = exchange.isReceived;
    const rest = exchange.take(bytes);
    if (rest.length > 0) this.#ahead = this.#ahead === undefined ? rest : Buffer.concat([this.#ahead, rest]);
    if ((this.#ahead?.length ?? 0) > AHEAD_LIMIT_BYTES) this.socket.pause();
    // The answer went out before the body had come.
    if (!wasReceived && exchange.isReceived && exchange.isAnswered) this.over();
  }

  /** Begins what has come ahead, until a request waits for its answer. A loop: answers may be given at once. */
  #beginNext(): void {
    if (this.#beginning) return;
    this.#beginning = true;
    while (this.#ahead !== undefined && this.#exchange === undefined && !this.socket.destroyed) {
      const bytes = this.#ahead;
      this.#ahead = undefined;
      this.#begin(bytes);
    }
    this.#beginning = false;
  }

  #begin(bytes: Buffer): void {
    const head = parseHead(bytes, this.#headers);
    if (head === undefined) {
      this.#handOver(bytes);
      return;
    }
    this.#headers = head.headers;
    if (head.headers.closes) this.#closing = true;
    const exchange = new WireExchange(this, head);
    this.#exchange = exchange;
    this.#sinceMs = this.#host.nowMs();
    const rest = exchange.take(bytes.subarray(head.endsAt));
    if (rest.length > 0) this.#ahead = rest;
    if (this.socket.isPaused() && rest.length <= AHEAD_LIMIT_BYTES) this.socket.resume();
    this.#host.serve(head, exchange);
  }

  #handOver(bytes: Buffer): void {
    const { socket } = this;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    socket.unshift(bytes);
    this.#host.handOver(socket);
    socket.off('error', this.#onError);
    if (socket.isPaused()) socket.resume();
  }

  #halfClosed(): void {
    this.close();
    this.#exchange?.breakOff('it breaks off');
  }
}
