// How fast a priority level refuses. A client that asks again as soon as it is refused takes more of the server by being refused than
// by being served; so the refusals of a crowd leave one by one, and each of its connections waits for its own. Pure.
import { REFUSAL_HELD_LIMIT_MS, REFUSALS_AT_ONCE, REFUSALS_PER_SECOND } from '../limits.ts';

const INTERVAL_MS = 1000 / REFUSALS_PER_SECOND;

export class RefusalPace {
  #nextMs = Number.NEGATIVE_INFINITY;

  /** A request is refused: how long its answer is held, in milliseconds. */
  refused(nowMs: number): number {
    const slotMs = Math.max(this.#nextMs, nowMs - REFUSALS_AT_ONCE * INTERVAL_MS);
    if (slotMs > nowMs + REFUSAL_HELD_LIMIT_MS) return REFUSAL_HELD_LIMIT_MS;
    this.#nextMs = slotMs + INTERVAL_MS;
    return Math.max(0, slotMs - nowMs);
  }
}
