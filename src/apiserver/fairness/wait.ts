// Waiting for a seat: until there is one, until it takes too long, or until nobody waits any more because the client has gone.
import type { Clock } from '../../lib/index.ts';
import type { AppContext } from '../http/env.ts';
import { requestTimeoutMs } from '../http/timeout.ts';
import { QUEUE_WAIT_LIMIT_MS, QUEUE_WAIT_SHARE } from '../limits.ts';
import type { Refusal } from './flow-stats.ts';

export interface Wait {
  /** It is over, in whichever way. */
  end(): void;
}

/** How long a request of this client may wait for a seat, in milliseconds. */
export function waitLimitMs(c: AppContext): number {
  return Math.min(QUEUE_WAIT_LIMIT_MS, requestTimeoutMs(c.get('query')) * QUEUE_WAIT_SHARE);
}

/** Calls `giveUp` once, after `limitMs` at the latest, unless the wait is ended before. */
export function beginWait(clock: Clock, c: AppContext, limitMs: number, giveUp: (why: Refusal) => void): Wait {
  const signal = c.get('signal');
  const exchange = c.env?.exchange;
  // A stream aborts the signal when its client gives it up; its socket is that of many, and would tell of all of them together.
  const tells = exchange?.onAbandoned !== undefined;
  const socket = tells ? undefined : (exchange?.socket ?? c.env?.upgrade?.incoming.socket);
  const late = (): void => stop('time-out');
  const left = (): void => stop('cancelled');
  const aborted = tells ? left : late;
  const timer = clock.timer(limitMs, late);
  let over = false;
  const end = (): void => {
    over = true;
    timer.cancel();
    signal.removeEventListener('abort', aborted);
    socket?.off('close', left);
  };
  const stop = (why: Refusal): void => {
    if (over) return;
    end();
    giveUp(why);
  };
  signal.addEventListener('abort', aborted, { once: true });
  socket?.once('close', left);
  // Neither tells again what has happened already.
  if (signal.aborted) queueMicrotask(aborted);
  else if (socket?.destroyed === true) queueMicrotask(left);
  return { end };
}
