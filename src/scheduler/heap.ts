// A binary heap whose items can be taken out by key: what a queue of pods needs, because pods are deleted while they wait.

export interface Heap<T> {
  readonly size: number;
  /** Adds the item, in place of the one of the same key. */
  put(item: T): void;
  /** The first item. */
  peek(): T | undefined;
  pop(): T | undefined;
  remove(key: string): T | undefined;
}

interface Entry<T> {
  readonly item: T;
  readonly order: number;
}

/**
 * `precedes(a, b)`: a comes out first; of equal items the one that was put first.
 * Invariant: no entry comes before its parent at (i − 1) / 2.
 */
export function createHeap<T>(keyOf: (item: T) => string, precedes: (a: T, b: T) => boolean): Heap<T> {
  const items: Entry<T>[] = [];
  const places = new Map<string, number>();
  let order = 0;

  const before = (a: Entry<T>, b: Entry<T>): boolean =>
    precedes(a.item, b.item) || (a.order < b.order && !precedes(b.item, a.item));
  const set = (at: number, entry: Entry<T>): void => {
    items[at] = entry;
    places.set(keyOf(entry.item), at);
  };
  /** Moves the item at a place to where it belongs. */
  const settle = (start: number): void => {
    let at = start;
    const item = items[at];
    if (item === undefined) return;
    for (;;) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (at === 0 || parent === undefined || !before(item, parent)) break;
      set(at, parent);
      at = above;
    }
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [items[left], items[left + 1]];
      if (a === undefined) break;
      const below = b !== undefined && before(b, a) ? left + 1 : left;
      const child = items[below];
      if (child === undefined || !before(child, item)) break;
      set(at, child);
      at = below;
    }
    set(at, item);
  };
  const remove = (key: string): T | undefined => {
    const at = places.get(key);
    if (at === undefined) return undefined;
    const removed = items[at];
    const last = items.pop();
    places.delete(key);
    if (last !== undefined && at < items.length) {
      set(at, last);
      settle(at);
    }
    return removed?.item;
  };

  return {
    get size() {
      return items.length;
    },
    put(item) {
      remove(keyOf(item));
      set(items.length, { item, order: order++ });
      settle(items.length - 1);
    },
    peek: () => items[0]?.item,
    pop: () => (items[0] === undefined ? undefined : remove(keyOf(items[0].item))),
    remove,
  };
}
