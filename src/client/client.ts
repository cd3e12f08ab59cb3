// The typed client.
import { type Clock, InvariantError, type Logger, type Prng } from '../lib/index.ts';
import type { ApiClient } from './types.ts';

/** PEM texts. */
export interface TlsOptions {
  readonly ca: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface ClientOptions {
  /** Base addresses of API servers (or of a load balancer), at least one: `https://127.0.0.1:6444`. */
  readonly endpoints: readonly string[];
  readonly tls?: TlsOptions | undefined;
  /** A bearer token. */
  readonly token?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** `quorate-scheduler/0.1.0`: also the default field manager, up to its slash. */
  readonly userAgent: string;
  /** One request over all endpoints; REQUEST_TIMEOUT_MS when undefined. */
  readonly requestTimeoutMs?: number | undefined;
}

export function createClient(options: ClientOptions): ApiClient {
  throw new InvariantError(`being written: ${options.userAgent}`);
}
