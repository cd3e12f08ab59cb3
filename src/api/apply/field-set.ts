// A set of fields, in the very form that managedFields has on the wire (FieldsV1): a tree of path elements in which a node
// without children is a member of the set, and one with children is a member too when it holds '.'. Working on that form
// means that entries which do not change are never parsed. Sets are never changed: every operation answers a new one, or
// the very same where nothing differs; `undefined` is the empty set.

import { equalJson } from '../json.ts';

/** The root has no '.': nobody owns a whole object. */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** A set under construction. */
export type FieldSetBuilder = { [element: string]: FieldSet };

/** A member without children; one object for all of them. */
export const LEAF: FieldSet = Object.freeze({});

/** What says that a node with children is itself a member. */
export const SELF = '.';

export function isLeaf(node: FieldSet): boolean {
  for (const _ in node) return false;
  return true;
}

/** True when the node itself belongs to the set, whatever its children are. */
export function isMember(node: FieldSet): boolean {
  return SELF in node || isLeaf(node);
}

/** The node as a member of its set. */
export function withSelf(node: FieldSet | undefined): FieldSet {
  if (node === undefined) return LEAF;
  return isMember(node) ? node : { [SELF]: LEAF, ...node };
}

/**
 * What is in `a` and not in `b`, member by member: taking a parent does not take its children, nor the reverse. The leaves
 * of `b` are LEAF itself, as in every set that is made here: looking whether a large node has children costs its size.
 */
export function subtract(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isLeaf(a)) return b === LEAF || SELF in b ? undefined : a;
  if (b === LEAF) return SELF in a ? rebuilt(a, new Map([[SELF, undefined]])) : a;
  let replaced: Map<string, FieldSet | undefined> | undefined;
  // Over `a`: a large change costs many small entries no more than their own size.
  for (const element in a) {
    const mine = a[element];
    const other = b[element];
    if (mine === undefined || other === undefined) continue;
    const rest = subtract(mine, other);
    if (rest !== mine) {
      replaced ??= new Map();
      replaced.set(element, rest);
    }
  }
  return replaced === undefined ? a : rebuilt(a, replaced);
}

function rebuilt(a: FieldSet, replaced: ReadonlyMap<string, FieldSet | undefined>): FieldSet | undefined {
  const result: FieldSetBuilder = {};
  let children = 0;
  for (const element in a) {
    const node = replaced.has(element) ? replaced.get(element) : a[element];
    if (node === undefined) continue;
    result[element] = node;
    children++;
  }
  if (children === 0) return undefined;
  return children === 1 && SELF in result ? LEAF : result;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isLeaf(b)) return withSelf(a);
  if (isLeaf(a)) return withSelf(b);
  let added = false;
  let replaced: FieldSetBuilder | undefined;
  for (const element in b) {
    const other = b[element] ?? LEAF;
    const mine = a[element];
    const both = mine === undefined ? other : union(mine, other);
    if (both === mine) continue;
    added ||= mine === undefined;
    replaced ??= { ...a };
    replaced[element] = both;
  }
  if (replaced === undefined) return a;
  return added ? inOrder(replaced) : replaced;
}

function inOrder(set: FieldSetBuilder): FieldSet {
  const sorted: FieldSetBuilder = {};
  for (const element of Object.keys(set).sort()) sorted[element] = set[element] ?? LEAF;
  return sorted;
}

/** The union of many, in pairs of like size: adding them one by one would cost the square of their number. */
export function unionOf(sets: readonly FieldSet[]): FieldSet {
  const [first = LEAF, second] = sets;
  if (second === undefined) return first;
  const half = sets.length >> 1;
  return union(unionOf(sets.slice(0, half)), unionOf(sets.slice(half)));
}

/** True when every member of `part` belongs to `set`. */
export function covers(set: FieldSet, part: FieldSet): boolean {
  for (const element in part) {
    if (element === SELF) continue;
    const node = part[element] ?? LEAF;
    const mine = set[element];
    if (mine === undefined || (isMember(node) && !isMember(mine)) || !covers(mine, node)) return false;
  }
  return true;
}

/** What is in both, in the order of `a`; the leaves of `b` are LEAF itself. */
export function intersect(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isLeaf(a)) return b === LEAF || SELF in b ? LEAF : undefined;
  if (b === LEAF) return isMember(a) ? LEAF : undefined;
  const result: FieldSetBuilder = {};
  let children = 0;
  for (const element in a) {
    const other = b[element];
    const node = other === undefined ? undefined : intersect(a[element] ?? LEAF, other);
    if (node === undefined) continue;
    result[element] = node;
    children++;
  }
  if (children === 0) return undefined;
  return children === 1 && SELF in result ? LEAF : result;
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  return equalJson(a, b);
}

/** Each member as its path, elements in a row: a level's members before what lies below them. */
export function pathsOf(set: FieldSet, order: (a: string, b: string) => number): (readonly string[])[] {
  const paths: (readonly string[])[] = [];
  const visit = (node: FieldSet, path: readonly string[]): void => {
    const elements = Object.keys(node)
      .filter((element) => element !== SELF)
      .sort(order);
    for (const element of elements) if (isMember(node[element] ?? LEAF)) paths.push([...path, element]);
    for (const element of elements) visit(node[element] ?? LEAF, [...path, element]);
  };
  visit(set, []);
  return paths;
}

/** The set of one path. */
export function setOf(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((inner, element) => ({ [element]: inner }), LEAF);
}
