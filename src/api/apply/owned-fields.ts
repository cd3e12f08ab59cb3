// What a configuration owns: each of its leaves, and the items that it names.
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { itemElement } from './compare.ts';
import { type FieldSet, type FieldSetBuilder, LEAF, SELF, withSelf } from './field-set.ts';
import type { ListType, MapType, MergeType, StructType } from './merge-types.ts';
import { fieldElement } from './path-element.ts';

/** The set of an object's fields. Structs do not belong to it, as they come and go with their fields; items of lists do. */
export function ownedFields(type: StructType, object: JsonObject): FieldSet | undefined {
  return ownedStruct(type, object);
}

/** Undefined where nothing is owned: an empty list says nothing of any item. */
export function ownedValue(type: MergeType, value: Json): FieldSet | undefined {
  if (type.leaf || value === null) return LEAF;
  switch (type.kind) {
    case 'struct':
      return isEmptyObject(value) ? LEAF : isJsonObject(value) ? ownedStruct(type, value) : LEAF;
    case 'map':
      return isEmptyObject(value) ? LEAF : isJsonObject(value) ? ownedMap(type, value) : LEAF;
    case 'list':
      return Array.isArray(value) ? ownedList(type, value) : LEAF;
  }
}

function isEmptyObject(value: Json): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}

function ownedStruct(type: StructType, value: JsonObject): FieldSet | undefined {
  let set: FieldSetBuilder | undefined;
  for (const field of type.sorted) {
    const member = value[field.name];
    if (member === undefined) continue;
    const node = ownedValue(field.type, member);
    if (node === undefined) continue;
    set ??= {};
    set[field.element] = node;
  }
  return set;
}

function ownedMap(type: MapType, value: JsonObject): FieldSet {
  const set: FieldSetBuilder = {};
  for (const key of Object.keys(value).sort())
    set[fieldElement(key)] = withSelf(ownedValue(type.item, value[key] ?? null));
  return set;
}

function ownedList(type: ListType, value: readonly Json[]): FieldSet | undefined {
  if (value.length === 0) return undefined;
  const found = new Map<string, FieldSet>();
  for (const item of value) {
    const element = itemElement(type, item);
    const node = ownedValue(type.item, item);
    found.set(
      element,
      found.has(element) || node === undefined ? LEAF : node === LEAF ? LEAF : { [SELF]: LEAF, ...node },
    );
  }
  const set: FieldSetBuilder = {};
  for (const element of [...found.keys()].sort()) set[element] = found.get(element) ?? LEAF;
  return set;
}
