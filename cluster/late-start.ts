// Something that begins when it is told to, or when the time is up, whichever comes first.
import type { Clock } from '../src/lib/index.ts';

export interface LateStart {
  /** Begins now, unless it has begun already or was called off. */
  now(): void;
  /** It does not begin any more. */
  callOff(): void;
}

export function lateStart(clock: Clock, limitMs: number, begin: () => void): LateStart {
  let isOver = false;
  const now = (): void => {
    if (isOver) return;
    callOff();
    begin();
  };
  const callOff = (): void => {
    isOver = true;
    timer.cancel();
  };
  const timer = clock.timer(limitMs, now);
  return { now, callOff };
}
