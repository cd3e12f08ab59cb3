// Keys of the object store: `<resource>/<namespace>/<name>`, in code-unit order. The only place that puts them together
// or takes them apart. A namespace is empty for cluster-scoped objects; internal resources begin with `~`.
import { assert } from '../lib/index.ts';
import { KEY_LIMIT_CHARACTERS } from './limits.ts';
import type { KeyRange, StoreKey } from './port.ts';

export interface KeyParts {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The key of one object. Throws InvariantError for parts that the API must have refused before. */
export function storeKey(resource: string, namespace: string, name: string): StoreKey {
  assert(resource !== '' && !resource.includes('/'), `bad resource in a key: ${resource}`);
  assert(!namespace.includes('/'), `bad namespace in a key: ${namespace}`);
  assert(name !== '' && !name.includes('/'), `bad name in a key: ${name}`);
  const key = `${resource}/${namespace}/${name}`;
  assert(key.length <= KEY_LIMIT_CHARACTERS, 'a key is too long');
  return key as StoreKey;
}

/** All objects of a resource; with `namespace` (not empty), those in it. */
export function resourceRange(resource: string, namespace?: string): KeyRange {
  return { prefix: namespace === undefined || namespace === '' ? `${resource}/` : `${resource}/${namespace}/` };
}

/** The range that holds one key. */
export function keyRange(key: StoreKey): KeyRange {
  return { prefix: key };
}

export function parseStoreKey(key: StoreKey): KeyParts {
  const first = key.indexOf('/');
  const second = key.indexOf('/', first + 1);
  assert(first > 0 && second > 0, `not a store key: ${key}`);
  return { resource: key.slice(0, first), namespace: key.slice(first + 1, second), name: key.slice(second + 1) };
}

/** The keys of a range as an interval, the upper bound excluded. An empty prefix means every key. */
export interface KeyInterval {
  readonly from: string;
  readonly to: string | undefined;
}

/**
 * The interval of `range` after `after`. A prefix that ends in `/` means all keys below it; any other is a key in full
 * and means itself alone, so that `pods/default/web` does not find `pods/default/web-1`.
 */
export function rangeInterval(range: KeyRange, after?: StoreKey): KeyInterval {
  const { prefix } = range;
  const begins = after === undefined || after < prefix;
  const from = begins ? prefix : `${after}\0`;
  if (prefix === '') return { from, to: undefined };
  // '0' is the character after '/'.
  return { from, to: prefix.endsWith('/') ? `${prefix.slice(0, -1)}0` : `${prefix}\0` };
}

/** Whether `key` is in `range`. */
export function inRange(range: KeyRange, key: StoreKey): boolean {
  const { prefix } = range;
  return prefix === '' || prefix.endsWith('/') ? key.startsWith(prefix) : key === prefix;
}
