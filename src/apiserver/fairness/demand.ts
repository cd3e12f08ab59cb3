// How many seats were wanted over a period: mean, standard deviation and maximum, weighted by time. Input of borrowing.ts.

export interface Demand {
  readonly average: number;
  readonly deviation: number;
  readonly highest: number;
}

export class DemandMeter {
  #wanted = 0;
  #sinceMs: number;
  #spanMs = 0;
  #sum = 0;
  #squares = 0;
  #highest = 0;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** From now on so many are wanted. */
  note(wanted: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#wanted = wanted;
    if (wanted > this.#highest) this.#highest = wanted;
  }

  /** Since the last call. */
  take(nowMs: number): Demand {
    this.#advance(nowMs);
    const average = this.#spanMs > 0 ? this.#sum / this.#spanMs : this.#wanted;
    const variance = this.#spanMs > 0 ? this.#squares / this.#spanMs - average * average : 0;
    const demand = { average, deviation: Math.sqrt(Math.max(0, variance)), highest: this.#highest };
    this.#spanMs = 0;
    this.#sum = 0;
    this.#squares = 0;
    this.#highest = this.#wanted;
    return demand;
  }

  #advance(nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs <= 0) return;
    this.#sinceMs = nowMs;
    this.#spanMs += passedMs;
    this.#sum += passedMs * this.#wanted;
    this.#squares += passedMs * this.#wanted * this.#wanted;
  }
}
