// One request until it is answered: over endpoints and repetitions, within its time. What may be repeated is decided by
// the caller (repeatable.ts); this file promises that nothing else is.
import type { IncomingHttpHeaders } from 'node:http';
import type { Status } from '../api/index.ts';
import { type Clock, type Logger, messageOf } from '../lib/index.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { ApiStatusError, errorOfStatus, NotLeaderError, UnknownOutcomeError } from './errors.ts';
import { ATTEMPT_TIMEOUT_MS } from './limits.ts';
import { type AttemptOutcome, attempt } from './transport.ts';
import type { Fence } from './types.ts';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly contentType: string;
  readonly repeatable: boolean;
  /** Whether 429 and 503 with Retry-After are waited out. */
  readonly patient: boolean;
  /** Undefined for calls that carry no fence. */
  readonly fence: (() => Fence | undefined) | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** An earlier attempt's answer was lost: this one may be about a second execution. */
  readonly repeated: boolean;
}

export interface Requester {
  /** Whatever a server answers. Throws UnknownOutcomeError, NotLeaderError, ApiStatusError 504, the signal's reason. */
  send(call: Call): Promise<Answer>;
}

export function createRequester(
  endpoints: Endpoints,
  clock: Clock,
  logger: Logger,
  headers: Readonly<Record<string, string>>,
): Requester {
  return { send: (call) => send(call, { endpoints, clock, logger, headers }) };
}

interface Means {
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly headers: Readonly<Record<string, string>>;
}

async function send(call: Call, means: Means): Promise<Answer> {
  const { endpoints, clock } = means;
  const deadlineMs = clock.monotonic() + call.timeoutMs;
  let lost = false;
  let last: Error | undefined;
  for (;;) {
    call.signal?.throwIfAborted();
    const endpoint = await endpoints.next(deadlineMs, call.signal);
    call.signal?.throwIfAborted();
    const leftMs = deadlineMs - clock.monotonic();
    if (endpoint === undefined || leftMs <= 0) throw gaveUp(call, lost, last);
    const headers = headersOf(call, means, lost);
    const headTimeoutMs = call.repeatable ? Math.min(leftMs, attemptLimitMs(call)) : leftMs;
    const { method, path, body, signal } = call;
    const once = { method, path, headers, body, headTimeoutMs, timeoutMs: leftMs, signal };
    const outcome = await attempt(clock, endpoint, once);
    switch (outcome.kind) {
      case 'answer': {
        const asked = retryAsked(call, outcome);
        if (asked === undefined) {
          endpoints.answered(endpoint);
          return { status: outcome.status, headers: outcome.headers, body: outcome.body, repeated: lost };
        }
        endpoints.postpone(endpoint, asked.retryAfterMs ?? 0);
        last = asked;
        break;
      }
      case 'unsent':
      case 'lost':
        if (outcome.kind === 'lost') lost = true;
        last = outcome.error;
        noteFailure(means, endpoint, call, outcome.error);
        if (lost && !call.repeatable) throw gaveUp(call, lost, last);
        break;
      case 'aborted':
        call.signal?.throwIfAborted();
        break;
    }
  }
}

/** Two attempts fit in a short limit, so that a frozen server does not take all of it. */
function attemptLimitMs(call: Call): number {
  return Math.min(ATTEMPT_TIMEOUT_MS, call.timeoutMs / 2);
}

function headersOf(call: Call, means: Means, lost: boolean): Record<string, string> {
  const headers: Record<string, string> = { ...means.headers };
  if (call.body !== undefined) headers['content-type'] = call.contentType;
  if (call.fence !== undefined) {
    const fence = call.fence();
    if (fence === undefined) {
      if (lost)
        throw new UnknownOutcomeError(`${call.method} ${call.path}: leadership was lost before it was answered`);
      throw new NotLeaderError(`${call.method} ${call.path} was not sent: this process does not lead`);
    }
    headers['quorate-fence'] = `${fence.lease}=${fence.token}`;
  }
  return headers;
}

/** The refusal, when the server asks us to come back: it has not acted on the request. */
function retryAsked(call: Call, answer: AttemptOutcome & { kind: 'answer' }): ApiStatusError | undefined {
  if (!call.patient || (answer.status !== 429 && answer.status !== 503)) return undefined;
  const retryAfterMs = retryAfterOf(answer.headers);
  if (retryAfterMs === undefined) return undefined;
  return errorOfStatus(statusOfBody(answer.body), answer.status, retryAfterMs);
}

/** Retry-After in its form of whole seconds, which API servers use (RFC 9110, section 10.2.3). */
export function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after'];
  return value !== undefined && /^\d+$/.test(value) ? Number(value) * 1000 : undefined;
}

/** The Status in an answer; its text as the message when it is none. */
export function statusOfBody(body: Buffer): Partial<Status> {
  const text = body.toString('utf8');
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status') {
      return parsed as Partial<Status>;
    }
  } catch {
    // A proxy or a load balancer answered with text.
  }
  return text.trim() === '' ? {} : { message: text.trim().slice(0, 1_000) };
}

function noteFailure({ endpoints, logger }: Means, endpoint: Endpoint, call: Call, error: Error): void {
  endpoints.failed(endpoint, error);
  const { method, path } = call;
  logger.debug({ endpoint: endpoint.origin, method, path, error: messageOf(error) }, 'an API server did not answer');
}

function gaveUp(call: Call, lost: boolean, last: Error | undefined): Error {
  const cause = last === undefined ? '' : `: ${messageOf(last) || last.name}`;
  if (lost && call.method !== 'GET') {
    return new UnknownOutcomeError(`${call.method} ${call.path} may or may not have happened${cause}`);
  }
  if (last instanceof ApiStatusError) return last;
  const seconds = Math.round(call.timeoutMs / 100) / 10;
  return new ApiStatusError(
    504,
    'Timeout',
    `no API server answered ${call.method} ${call.path} within ${seconds} s${cause}`,
  );
}
