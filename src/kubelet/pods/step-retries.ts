// When the steps of a pod that failed (a missing ConfigMap, a refused sandbox) are tried again: soon at first, then as
// often as in every kubelet, so that what a user repairs is noticed within ten seconds. A success starts anew.
import { POD_RETRY_FIRST_MS, POD_RETRY_LIMIT_MS } from '../limits.ts';

export class StepRetries {
  readonly #delays = new Map<string, number>();
  readonly #notBefore = new Map<string, number>();

  /** Steps are not tried before this, by name; '' is the sandbox. */
  get notBeforeMs(): ReadonlyMap<string, number> {
    return this.#notBefore;
  }

  succeeded(name: string): void {
    this.#delays.delete(name);
    this.#notBefore.delete(name);
  }

  /** `untilMs`: somebody else keeps the time (an image's own back-off). */
  failed(name: string, nowMs: number, untilMs?: number): void {
    const delayMs = retryDelayMs(this.#delays.get(name));
    this.#delays.set(name, delayMs);
    this.#notBefore.set(name, untilMs === undefined ? nowMs + delayMs : Math.max(untilMs, nowMs));
  }
}

/** The wait after another failure in a row; `previous` is the one before it. */
export function retryDelayMs(previous: number | undefined): number {
  return previous === undefined ? POD_RETRY_FIRST_MS : Math.min(previous * 2, POD_RETRY_LIMIT_MS);
}
