// One request and its answer, as the application sees them. Three make it: a connection of our own (wire/), Node's HTTP server
// for what that leaves to it (node-exchange.ts), and a stream of an HTTP/2 connection (http2/).
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

export type AnswerHeaders = Readonly<Record<string, string>>;

export interface Exchange {
  /** The request's target as sent. */
  readonly target: string;
  readonly socket: Socket;
  /** An answer has begun. */
  readonly isAnswered: boolean;
  /** The body; empty when there is none. Rejects with ApiError 413 beyond REQUEST_BODY_LIMIT_BYTES, 400 when it breaks off. */
  readBody(): Promise<Uint8Array>;
  /** Answers in one piece. */
  answer(status: number, headers: AnswerHeaders, body: Uint8Array | string | null): void;
  /** Begins an answer whose rest is not known yet. Without a content-length its end is marked by chunks. */
  stream(status: number, headers: AnswerHeaders): AnswerStream;
  /** Breaks off whatever there is of an answer. */
  destroy(): void;
  /** Calls back when the client gives up a request that is not answered yet; not there where that does not show. */
  onAbandoned?(listener: () => void): void;
}

/** The body of an answer as it comes. It closes when all is sent, or when the client is gone. */
export interface AnswerStream extends Writable {
  /** Sends the head before there is anything of the body. */
  flushHeaders(): void;
  /** Writes bytes that are written to many: what frames them is made once. */
  writeShared(bytes: Uint8Array): void;
  /** What the client's side has not taken, in bytes. */
  unsentBytes(): number;
  /** Resolves when it takes more, or is gone. */
  drained(): Promise<void>;
}

/**
 * What a handler returns that has answered on the exchange itself: only its status matters, and making a Response costs more
 * than the rest of an answer.
 */
export function answered(status: number): Response {
  const known = ANSWERED.get(status);
  if (known !== undefined) return known;
  const made = { status } as Response;
  ANSWERED.set(status, made);
  return made;
}

const ANSWERED = new Map<number, Response>();

export function isAnswered(response: Response): boolean {
  return ANSWERED.get(response.status) === response;
}

/** Resolves at the next such event of `stream`, or at the `close` of `whole`. */
export function eventOrClosed(stream: Writable, event: 'drain' | 'finish', whole: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off(event, done);
      whole.off('close', done);
      resolve();
    };
    stream.on(event, done);
    whole.on('close', done);
  });
}
