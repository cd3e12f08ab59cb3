// What an applier no longer names: fields and items that its last configuration had and this one has not are removed,
// unless somebody else owns them too.
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { itemElement } from './compare.ts';
import { type FieldSet, isMember, SELF } from './field-set.ts';
import type { ListType, MergeType, StructType } from './merge-types.ts';
import { ownedValue } from './owned-fields.ts';

/**
 * `object` without what is in `last` and in none of `owned`. A struct is there as long as somebody owns something in it, an
 * item of a list or map only as long as somebody owns itself. Answers the very object where nothing is removed; fields that have lost
 * all that was in them are null.
 */
export function pruneObject(
  type: StructType,
  object: JsonObject,
  last: FieldSet,
  owned: readonly FieldSet[],
): JsonObject {
  return pruneStruct(type, object, last, owned) ?? {};
}

/** Undefined when nothing is left. */
function prune(type: MergeType, value: Json, last: FieldSet, owned: readonly FieldSet[]): Json | undefined {
  if (type.leaf) return value;
  if (type.kind === 'list') return Array.isArray(value) ? pruneList(type, value, last, owned) : value;
  if (!isJsonObject(value)) return value;
  return type.kind === 'struct' ? pruneStruct(type, value, last, owned) : pruneMap(type.item, value, last, owned);
}

function childrenAt(owned: readonly FieldSet[], element: string): readonly FieldSet[] {
  const found: FieldSet[] = [];
  for (const set of owned) {
    const child = set[element];
    if (child !== undefined) found.push(child);
  }
  return found;
}

function pruneStruct(
  type: StructType,
  object: JsonObject,
  last: FieldSet,
  owned: readonly FieldSet[],
): JsonObject | undefined {
  return pruneMembers(object, last, owned, (name) => {
    const field = type.fields.get(name);
    return field === undefined ? undefined : { type: field.type, isNamed: true };
  });
}

function pruneMap(
  item: MergeType,
  object: JsonObject,
  last: FieldSet,
  owned: readonly FieldSet[],
): JsonObject | undefined {
  return pruneMembers(object, last, owned, () => ({ type: item, isNamed: false }));
}

function pruneMembers(
  object: JsonObject,
  last: FieldSet,
  owned: readonly FieldSet[],
  memberOf: (name: string) => { readonly type: MergeType; readonly isNamed: boolean } | undefined,
): JsonObject | undefined {
  let result: JsonObject | undefined;
  for (const element in last) {
    if (element === SELF) continue;
    const name = element.slice('f:'.length);
    const node = last[element];
    const member = element.startsWith('f:') && Object.hasOwn(object, name) ? memberOf(name) : undefined;
    const value = object[name];
    if (member === undefined || node === undefined || value === undefined) continue;
    const others = childrenAt(owned, element);
    const isTheirs = member.isNamed ? others.length > 0 : others.some(isMember);
    const wasOurs = member.isNamed || isMember(node);
    // What holds no field at all, such as an empty list, is in no set, and so not to be removed.
    const isGone = wasOurs && !isTheirs && ownedValue(member.type, value) !== undefined;
    // What somebody owns and that has lost its last member is null: its owner keeps it, though there is nothing to be seen of it.
    const kept = isGone ? undefined : (prune(member.type, value, node, others) ?? (member.isNamed ? null : {}));
    if (kept === value) continue;
    result ??= { ...object };
    if (kept === undefined) delete result[name];
    else result[name] = kept;
  }
  if (result === undefined) return object;
  return Object.keys(result).length === 0 ? undefined : result;
}

function pruneList(
  type: ListType,
  items: readonly Json[],
  last: FieldSet,
  owned: readonly FieldSet[],
): Json[] | undefined {
  let changed = false;
  const result: Json[] = [];
  const elements = items.map((item) => itemElement(type, item));
  const repeated = repeatedOf(elements);
  for (const [index, item] of items.entries()) {
    const element = elements[index] ?? '';
    const node = last[element];
    if (node === undefined) {
      result.push(item);
      continue;
    }
    const others = childrenAt(owned, element);
    const isGone = isMember(node) && !others.some(isMember);
    // Fields of items that share a key belong to none of them in particular.
    const kept = isGone ? undefined : repeated.has(element) ? item : prune(type.item, item, node, others);
    changed ||= kept !== item;
    if (kept !== undefined) result.push(kept);
  }
  if (!changed) return items as Json[];
  return result.length === 0 ? undefined : result;
}

function repeatedOf(elements: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const element of elements) {
    if (seen.has(element)) repeated.add(element);
    seen.add(element);
  }
  return repeated;
}
