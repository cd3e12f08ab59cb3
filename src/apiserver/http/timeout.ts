// How long a request may take: what its client asks for, within the server's limit.
import { REQUEST_TIMEOUT_MS } from '../limits.ts';
import { parseDuration } from './duration.ts';

export function requestTimeoutMs(query: URLSearchParams): number {
  const asked = parseDuration(query.get('timeout'));
  return asked === undefined || asked <= 0 ? REQUEST_TIMEOUT_MS : Math.min(asked, REQUEST_TIMEOUT_MS);
}
