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
  | { readonly kind: 'aborted'; readonly sent: boolean };

/** Never rejects. */
export function attempt(clock: Clock, endpoint: Endpoint, request: Attempt): Promise<AttemptOutcome> {
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined;
    let sent = false;
    let settled = false;
    let timer: Timer | undefined;
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];

    const settle = (outcome: AttemptOutcome): void => {
      if (settled) return;
      settled = true;
      timer?.cancel();
      request.signal?.removeEventListener('abort', abort);
      resolve(outcome);
    };
    const fail = (error: Error): void => settle({ kind: sent ? 'lost' : 'unsent', error });
    const abort = (): void => {
      settle({ kind: 'aborted', sent });
      controller?.abort(new Error('aborted'));
    };

    if (request.signal?.aborted) {
      settle({ kind: 'aborted', sent });
      return;
    }
    request.signal?.addEventListener('abort', abort, { once: true });
    timer = clock.timer(request.timeoutMs, () => {
      fail(new Error(`no answer from ${endpoint.origin} within ${Math.round(request.timeoutMs)} ms`));
      controller?.abort(new Error('timed out'));
    });

    endpoint.pool.dispatch(
      {
        method: request.method as Dispatcher.HttpMethod,
        path: endpoint.prefix + request.path,
        headers: request.headers,
        body: request.body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart(given) {
          controller = given;
          // Given up while it waited for a connection: it must not leave now.
          if (settled) given.abort(new Error('given up before it was sent'));
          else sent = true;
        },
        onResponseStart(_controller, statusCode, answerHeaders) {
          status = statusCode;
          headers = answerHeaders;
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          settle({ kind: 'answer', status, headers, body: Buffer.concat(chunks) });
        },
        onResponseError(_controller, error) {
          fail(error);
        },
      },
    );
  });
}
