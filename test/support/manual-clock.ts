// Time that moves only when a test says so. Timers fire in the order they are due, each at its own moment.
import type { Clock } from '../../src/lib/index.ts';

export interface ManualClock extends Clock {
  /** Moves both times on by `ms`, firing every timer that becomes due, also those armed on the way. */
  advance(ms: number): void;
  /** Moves wall time alone: somebody set the clock, or the machine slept. */
  jump(ms: number): void;
  /** How many timers wait. */
  readonly pending: number;
}

export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let wallMs = startMs;
  let monotonicMs = 0;
  let order = 0;
  const timers = new Set<{ dueMs: number; order: number; fire: () => void }>();

  const nextDue = (untilMs: number) =>
    [...timers].filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  const moveTo = (targetMs: number): void => {
    wallMs += targetMs - monotonicMs;
    monotonicMs = targetMs;
  };

  return {
    now: () => wallMs,
    monotonic: () => monotonicMs,
    timer(delayMs, fire) {
      const timer = { dueMs: monotonicMs + Math.max(0, delayMs), order: order++, fire };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance(ms) {
      const untilMs = monotonicMs + ms;
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        timers.delete(timer);
        moveTo(Math.max(monotonicMs, timer.dueMs));
        timer.fire();
      }
      moveTo(untilMs);
    },
    jump(ms) {
      wallMs += ms;
    },
    get pending() {
      return timers.size;
    },
  };
}
