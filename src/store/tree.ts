// An ordered map that is cheap to freeze: a B+-tree whose nodes are copied before the first change after a freeze
// (copy on write), with the number of items under each branch, so that counting a range takes O(log n).
// A frozen view never changes. Keys are strings in code-unit order and live in the items: the tree stores no copy of them.
import { assert, defined } from '../lib/index.ts';
import type { KeyInterval } from './key.ts';

/** What a tree holds: anything that knows its key. */
export interface Keyed {
  readonly key: string;
}

/** Items in a leaf, and children of a branch, at most. */
const FANOUT = 32;
/** A node with fewer is joined or evened out with its neighbour. */
const UNDERFULL = FANOUT / 4;

/** Who may change a node in place: the tree between two freezes. */
type Owner = object;

interface Leaf<T> {
  readonly kind: 'leaf';
  readonly owner: Owner;
  readonly items: T[];
}
interface Branch<T> {
  readonly kind: 'branch';
  readonly owner: Owner;
  /** Items below. */
  count: number;
  /** Invariant: bounds[i] ≤ every key in children[i + 1], and > every key in children[i]. */
  readonly bounds: string[];
  readonly children: Node<T>[];
}
type Node<T> = Leaf<T> | Branch<T>;

/** A tree at one moment. */
export class TreeView<T extends Keyed> {
  readonly #root: Node<T>;
  constructor(root: Node<T>) {
    this.#root = root;
  }

  get size(): number {
    return countOf(this.#root);
  }

  get(key: string): T | undefined {
    return find(this.#root, key);
  }

  /** The items of an interval, in key order. */
  scan(interval: KeyInterval): IterableIterator<T> {
    return scanNode(this.#root, interval);
  }

  count(interval: KeyInterval): number {
    const end = interval.to === undefined ? this.size : rank(this.#root, interval.to);
    return Math.max(0, end - rank(this.#root, interval.from));
  }

  /** A tree of its own that begins with this content. */
  edit(): Tree<T> {
    return new Tree(this.#root);
  }
}

/** A tree that changes. */
export class Tree<T extends Keyed> {
  #root: Node<T>;
  #owner: Owner = {};
  #frozen: TreeView<T> | undefined;

  constructor(root?: Node<T>) {
    this.#root = root ?? { kind: 'leaf', owner: this.#owner, items: [] };
  }

  get size(): number {
    return countOf(this.#root);
  }

  get(key: string): T | undefined {
    return find(this.#root, key);
  }

  /** The content as it is now, for ever. O(1). */
  freeze(): TreeView<T> {
    this.#frozen ??= new TreeView(this.#root);
    return this.#frozen;
  }

  /** Puts an item under its key; returns what was there. */
  set(item: T): T | undefined {
    this.#beginChange();
    const root = owned(this.#root, this.#owner);
    const previous = insert(root, item, this.#owner);
    this.#root = root;
    if (sizeOf(root) > FANOUT) {
      const { bound, right } = split(root, this.#owner, item.key);
      const count = countOf(root) + countOf(right);
      this.#root = { kind: 'branch', owner: this.#owner, count, bounds: [bound], children: [root, right] };
    }
    return previous;
  }

  /** Removes a key; returns what was there. */
  delete(key: string): T | undefined {
    if (this.get(key) === undefined) return undefined;
    this.#beginChange();
    let root = owned(this.#root, this.#owner);
    const previous = remove(root, key, this.#owner);
    while (root.kind === 'branch' && root.children.length === 1) root = defined(root.children[0], 'the only child');
    this.#root = root;
    return previous;
  }

  #beginChange(): void {
    if (this.#frozen === undefined) return;
    this.#frozen = undefined;
    this.#owner = {};
  }
}

function countOf<T>(node: Node<T>): number {
  return node.kind === 'leaf' ? node.items.length : node.count;
}

function sizeOf<T>(node: Node<T>): number {
  return node.kind === 'leaf' ? node.items.length : node.children.length;
}

function owned<T>(node: Node<T>, owner: Owner): Node<T> {
  if (node.owner === owner) return node;
  if (node.kind === 'leaf') return { kind: 'leaf', owner, items: node.items.slice() };
  return { kind: 'branch', owner, count: node.count, bounds: node.bounds.slice(), children: node.children.slice() };
}

/** The first position in a leaf whose key is ≥ `key`. */
function lowerBound<T extends Keyed>(items: readonly T[], key: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle] as T).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child under which `key` belongs. */
function childIndex(bounds: readonly string[], key: string): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bounds[middle] as string) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function find<T extends Keyed>(root: Node<T>, key: string): T | undefined {
  let node = root;
  while (node.kind === 'branch') node = node.children[childIndex(node.bounds, key)] as Node<T>;
  const item = node.items[lowerBound(node.items, key)];
  return item !== undefined && item.key === key ? item : undefined;
}

/** How many keys are < `key`. */
function rank<T extends Keyed>(root: Node<T>, key: string): number {
  let before = 0;
  let node = root;
  while (node.kind === 'branch') {
    const index = childIndex(node.bounds, key);
    for (let i = 0; i < index; i++) before += countOf(node.children[i] as Node<T>);
    node = node.children[index] as Node<T>;
  }
  return before + lowerBound(node.items, key);
}

function* scanNode<T extends Keyed>(root: Node<T>, { from, to }: KeyInterval): IterableIterator<T> {
  const path: { readonly branch: Branch<T>; next: number }[] = [];
  let node: Node<T> | undefined = root;
  let start = from;
  while (node !== undefined) {
    while (node.kind === 'branch') {
      const index: number = start === '' ? 0 : childIndex(node.bounds, start);
      path.push({ branch: node, next: index + 1 });
      node = node.children[index] as Node<T>;
    }
    const { items }: Leaf<T> = node;
    for (let i = start === '' ? 0 : lowerBound(items, start); i < items.length; i++) {
      const item = items[i] as T;
      if (to !== undefined && item.key >= to) return;
      yield item;
    }
    start = '';
    node = undefined;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      node = top.branch.children[top.next++];
      if (node !== undefined) break;
      path.pop();
    }
  }
}

/** Inserts below a node that is owned. The node may be one over FANOUT afterwards: its parent splits it. */
function insert<T extends Keyed>(node: Node<T>, item: T, owner: Owner): T | undefined {
  if (node.kind === 'leaf') {
    const index = lowerBound(node.items, item.key);
    const present = node.items[index];
    if (present !== undefined && present.key === item.key) {
      node.items[index] = item;
      return present;
    }
    node.items.splice(index, 0, item);
    return undefined;
  }
  const index = childIndex(node.bounds, item.key);
  const child = owned(node.children[index] as Node<T>, owner);
  node.children[index] = child;
  const previous = insert(child, item, owner);
  if (previous === undefined) node.count += 1;
  if (sizeOf(child) > FANOUT) {
    const { bound, right } = split(child, owner, item.key);
    node.bounds.splice(index, 0, bound);
    node.children.splice(index + 1, 0, right);
  }
  return previous;
}

/**
 * Moves the upper part of an owned node into a new one. Where the newest key is the last (names that count upwards), the
 * left node stays full; otherwise both halves are equal.
 */
function split<T extends Keyed>(node: Node<T>, owner: Owner, newest: string): { bound: string; right: Node<T> } {
  const size = sizeOf(node);
  if (node.kind === 'leaf') {
    const ascending = defined(node.items.at(-1), 'the last item').key === newest;
    const items = node.items.splice(ascending ? size - 1 : size >>> 1);
    return { bound: defined(items[0], 'the first item on the right').key, right: { kind: 'leaf', owner, items } };
  }
  const ascending = defined(node.bounds.at(-1), 'the last bound') <= newest;
  const at = ascending ? size - 2 : size >>> 1;
  const children = node.children.splice(at);
  const bounds = node.bounds.splice(at);
  const bound = defined(node.bounds.pop(), 'the bound between the halves');
  const count = children.reduce((sum, child) => sum + countOf(child), 0);
  node.count -= count;
  return { bound, right: { kind: 'branch', owner, count, bounds, children } };
}

/** Removes a key that is there, below an owned node. */
function remove<T extends Keyed>(node: Node<T>, key: string, owner: Owner): T {
  if (node.kind === 'leaf') {
    const [removed] = node.items.splice(lowerBound(node.items, key), 1);
    assert(removed !== undefined && removed.key === key, 'a tree holds what it found');
    return removed;
  }
  const index = childIndex(node.bounds, key);
  const child = owned(node.children[index] as Node<T>, owner);
  node.children[index] = child;
  const removed = remove(child, key, owner);
  node.count -= 1;
  if (sizeOf(child) < UNDERFULL && node.children.length > 1) even(node, index === 0 ? 0 : index - 1, owner);
  return removed;
}

/** Joins children `left` and `left + 1`, or evens them out when they are too many for one node. */
function even<T extends Keyed>(node: Branch<T>, left: number, owner: Owner): void {
  const bound = defined(node.bounds[left], 'the bound between two children');
  const a = node.children[left] as Node<T>;
  const b = node.children[left + 1] as Node<T>;
  const joined = join(a, b, bound, owner);
  node.children[left] = joined;
  if (sizeOf(joined) <= FANOUT) {
    node.children.splice(left + 1, 1);
    node.bounds.splice(left, 1);
    return;
  }
  const halves = split(joined, owner, '');
  node.children[left + 1] = halves.right;
  node.bounds[left] = halves.bound;
}

function join<T extends Keyed>(a: Node<T>, b: Node<T>, bound: string, owner: Owner): Node<T> {
  if (a.kind === 'leaf') {
    assert(b.kind === 'leaf', 'all leaves of a tree are equally deep');
    return { kind: 'leaf', owner, items: [...a.items, ...b.items] };
  }
  assert(b.kind === 'branch', 'all leaves of a tree are equally deep');
  return {
    kind: 'branch',
    owner,
    count: a.count + b.count,
    bounds: [...a.bounds, bound, ...b.bounds],
    children: [...a.children, ...b.children],
  };
}
