// What a write changes, as sets of fields: a typed comparison of an object before and after it. Nothing is made where
// nothing differs, and no path is spelled but those that do, because this runs on every write.
import { equalJson, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldSet, type FieldSetBuilder, LEAF, SELF } from './field-set.ts';
import type { ListType, MapType, MergeType, StructType } from './merge-types.ts';
import { fieldElement, keyElement, sameKeys, valueElement } from './path-element.ts';

/** A comparison's second answer. */
export interface Removals {
  removed: FieldSet | undefined;
}

export interface Changes {
  /** Added, or given another value. */
  readonly changed: FieldSet | undefined;
  /** No longer there. */
  readonly removed: FieldSet | undefined;
}

const EMPTY_OBJECT: JsonObject = Object.freeze({}) as JsonObject;
const EMPTY_LIST: Json[] = Object.freeze([]) as unknown as Json[];

/** Compares two objects of `type`. A create is compared with the empty object. */
export function compareObjects(type: StructType, before: JsonObject | undefined, after: JsonObject): Changes {
  const removals: Removals = { removed: undefined };
  const changed = compareStructs(type, before ?? EMPTY_OBJECT, after, removals);
  return { changed, removed: removals.removed };
}

/** Answers what was added or modified, and leaves in `removals` what was removed. */
function compareValues(
  type: MergeType,
  before: Json | undefined,
  after: Json | undefined,
  removals: Removals,
): FieldSet | undefined {
  if (before === undefined) return after === undefined ? undefined : wholeOf(type, after);
  if (after === undefined) {
    removals.removed = wholeOf(type, before);
    return undefined;
  }
  if (type.leaf) return equalLeaves(before, after) ? undefined : LEAF;
  switch (type.kind) {
    case 'struct':
      return compareStructs(type, objectOf(before), objectOf(after), removals);
    case 'map':
      return compareMaps(type, objectOf(before), objectOf(after), removals);
    case 'list':
      return compareLists(type, listOf(before), listOf(after), removals);
  }
}

function equalLeaves(before: Json, after: Json): boolean {
  return before === after || (typeof before === 'object' && equalJson(before, after));
}

function objectOf(value: Json): JsonObject {
  return isJsonObject(value) ? value : EMPTY_OBJECT;
}

function listOf(value: Json): Json[] {
  return Array.isArray(value) ? value : EMPTY_LIST;
}

/** A value that is there on one side only: all that is in it, and itself. */
function wholeOf(type: MergeType, value: Json): FieldSet {
  if (type.leaf || typeof value !== 'object' || value === null) return LEAF;
  switch (type.kind) {
    case 'struct':
      return wholeStruct(type, value as JsonObject);
    case 'map':
      return wholeMap(type, value as JsonObject);
    case 'list':
      return wholeList(type, listOf(value));
  }
}

function wholeStruct(type: StructType, value: JsonObject): FieldSet {
  let whole: FieldSetBuilder | undefined;
  for (const field of type.sorted) {
    const member = value[field.name];
    if (member === undefined && !field.embedded) continue;
    whole ??= { [SELF]: LEAF };
    whole[field.element] = member === undefined ? LEAF : wholeOf(field.type, member);
  }
  return whole ?? LEAF;
}

function wholeMap(type: MapType, value: JsonObject): FieldSet {
  const keys = Object.keys(value);
  if (keys.length === 0) return LEAF;
  const whole: FieldSetBuilder = { [SELF]: LEAF };
  for (const key of keys.sort()) whole[fieldElement(key)] = wholeOf(type.item, value[key] ?? null);
  return whole;
}

function wholeList(type: ListType, value: readonly Json[]): FieldSet {
  if (value.length === 0) return LEAF;
  const found = new Map<string, FieldSet>();
  for (const item of value) {
    const element = itemElement(type, item);
    // Items that nothing tells apart are owned as one.
    found.set(element, found.has(element) ? LEAF : wholeOf(type.item, item));
  }
  const whole: FieldSetBuilder = { [SELF]: LEAF };
  for (const element of [...found.keys()].sort()) whole[element] = found.get(element) ?? LEAF;
  return whole;
}

export function itemElement(type: ListType, item: Json): string {
  return type.keys.length > 0 ? keyElement(type.keys, item) : valueElement(item);
}

function compareStructs(
  type: StructType,
  before: JsonObject,
  after: JsonObject,
  removals: Removals,
): FieldSet | undefined {
  let changed: FieldSetBuilder | undefined;
  let removed: FieldSetBuilder | undefined;
  for (const field of type.sorted) {
    let old: Json | undefined = before[field.name];
    let now: Json | undefined = after[field.name];
    if (old === now) continue;
    if (field.embedded || (field.present && !field.type.leaf)) {
      old ??= EMPTY_OBJECT;
      now ??= EMPTY_OBJECT;
    }
    const node = compareValues(field.type, old, now, removals);
    if (node !== undefined) {
      changed ??= {};
      changed[field.element] = node;
    }
    if (removals.removed !== undefined) {
      removed ??= {};
      removed[field.element] = removals.removed;
      removals.removed = undefined;
    }
  }
  removals.removed = removed;
  return changed;
}

function compareMaps(type: MapType, before: JsonObject, after: JsonObject, removals: Removals): FieldSet | undefined {
  const found = new Findings();
  for (const key of Object.keys(after)) {
    const now = after[key] ?? null;
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (old === now) continue;
    found.note(fieldElement(key), compareValues(type.item, old, now, removals), removals);
  }
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) {
      found.note(fieldElement(key), compareValues(type.item, before[key] ?? null, undefined, removals), removals);
    }
  }
  return found.conclude(removals);
}

/** What differs among the members of a map or list: put into order only where something does. */
class Findings {
  #changed: [string, FieldSet][] | undefined;
  #removed: [string, FieldSet][] | undefined;

  /** Takes over what `removals` holds. */
  note(element: string, changed: FieldSet | undefined, removals: Removals): void {
    if (changed !== undefined) this.#changed = append(this.#changed, element, changed);
    if (removals.removed !== undefined) this.#removed = append(this.#removed, element, removals.removed);
    removals.removed = undefined;
  }

  remove(element: string): void {
    this.#removed = append(this.#removed, element, LEAF);
  }

  conclude(removals: Removals): FieldSet | undefined {
    removals.removed = inOrder(this.#removed);
    return inOrder(this.#changed);
  }
}

function append(list: [string, FieldSet][] | undefined, element: string, node: FieldSet): [string, FieldSet][] {
  if (list === undefined) return [[element, node]];
  list.push([element, node]);
  return list;
}

function inOrder(members: [string, FieldSet][] | undefined): FieldSet | undefined {
  if (members === undefined) return undefined;
  if (members.length > 1) members.sort(([a], [b]) => (a < b ? -1 : 1));
  const set: FieldSetBuilder = {};
  for (const [element, node] of members) set[element] = node;
  return set;
}

function compareLists(
  type: ListType,
  before: readonly Json[],
  after: readonly Json[],
  removals: Removals,
): FieldSet | undefined {
  if (isAligned(type, before, after)) {
    const found = new Findings();
    for (let i = 0; i < after.length; i++) {
      const old = before[i] ?? null;
      const now = after[i] ?? null;
      if (old === now) continue;
      const changed = compareValues(type.item, old, now, removals);
      if (changed !== undefined || removals.removed !== undefined) {
        found.note(itemElement(type, now), changed, removals);
      }
    }
    return found.conclude(removals);
  }
  return compareByElement(type, before, after, removals);
}

/** Lists longer than this are compared by their elements' texts, since looking for duplicates is quadratic. */
const ALIGNED_ITEMS_MAX = 16;

/** True for lists of the same different items in the same order, which most lists of most updates are. */
function isAligned(type: ListType, before: readonly Json[], after: readonly Json[]): boolean {
  const { length } = after;
  if (before.length !== length || length > ALIGNED_ITEMS_MAX) return false;
  for (let i = 0; i < length; i++) {
    const item = after[i] ?? null;
    if (!sameItem(type, before[i] ?? null, item)) return false;
    for (let j = 0; j < i; j++) if (sameItem(type, after[j] ?? null, item)) return false;
  }
  return true;
}

function sameItem(type: ListType, a: Json, b: Json): boolean {
  return type.keys.length > 0 ? sameKeys(type.keys, a, b) : a === b;
}

function compareByElement(
  type: ListType,
  before: readonly Json[],
  after: readonly Json[],
  removals: Removals,
): FieldSet | undefined {
  const old = itemsByElement(type, before);
  const now = itemsByElement(type, after);
  const found = new Findings();
  for (const element of new Set([...old.keys(), ...now.keys()])) {
    const left = old.get(element) ?? EMPTY_LIST;
    const right = now.get(element) ?? EMPTY_LIST;
    if (left.length < 2 && right.length < 2) {
      found.note(element, compareValues(type.item, left[0], right[0], removals), removals);
    } else if (left.length > 1 && right.length > 1) {
      if (!equalJson(left, right)) found.note(element, LEAF, removals);
    } else if (left.length > 1) {
      // Duplicates were owned as one item; what is left of them is new.
      found.note(element, right[0] === undefined ? undefined : wholeOf(type.item, right[0]), removals);
      found.remove(element);
    } else {
      if (left[0] !== undefined) removals.removed = wholeOf(type.item, left[0]);
      found.note(element, LEAF, removals);
    }
  }
  return found.conclude(removals);
}

function itemsByElement(type: ListType, items: readonly Json[]): Map<string, Json[]> {
  const found = new Map<string, Json[]>();
  for (const item of items) {
    const element = itemElement(type, item);
    const same = found.get(element);
    if (same === undefined) found.set(element, [item]);
    else same.push(item);
  }
  return found;
}
