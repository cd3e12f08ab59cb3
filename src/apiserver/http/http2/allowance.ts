// How often something may happen: so many times at once, and then as often as time gives it back.

export interface AllowanceLimits {
  readonly atOnce: number;
  readonly perSecond: number;
}

export class Allowance {
  readonly #limits: AllowanceLimits;
  /** Invariant: at most `atOnce`. */
  #left: number;
  #atMs: number;

  constructor(limits: AllowanceLimits, nowMs: number) {
    this.#limits = limits;
    this.#left = limits.atOnce;
    this.#atMs = nowMs;
  }

  /** Once more; false when it is too often. `nowMs` never goes back. */
  take(nowMs: number): boolean {
    const { atOnce, perSecond } = this.#limits;
    this.#left = Math.min(atOnce, this.#left + ((nowMs - this.#atMs) / 1000) * perSecond);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
