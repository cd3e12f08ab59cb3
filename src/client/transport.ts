// One attempt at one endpoint, and the answer to the only question that matters when it fails: may the server have seen it?
// undici tells when a request is given to a socket; before that moment a failure is harmless, after it the outcome is open.
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '../lib/index.ts';
import type { Endpoint } from './endpoints.ts';

export interface Attempt {
  readonly method: string;
  /** With its query; begins with '/'. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Until the head of the answer is there: a long list may then take its time. */
  readonly headTimeoutMs: number;
  /** Until the whole answer is there. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export type AttemptOutcome =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
  /** The server cannot have acted on it. */
  | { readonly kind: 'unsent'; readonly error: Error }
  /** It may have. */
  | { readonly kind: 'lost'; readonly error: Error }
  | { readonly kind: 'aborted' };

/** Never rejects. */
export function attempt(clock: Clock, endpoint: Endpoint, request: Attempt): Promise<AttemptOutcome> {
  return new Promise((resolve) => new Exchange(clock, endpoint, request, resolve).start());
}

/** One request on its way; settles exactly once. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #clock: Clock;
  readonly #endpoint: Endpoint;
  readonly #request: Attempt;
  readonly #resolve: (outcome: AttemptOutcome) => void;
  readonly #startedMs: number;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #timer: Timer | undefined;
  #sent = false;
  #settled = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};

  constructor(clock: Clock, endpoint: Endpoint, request: Attempt, resolve: (outcome: AttemptOutcome) => void) {
    this.#clock = clock;
    this.#endpoint = endpoint;
    this.#request = request;
    this.#resolve = resolve;
    this.#startedMs = clock.monotonic();
  }

  start(): void {
    const { method, path, headers, body, signal, headTimeoutMs } = this.#request;
    if (signal?.aborted) {
      this.#abort();
      return;
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#limit(headTimeoutMs, 'no answer');
    const prefixed = this.#endpoint.prefix + path;
    // Its own timeouts are off: ours are kept by the injected clock.
    const options = { path: prefixed, headers, body: body ?? null, headersTimeout: 0, bodyTimeout: 0 };
    this.#endpoint.pool.dispatch({ method: method as Dispatcher.HttpMethod, ...options }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for a connection: it must not leave now.
    if (this.#settled) controller.abort(new Error('given up before it was sent'));
    else this.#sent = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
    if (!this.#settled) this.#limit(this.#request.timeoutMs, 'no complete answer');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle({
      kind: 'answer',
      status: this.#status,
      headers: this.#headers,
      body: Buffer.concat(this.#chunks),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #limit(limitMs: number, what: string): void {
    this.#timer?.cancel();
    const leftMs = limitMs - (this.#clock.monotonic() - this.#startedMs);
    this.#timer = this.#clock.timer(leftMs, () => {
      this.#fail(new Error(`${what} from ${this.#endpoint.origin} within ${Math.round(limitMs)} ms`));
      this.#controller?.abort(new Error('timed out'));
    });
  }

  readonly #abort = (): void => {
    this.#settle({ kind: 'aborted' });
    this.#controller?.abort(new Error('aborted'));
  };

  #fail(error: Error): void {
    this.#settle({ kind: this.#sent ? 'lost' : 'unsent', error });
  }

  #settle(outcome: AttemptOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#timer?.cancel();
    this.#request.signal?.removeEventListener('abort', this.#abort);
    this.#resolve(outcome);
  }
}
