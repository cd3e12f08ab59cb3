// When watchers are written to. What changes within one turn goes out together at the end of it; while changes come fast,
// watchers are written to in rounds with a pause between them, so that one write carries many events and the event loop is
// left to everybody else for most of the time. A change after a quiet moment waits for nothing.
import type { Clock } from '../../lib/index.ts';
import { WATCH_PAUSE_MAX_MS, WATCH_PAUSE_MIN_MS } from '../limits.ts';

/** A pause is so many times as long as the round before it. */
const PAUSE_FACTOR = 4;

export interface WatchPacer {
  /** Calls `flush` in the next round, once however often it is asked for. */
  soon(flush: () => void): void;
}

export function createWatchPacer(clock: Clock): WatchPacer {
  const waiting = new Set<() => void>();
  /** A round is due: at the end of this turn, or by a timer. */
  let due = false;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  const round = (): void => {
    due = false;
    const flushes = [...waiting];
    waiting.clear();
    const beginMs = clock.monotonic();
    for (const flush of flushes) flush();
    const endMs = clock.monotonic();
    const pauseMs = Math.max(WATCH_PAUSE_MIN_MS, Math.min(WATCH_PAUSE_MAX_MS, (endMs - beginMs) * PAUSE_FACTOR));
    notBeforeMs = endMs + pauseMs;
  };

  return {
    soon(flush) {
      waiting.add(flush);
      if (due) return;
      due = true;
      const waitMs = notBeforeMs - clock.monotonic();
      // A microtask: after everything that is published in this turn, before anything else happens.
      if (waitMs <= 0) queueMicrotask(round);
      else clock.timer(waitMs, round);
    },
  };
}
