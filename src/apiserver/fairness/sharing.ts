// Seats are shared out anew every few seconds, while the server runs. Its main thread does all the work of requests that is not
// waiting: where it is busy, what is unused of one level is not there to be used by another.
import { performance } from 'node:perf_hooks';
import { type Clock, onBeat, type Timer } from '../../lib/index.ts';
import { SEAT_LENDING_BUSY_LIMIT, SEAT_SHARING_PERIOD_MS } from '../limits.ts';
import type { Fairness } from './fairness.ts';

export function startSharing(clock: Clock, fairness: Pick<Fairness, 'shareSeats'>): Timer {
  let last = performance.eventLoopUtilization();
  return onBeat(clock, SEAT_SHARING_PERIOD_MS, () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    fairness.shareSeats(utilization >= SEAT_LENDING_BUSY_LIMIT);
  });
}
