// Whether those who have gathered set out now, or wait for company. On the way through consensus everything costs by the batch,
// and whoever was answered together comes back one by one: a batch of the first alone would hold up all the others. So after a
// batch of many the next waits until as many have gathered, for a part of the time that the last one took. Nobody waits after a
// batch of one, after one that was back so soon that the part is less than a timer can count, and when those of the last batch have
// had as long as it took to come back.
import type { Clock } from '../lib/index.ts';
import { COMPANY_LIMIT_MS, COMPANY_SHARE } from './limits.ts';

export class Company {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** How many the last batch was of, how long it was under way, and when it was back. */
  #expected = 1;
  #tookMs = 0;
  #backAtMs = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** A batch of so many is back; it had left at `leftAtMs`. */
  back(size: number, leftAtMs: number): void {
    this.#backAtMs = this.#clock.monotonic();
    this.#expected = size;
    this.#tookMs = this.#backAtMs - leftAtMs;
  }

  /**
   * How long those wait who are `gathered`, the first of them since `firstAtMs`, while nobody is under way; in whole milliseconds,
   * as timers count. 0: they set out.
   */
  waitMs(gathered: number, firstAtMs: number): number {
    if (gathered >= this.#expected || firstAtMs - this.#backAtMs > this.#tookMs) return 0;
    const limitMs = Math.min(this.#tookMs * COMPANY_SHARE, COMPANY_LIMIT_MS);
    const waitedMs = this.#clock.monotonic() - Math.max(firstAtMs, this.#backAtMs);
    return Math.max(0, Math.floor(limitMs - waitedMs));
  }
}
