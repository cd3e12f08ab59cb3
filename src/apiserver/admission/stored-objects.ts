// The objects that admission looks at: policies of a namespace and classes of the cluster. Each stored version is decoded
// once, however many requests it is asked for; nobody changes what comes from here.
import type { KubeObject } from '../../api/index.ts';
import { oncePer } from '../../lib/index.ts';
import { resourceRange, type Snapshot, type StoredObject, storeKey } from '../../store/index.ts';
import { fromStored } from '../storage/codec.ts';

export interface Found<T extends KubeObject> {
  readonly stored: StoredObject;
  readonly object: T;
}

const decoded = oncePer((stored: StoredObject) => fromStored(stored));

const NONE: readonly never[] = [];

/** All of a resource in a namespace ('': of a resource without namespaces), in the order of their names. */
export function findAll<T extends KubeObject>(
  snapshot: Snapshot,
  resource: string,
  namespace: string,
): readonly Found<T>[] {
  const range = resourceRange(resource, namespace);
  // Most namespaces have none, and are not scanned for it.
  if (snapshot.count(range) === 0) return NONE;
  return [...snapshot.scan(range)].map(found<T>);
}

export function findOne<T extends KubeObject>(
  snapshot: Snapshot,
  resource: string,
  name: string,
): Found<T> | undefined {
  if (name === '' || name.includes('/')) return undefined;
  const stored = snapshot.get(storeKey(resource, '', name));
  return stored === undefined ? undefined : found<T>(stored);
}

function found<T extends KubeObject>(stored: StoredObject): Found<T> {
  return { stored, object: decoded(stored) as T };
}
