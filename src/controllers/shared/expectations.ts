// What a controller knows that its cache does not show yet. A ReplicaSet that has just created a pod would, on a lagging
// cache, create it again: until each of its writes was seen, or was given up on, it decides nothing about replicas.
import type { Clock } from '../../lib/index.ts';
import { EXPECTATION_TIMEOUT_MS } from '../limits.ts';

export interface Expectations {
  /** `uids` will appear (and possibly vanish at once). */
  expectCreations(key: string, names: readonly string[]): void;
  expectDeletions(key: string, uids: readonly string[]): void;
  /** A creation failed, or was seen. Unknown ones are ignored. */
  creationObserved(key: string, name: string): void;
  /** A deletion failed, or was seen. Unknown ones are ignored. */
  deletionObserved(key: string, uid: string): void;
  /** True when nothing is outstanding, or has been for too long. */
  satisfied(key: string): boolean;
  forget(key: string): void;
}

interface Outstanding {
  readonly creations: Set<string>;
  readonly deletions: Set<string>;
  sinceMs: number;
}

/** Expectations by controller key. Creations are known by name, because the creator chooses it; deletions by uid. */
export function createExpectations(clock: Clock): Expectations {
  const byKey = new Map<string, Outstanding>();
  const outstanding = (key: string): Outstanding => {
    const found = byKey.get(key) ?? { creations: new Set(), deletions: new Set(), sinceMs: 0 };
    found.sinceMs = clock.monotonic();
    byKey.set(key, found);
    return found;
  };
  return {
    expectCreations(key, names) {
      const { creations } = outstanding(key);
      for (const name of names) creations.add(name);
    },
    expectDeletions(key, uids) {
      const { deletions } = outstanding(key);
      for (const uid of uids) deletions.add(uid);
    },
    creationObserved: (key, name) => void byKey.get(key)?.creations.delete(name),
    deletionObserved: (key, uid) => void byKey.get(key)?.deletions.delete(uid),
    satisfied(key) {
      const found = byKey.get(key);
      if (found === undefined) return true;
      const expired = clock.monotonic() - found.sinceMs >= EXPECTATION_TIMEOUT_MS;
      if (!expired && found.creations.size + found.deletions.size > 0) return false;
      byKey.delete(key);
      return true;
    },
    forget: (key) => void byKey.delete(key),
  };
}
