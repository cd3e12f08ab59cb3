// A configuration may name a field with null: it owns the field, and wants it empty. Objects have no nulls in their
// fields: what is null there is not there.
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { MergeType, StructType } from './merge-types.ts';

/** `object` without the fields that are null; the very object where there are none. */
export function withoutNulls(type: StructType, object: JsonObject): JsonObject {
  let result: JsonObject | undefined;
  for (const name of Object.keys(object)) {
    const field = type.fields.get(name);
    const value = object[name];
    if (field === undefined || value === undefined) continue;
    const kept = value === null ? undefined : inner(field.type, value);
    if (kept === value) continue;
    result ??= { ...object };
    if (kept === undefined) delete result[name];
    else result[name] = kept;
  }
  return result ?? object;
}

function inner(type: MergeType, value: Json): Json {
  switch (type.kind) {
    case 'scalar':
      return value;
    case 'struct':
      return isJsonObject(value) ? withoutNulls(type, value) : value;
    case 'list': {
      if (!Array.isArray(value)) return value;
      const items = value.map((item) => inner(type.item, item));
      return items.every((item, i) => item === value[i]) ? value : items;
    }
    case 'map': {
      if (!isJsonObject(value)) return value;
      const members = Object.keys(value).map((key): [string, Json] => [key, inner(type.item, value[key] ?? null)]);
      return members.every(([key, member]) => member === value[key]) ? value : Object.fromEntries(members);
    }
  }
}
