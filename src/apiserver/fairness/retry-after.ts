// When refused clients should come again: doubled while a priority level goes on refusing many, one second less for each second in
// which it refuses few (as TCP's window, and as Kubernetes does).

const MAX_SECONDS = 32;
/** More than so many refusals per second of the present answer count as many. */
const MANY = 3;

export class RetryAfter {
  #seconds = 1;
  #raisedAt = Number.NEGATIVE_INFINITY;
  #second = Number.NaN;
  /** Refusals of the last seconds, oldest first. */
  #history: { readonly second: number; count: number }[] = [];

  /** A request is refused: what its client is told, in seconds. */
  refused(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#review(second);
      this.#history.push({ second, count: 0 });
    }
    const current = this.#history.at(-1);
    if (current !== undefined) current.count++;
    return this.#seconds;
  }

  #review(second: number): void {
    const since = second - this.#seconds;
    this.#history = this.#history.filter((one) => one.second >= second - MAX_SECONDS);
    const refused = this.#history.reduce((sum, one) => (one.second >= since ? sum + one.count : sum), 0);
    if (refused >= MANY * this.#seconds) {
      if (second - this.#raisedAt < this.#seconds) return;
      this.#seconds = Math.min(MAX_SECONDS, this.#seconds * 2);
      this.#raisedAt = second;
    } else if (refused < this.#seconds && this.#seconds > 1) this.#seconds--;
  }
}
