// Time as a dependency. Only the entry points build the system clock; everything else is handed a Clock, so that tests
// and the simulator own time. This is the only file that may call Date.now, performance.now, setTimeout or setInterval.

import type { CancelSignal } from './cancel.ts';

/** A pending timer. Cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** A source of time. */
export interface Clock {
  /** Wall time in milliseconds since the epoch. May jump in both directions. */
  now(): number;
  /** Milliseconds since an arbitrary start. Never goes back; stands still while the machine sleeps on some systems. */
  monotonic(): number;
  /** Calls `fire` once, at the earliest after `delayMs` milliseconds. A pending timer keeps the process alive. */
  timer(delayMs: number, fire: () => void): Timer;
}

/** The clock of this machine. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    timer(delayMs, fire) {
      const handle = setTimeout(fire, delayMs);
      return { cancel: () => clearTimeout(handle) };
    },
  };
}

/** Calls `fire` each `periodMs` milliseconds until cancelled; the next period starts when `fire` has returned. */
export function every(clock: Clock, periodMs: number, fire: () => void): Timer {
  return repeatedly(clock, () => periodMs, fire);
}

function repeatedly(clock: Clock, delayMs: () => number, fire: () => void): Timer {
  let current: Timer | undefined;
  let cancelled = false;
  const arm = (): void => {
    current = clock.timer(delayMs(), () => {
      fire();
      if (!cancelled) arm();
    });
  };
  arm();
  return {
    cancel() {
      cancelled = true;
      current?.cancel();
    },
  };
}

/** A timer that fires early by less than this has not missed its beat: those of Node.js know whole milliseconds. */
const BEAT_SLACK_MS = 2;

/**
 * Milliseconds until the next whole multiple of `periodMs`. Who waits for beats instead of periods of his own is woken together with
 * all others of the thread who do, which is what a process at rest costs.
 */
export function untilBeat(clock: Pick<Clock, 'monotonic'>, periodMs: number): number {
  const nowMs = clock.monotonic();
  return (Math.floor((nowMs + BEAT_SLACK_MS) / periodMs) + 1) * periodMs - nowMs;
}

/** As every(), on the beat: the first time comes within a period. Not for what thousands do, such as connections of clients. */
export function onBeat(clock: Clock, periodMs: number, fire: () => void): Timer {
  return repeatedly(clock, () => untilBeat(clock, periodMs), fire);
}

/** Resolves after `delayMs`, or at once when `signal` is aborted: it never rejects, the caller asks the signal. */
export function sleep(clock: Clock, delayMs: number, signal?: CancelSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.timer(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** RFC 3339 with seconds, the form of Kubernetes' metav1.Time. */
export function rfc3339(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  if (second !== toldSecond) {
    toldText = `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
    toldSecond = second;
  }
  return toldText;
}

// Every write asks for the time, thousands within a second, and spelling a date is dear.
let toldSecond = Number.NaN;
let toldText = '';

/** RFC 3339 with microseconds, the form of Kubernetes' metav1.MicroTime. */
export function rfc3339Micro(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 23)}000Z`;
}
