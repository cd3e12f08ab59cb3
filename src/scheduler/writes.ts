// Writes under way beside the decisions: a bounded number, and all of them waited for at the end.
import { WRITES_IN_FLIGHT } from './limits.ts';

export interface Writes {
  /** Counts a write until it ends. It must not reject. */
  track(write: Promise<void>): void;
  /** Resolves when one more may start. */
  room(): Promise<void>;
  all(): Promise<void>;
}

export function createWrites(): Writes {
  const underWay = new Set<Promise<void>>();
  return {
    track(write) {
      const tracked = write.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
    },
    async room() {
      while (underWay.size >= WRITES_IN_FLIGHT) await Promise.race(underWay);
    },
    async all() {
      await Promise.all(underWay);
    },
  };
}
