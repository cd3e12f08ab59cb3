// Tells the log that no API server answers: once in plain words, again every half minute with a count, and when one is back.
// Requests and watches fail by the dozen meanwhile, and each of them says so only to whoever debugs.
import { type Clock, type Logger, messageOf } from '../lib/index.ts';
import { OUTAGE_TOLD_AFTER_MS, REMINDER_PERIOD_MS } from './limits.ts';

export interface Outage {
  /** An attempt failed while no server was known to answer. */
  failed(error: Error): void;
  answered(): void;
}

interface Silence {
  readonly sinceMs: number;
  /** When the log was last told; undefined: not yet. */
  toldMs: number | undefined;
  failures: number;
}

/** `addresses` are where servers should be. Times are the clock's monotonic ones. */
export function createOutage(addresses: readonly string[], clock: Clock, logger: Logger): Outage {
  const where = addresses.join(', ');
  let silence: Silence | undefined;
  return {
    failed(error) {
      const nowMs = clock.monotonic();
      silence ??= { sinceMs: nowMs, toldMs: undefined, failures: 0 };
      silence.failures += 1;
      const { sinceMs, toldMs, failures } = silence;
      const dueMs = toldMs === undefined ? sinceMs + OUTAGE_TOLD_AFTER_MS : toldMs + REMINDER_PERIOD_MS;
      if (nowMs < dueMs) return;
      silence.toldMs = nowMs;
      const seconds = secondsOf(nowMs - sinceMs);
      const text =
        toldMs === undefined
          ? `no API server answers at ${where}: waiting until one does`
          : `still no API server answers at ${where}, for ${seconds} s`;
      logger.warn({ failures, error: messageOf(error) }, text);
    },
    answered() {
      if (silence === undefined) return;
      const { sinceMs, toldMs, failures } = silence;
      silence = undefined;
      if (toldMs === undefined) return;
      logger.info({ failures }, `an API server answers again, after ${secondsOf(clock.monotonic() - sinceMs)} s`);
    },
  };
}

function secondsOf(milliseconds: number): number {
  return Math.round(milliseconds / 1_000);
}
