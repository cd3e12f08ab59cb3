// What every part of a running API server shares: its options, and the little state that is its own.
import type { Authenticator } from './authn/authenticate.ts';
import type { TokenAuthority } from './authn/service-account-tokens.ts';
import type { Fairness } from './fairness/fairness.ts';
import type { ServerMetrics } from './http/metrics.ts';
import type { ApiServerOptions } from './options.ts';
import type { WatchPacer } from './watch/pacer.ts';

export interface ServerContext {
  readonly options: ApiServerOptions;
  readonly tokens: TokenAuthority;
  readonly authenticator: Authenticator;
  readonly metrics: ServerMetrics;
  readonly fairness: Fairness;
  readonly pacer: WatchPacer;
  /** Streams (watches, logs) that are open: each is ended by calling it when the server drains. */
  readonly streams: Set<() => void>;
  /** True from the beginning of stop(): /readyz fails, no new streams. */
  draining: boolean;
}
