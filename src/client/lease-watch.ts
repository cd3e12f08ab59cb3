// How a candidate waits for a lease that another holds: it watches it, instead of asking again and again, and so learns at once
// that it was given up, and to the millisecond when it runs out.
import type { Lease, Served } from '../api/index.ts';
import type { Clock, Timer } from '../lib/index.ts';
import { LEASES } from './resources.ts';
import type { ApiClient } from './types.ts';

/** A lease as it was seen, and since when it stands still, by the observer's monotonic clock. */
export interface SeenLease {
  readonly lease: Served<Lease>;
  readonly sinceMs: number;
}

/** How long a lease is still its holder's: 0 or less when it stood still for as long as its holder asked to be respected. */
export function restOfTermMs({ lease, sinceMs }: SeenLease, nowMs: number): number {
  return sinceMs + (lease.spec?.leaseDurationSeconds ?? 0) * 1000 - nowMs;
}

/** Nobody holds it. */
export function isVacant(lease: Lease): boolean {
  return (lease.spec?.holderIdentity ?? '') === '';
}

/** How a wait for a lease ended: it may be had, or nothing more can be learned of it. What was seen last counts. */
export interface WaitOutcome {
  readonly seen: SeenLease;
  readonly isBlind: boolean;
}

/** Who waits. */
export interface Waiting {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly identity: string;
}

/** Follows a lease that another holds, until it is vacant, gone, has run out, is ours after all, or cannot be followed. Never rejects. */
export function outwait(
  { client, clock, identity }: Waiting,
  seen: SeenLease,
  signal: AbortSignal,
): Promise<WaitOutcome> {
  if (signal.aborted) return Promise.resolve({ seen, isBlind: true });
  const { namespace = '', name, resourceVersion } = seen.lease.metadata;
  return new Promise((resolve) => {
    const closing = new AbortController();
    let last = seen;
    let timer: Timer | undefined;
    const end = (isBlind: boolean): void => {
      timer?.cancel();
      signal.removeEventListener('abort', stop);
      closing.abort();
      resolve({ seen: last, isBlind });
    };
    const stop = (): void => end(true);
    const look = (): void => {
      const restMs = restOfTermMs(last, clock.monotonic());
      if (restMs <= 0) end(false);
      else timer = clock.timer(restMs, look);
    };
    signal.addEventListener('abort', stop, { once: true });
    look();
    if (closing.signal.aborted) return;
    const selection = { namespace, fieldSelector: `metadata.name=${name}` };
    client.watch(
      LEASES,
      selection,
      { resourceVersion, signal: closing.signal },
      {
        event(event) {
          if (event.type === 'BOOKMARK') return;
          if (event.type === 'ERROR') return stop();
          last = { lease: event.object, sinceMs: clock.monotonic() };
          // Ours: the answer to our claim was lost.
          const isOurs = event.object.spec?.holderIdentity === identity;
          if (event.type === 'DELETED' || isVacant(event.object) || isOurs) end(false);
        },
        ended: stop,
      },
    );
  });
}
