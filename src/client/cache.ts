// What an informer holds: the objects of a selection, found by name, by namespace and by the indexes its users asked for.
// Objects are replaced, never changed. Invariant: every index agrees with `objects` between two calls.
import type { KubeObject, Served } from '../api/index.ts';
import { assert } from '../lib/index.ts';
import { keyOf, keyOfName } from './resources.ts';
import type { Lister, ObjectKey } from './types.ts';

export type IndexFunction<T> = (object: T) => readonly string[];

export interface Cache<T extends KubeObject> extends Lister<T> {
  /** Puts the object in; answers the one it replaced. */
  put(object: Served<T>): Served<T> | undefined;
  /** Takes the object of that key out and answers it. */
  remove(key: ObjectKey): Served<T> | undefined;
  keys(): ObjectKey[];
  find(key: ObjectKey): Served<T> | undefined;
  /** Objects that are there already are indexed too. */
  addIndex(name: string, values: IndexFunction<T>): void;
}

interface Index<T extends KubeObject> {
  readonly values: IndexFunction<T>;
  readonly entries: Map<string, Map<ObjectKey, Served<T>>>;
}

const NONE: readonly never[] = [];

export function createCache<T extends KubeObject>(): Cache<T> {
  const objects = new Map<ObjectKey, Served<T>>();
  const indexes = new Map<string, Index<T>>();
  const namespaces: Index<T> = { values: (object) => [object.metadata?.namespace ?? ''], entries: new Map() };

  const each = (visit: (index: Index<T>) => void): void => {
    visit(namespaces);
    for (const index of indexes.values()) visit(index);
  };
  const remove = (key: ObjectKey): Served<T> | undefined => {
    const old = objects.get(key);
    if (old === undefined) return undefined;
    objects.delete(key);
    each((index) => unindex(index, key, old));
    return old;
  };

  return {
    get: (name) => objects.get(keyOfName(name)),
    find: (key) => objects.get(key),
    keys: () => [...objects.keys()],
    list: (namespace) => [...(namespace ? (namespaces.entries.get(namespace)?.values() ?? NONE) : objects.values())],
    byIndex(name, value) {
      const index = indexes.get(name);
      assert(index !== undefined, `no index is called ${name}`);
      return [...(index.entries.get(value)?.values() ?? NONE)];
    },
    put(object) {
      const key = keyOf(object);
      const old = remove(key);
      objects.set(key, object);
      each((index) => enter(index, key, object));
      return old;
    },
    remove,
    addIndex(name, values) {
      const known = indexes.get(name);
      assert(known === undefined || known.values === values, `two different indexes are called ${name}`);
      if (known !== undefined) return;
      const index: Index<T> = { values, entries: new Map() };
      indexes.set(name, index);
      for (const [key, object] of objects) enter(index, key, object);
    },
  };
}

function enter<T extends KubeObject>(index: Index<T>, key: ObjectKey, object: Served<T>): void {
  for (const value of index.values(object)) {
    const entries = index.entries.get(value);
    if (entries === undefined) index.entries.set(value, new Map([[key, object]]));
    else entries.set(key, object);
  }
}

function unindex<T extends KubeObject>(index: Index<T>, key: ObjectKey, object: Served<T>): void {
  for (const value of index.values(object)) {
    const entries = index.entries.get(value);
    entries?.delete(key);
    if (entries?.size === 0) index.entries.delete(value);
  }
}
