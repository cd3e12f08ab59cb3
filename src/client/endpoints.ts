// Which API server the next request goes to. Sticky to the one that last answered; one that fails is left at once and
// rests for a while that doubles; one that says Retry-After rests as long as it asked. No endpoint is ever given up.
// Not the library's door: behind it are fetch, cookies, caches and mocks, a megabyte that every process would load.
import { createSecureContext, type SecureContext } from 'node:tls';
import Pool from 'undici/lib/dispatcher/pool.js';
import { type Clock, type Logger, messageOf, oncePer, type Prng, sleep, UserError } from '../lib/index.ts';
import {
  CONNECT_TIMEOUT_MS,
  CONNECTIONS_PER_ENDPOINT,
  ENDPOINT_BACKOFF_MAX_MS,
  ENDPOINT_BACKOFF_MIN_MS,
  KEEP_ALIVE_MS,
  RESPONSE_LIMIT_BYTES,
  RETRY_AFTER_MAX_MS,
} from './limits.ts';
import { createOutage } from './outage.ts';
import { ServerPulse } from './pulse.ts';

/** PEM texts. */
export interface TlsOptions {
  readonly ca: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Endpoint {
  /** As it was given. */
  readonly address: string;
  readonly origin: string;
  /** What an address has before the API's own paths: '' or `/prefix`. */
  readonly prefix: string;
  readonly pool: Pool;
  readonly pulse: ServerPulse;
}

export interface Endpoints {
  /** The endpoint to use now; waits while all of them rest. Undefined: none before `deadlineMs` (monotonic), or closed. */
  next(deadlineMs: number, signal: AbortSignal | undefined): Promise<Endpoint | undefined>;
  /** The endpoint to use now, resting or not. */
  best(): Endpoint;
  answered(endpoint: Endpoint): void;
  failed(endpoint: Endpoint, error: Error): void;
  postpone(endpoint: Endpoint, delayMs: number): void;
  /** From now on these are the servers; requests and watches under way elsewhere go on. Throws UserError as at the creation. */
  use(addresses: readonly string[]): void;
  close(): Promise<void>;
}

interface Candidate {
  readonly endpoint: Endpoint;
  failures: number;
  /** It failed, and has not answered since. */
  silent: boolean;
  /** Monotonic milliseconds. */
  restsUntilMs: number;
}

/** Throws UserError for a list that is empty or an address that is none. */
export function createEndpoints(
  addresses: readonly string[],
  tls: TlsOptions | undefined,
  clock: Clock,
  random: Prng,
  logger: Logger,
): Endpoints {
  let candidates: readonly Candidate[] = openCandidates(addresses, [], tls);
  const outage = createOutage(addresses, clock, logger);
  let current = 0;
  let closed = false;

  const inOrder = (): Candidate[] => [...candidates.slice(current), ...candidates.slice(0, current)];
  const best = (): Candidate =>
    inOrder().reduce((a, b) => (Math.max(b.restsUntilMs, clock.monotonic()) < a.restsUntilMs ? b : a));
  const find = (endpoint: Endpoint): Candidate | undefined => candidates.find((c) => c.endpoint === endpoint);
  const leave = (candidate: Candidate): void => {
    if (candidates[current] === candidate) current = (current + 1) % candidates.length;
  };

  return {
    async next(deadlineMs, signal) {
      for (;;) {
        if (closed) return undefined;
        const candidate = best();
        const waitMs = candidate.restsUntilMs - clock.monotonic();
        if (waitMs <= 0) return candidate.endpoint;
        if (candidate.restsUntilMs >= deadlineMs) return undefined;
        await sleep(clock, waitMs, signal);
        if (signal?.aborted) return undefined;
      }
    },
    best: () => best().endpoint,
    answered(endpoint) {
      const candidate = find(endpoint);
      if (candidate === undefined) return;
      candidate.failures = 0;
      candidate.silent = false;
      outage.answered();
      current = candidates.indexOf(candidate);
    },
    failed(endpoint, error) {
      const candidate = find(endpoint);
      if (candidate === undefined) return;
      leave(candidate);
      candidate.silent = true;
      if (candidates.every(({ silent }) => silent)) outage.failed(error);
      // Fifty requests that die with one server are one failure of it.
      if (candidate.restsUntilMs > clock.monotonic()) return;
      const restMs = Math.min(ENDPOINT_BACKOFF_MAX_MS, ENDPOINT_BACKOFF_MIN_MS * 2 ** candidate.failures);
      candidate.failures += 1;
      candidate.restsUntilMs = clock.monotonic() + restMs * (1 - random.float() * 0.3);
    },
    postpone(endpoint, delayMs) {
      const candidate = find(endpoint);
      if (candidate === undefined) return;
      leave(candidate);
      const untilMs = clock.monotonic() + Math.min(delayMs, RETRY_AFTER_MAX_MS);
      candidate.restsUntilMs = Math.max(candidate.restsUntilMs, untilMs);
    },
    use(others) {
      if (closed) return;
      const before = candidates;
      const preferred = before[current];
      candidates = openCandidates(others, before, tls);
      current = preferred === undefined ? 0 : Math.max(0, candidates.indexOf(preferred));
      for (const candidate of before) if (!candidates.includes(candidate)) void candidate.endpoint.pool.close();
    },
    async close() {
      closed = true;
      await Promise.all(candidates.map((candidate) => candidate.endpoint.pool.destroy()));
    },
  };
}

/** Those of `known` that are still named keep what is known of them. */
function openCandidates(
  addresses: readonly string[],
  known: readonly Candidate[],
  tls: TlsOptions | undefined,
): readonly Candidate[] {
  if (addresses.length === 0) {
    throw new UserError('no API server was given', 'Name at least one address, such as https://127.0.0.1:6443.');
  }
  return addresses.map(
    (address) =>
      known.find(({ endpoint }) => endpoint.address === address) ?? {
        endpoint: openEndpoint(address, tls),
        failures: 0,
        silent: false,
        restsUntilMs: 0,
      },
  );
}

function openEndpoint(address: string, tls: TlsOptions | undefined): Endpoint {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new UserError(`${address} is not the address of an API server`, 'Write it as https://host:port.');
  }
  const pool = new Pool(url.origin, {
    connections: CONNECTIONS_PER_ENDPOINT,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: RESPONSE_LIMIT_BYTES,
    connect: { timeout: CONNECT_TIMEOUT_MS, ...connectTls(tls) },
  });
  return { address, origin: url.origin, prefix: url.pathname.replace(/\/+$/, ''), pool, pulse: new ServerPulse() };
}

const contextFor = oncePer(contextOf);

/**
 * The same for requests and watches: our authority only, and a certificate of our own where we have one. Read once: it takes
 * milliseconds, and a process that starts opens dozens of connections at once. Throws UserError for texts that are none.
 */
export function connectTls(tls: TlsOptions | undefined): { secureContext?: SecureContext } {
  if (tls === undefined) return {};
  return { secureContext: contextFor(tls) };
}

function contextOf({ ca, cert, key }: TlsOptions): SecureContext {
  try {
    return createSecureContext({ ca, cert, key });
  } catch (error) {
    throw new UserError(
      `the authority, certificate or key for the API server cannot be used: ${messageOf(error)}`,
      'Give PEM texts, with a key that belongs to the certificate.',
    );
  }
}
