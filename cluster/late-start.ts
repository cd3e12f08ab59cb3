// Something that begins when it is told to, or when the time is up, whichever comes first.
import type { Clock } from '../src/lib/index.ts';

export interface LateStart {
  /** Begins now, unless it has begun already or was called off. Throws what the beginning throws. */
  now(): void;
  /** It does not begin any more. */
  callOff(): void;
}

export interface Beginning {
  begin(): void;
  /** It began because the time was up, and threw. */
  failed(error: unknown): void;
}

export function lateStart(clock: Clock, limitMs: number, { begin, failed }: Beginning): LateStart {
  let isOver = false;
  const callOff = (): void => {
    isOver = true;
    timer.cancel();
  };
  const now = (): void => {
    if (isOver) return;
    callOff();
    begin();
  };
  const timer = clock.timer(limitMs, () => {
    try {
      now();
    } catch (error) {
      failed(error);
    }
  });
  return { now, callOff };
}
