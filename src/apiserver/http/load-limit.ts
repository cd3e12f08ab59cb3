// How many requests may be in flight. Health, watches and logs are not counted: they are cheap, or last as long as their client likes.
import { tooManyRequestsError } from '../../api/index.ts';
import { IN_FLIGHT_LIMIT, MUTATING_IN_FLIGHT_LIMIT, RETRY_AFTER_SECONDS } from '../limits.ts';
import type { ResourceRequest } from '../request-info/parse.ts';
import type { ServerMetrics } from './metrics.ts';

export interface LoadLimit {
  /** Takes a request in; call what it returns when it is answered. Throws ApiError 429 beyond the limit. */
  admit(info: ResourceRequest): () => void;
}

const NOTHING = (): void => {};

export function createLoadLimit({ inFlight }: Pick<ServerMetrics, 'inFlight'>): LoadLimit {
  const releaseReading = (): void => void inFlight.readOnly--;
  const releaseMutating = (): void => void inFlight.mutating--;
  return {
    admit(info) {
      if (isLongRunning(info)) return NOTHING;
      const reads = info.verb === 'get' || info.verb === 'list';
      const full = reads ? inFlight.readOnly >= IN_FLIGHT_LIMIT : inFlight.mutating >= MUTATING_IN_FLIGHT_LIMIT;
      if (full) throw tooManyRequestsError('Too many requests, please try again later.', RETRY_AFTER_SECONDS);
      inFlight[reads ? 'readOnly' : 'mutating']++;
      return reads ? releaseReading : releaseMutating;
    },
  };
}

/** Requests that last as long as their client likes. */
function isLongRunning(info: ResourceRequest): boolean {
  return info.verb === 'watch' || LONG_SUBRESOURCES.has(info.subresource);
}

const LONG_SUBRESOURCES: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);
