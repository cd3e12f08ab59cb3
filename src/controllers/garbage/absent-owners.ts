// Owners that a live look found absent. A uid never comes back, so what is absent once is absent for ever, and a thousand
// dependents of one deleted owner cost one look.
import type { OwnerReference } from '../../api/index.ts';
import { ABSENT_OWNER_LIMIT } from '../limits.ts';

export interface AbsentOwners {
  has(namespace: string, owner: OwnerReference): boolean;
  add(namespace: string, owner: OwnerReference): void;
}

/** Remembers the latest; the oldest are forgotten beyond the limit. */
export function createAbsentOwners(): AbsentOwners {
  const keys = new Set<string>();
  // The whole reference is the key: a wrong kind or namespace is absent, although the uid may exist elsewhere.
  const keyOfOwner = (namespace: string, { apiVersion, kind, name, uid }: OwnerReference): string =>
    [apiVersion, kind, namespace, name, uid].join(' ');
  return {
    has: (namespace, owner) => keys.has(keyOfOwner(namespace, owner)),
    add(namespace, owner) {
      keys.add(keyOfOwner(namespace, owner));
      const [oldest] = keys;
      if (keys.size > ABSENT_OWNER_LIMIT && oldest !== undefined) keys.delete(oldest);
    },
  };
}
