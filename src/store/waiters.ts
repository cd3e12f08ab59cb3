// Callers that wait until something that only grows (a revision, an applied index) has reached a value.
import type { CancelSignal } from '../lib/index.ts';
import { StoreTimeoutError } from './port.ts';

interface Waiter {
  readonly value: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class RevisionWaiters {
  readonly #waiters = new Set<Waiter>();

  /** Resolves when `reached` is told the value or more. Rejects with StoreTimeoutError when the signal aborts first. */
  wait(value: number, signal: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timedOut = (): StoreTimeoutError => new StoreTimeoutError(`revision ${value} was not reached in time`);
      if (signal.aborted) throw timedOut();
      const settle = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', aborted);
      };
      const aborted = (): void => {
        settle();
        reject(timedOut());
      };
      const waiter: Waiter = {
        value,
        resolve() {
          settle();
          resolve();
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      signal.addEventListener('abort', aborted, { once: true });
      this.#waiters.add(waiter);
    });
  }

  reached(value: number): void {
    for (const waiter of this.#waiters) if (waiter.value <= value) waiter.resolve();
  }

  rejectAll(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
