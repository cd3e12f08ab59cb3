// What the pieces of an object are for server-side apply, read from the schema's marks each time that they are asked for: leaves
// (scalars, and whatever is atomic), structs, maps, lists whose items have keys, and sets. As the public OpenAPI document's
// x-kubernetes-list-type, -list-map-keys and -map-type are explained in "Server-Side Apply: Merge strategy".

import presence from '../../../../src/api/facts/presence.json' with { type: 'json' };
import type { ApiSchema, FieldSchema, Json, JsonObject, Shape, TypeSchema } from '../../../../src/api/index.ts';
import { isJsonObject } from '../../../../src/api/index.ts';

export type Kind =
  | { readonly is: 'leaf' }
  | { readonly is: 'struct'; readonly type: TypeSchema }
  | { readonly is: 'map'; readonly item: Shape }
  | { readonly is: 'keyed'; readonly item: Shape; readonly keys: readonly string[] }
  | { readonly is: 'set' };

type Marks = Pick<FieldSchema, 'listType' | 'listMapKeys' | 'mapType'>;

const LEAF: Kind = { is: 'leaf' };
/** Keys that have a value when nobody gave one: +default of the API's types. */
const KEY_DEFAULTS: Readonly<Record<string, JsonObject>> = {
  'io.k8s.api.core.v1.ContainerPort': { protocol: 'TCP' },
  'io.k8s.api.core.v1.ServicePort': { protocol: 'TCP' },
};

/** The kind of a value of `shape`; `marks` are those of the field that holds it, which come before those of its type. */
export function kindOf(schema: ApiSchema, shape: Shape, marks?: Marks): Kind {
  switch (shape.kind) {
    case 'scalar':
      return LEAF;
    case 'map':
      return marks?.mapType === 'atomic' ? LEAF : { is: 'map', item: shape.item };
    case 'list':
      return listKind(shape.item, marks);
    case 'type': {
      const type = schema.type(shape.type);
      if (type === undefined || (marks?.mapType ?? type.mapType) === 'atomic') return LEAF;
      return { is: 'struct', type };
    }
  }
}

function listKind(item: Shape, marks: Marks | undefined): Kind {
  if (marks?.listType === 'map') return { is: 'keyed', item, keys: marks.listMapKeys };
  if (marks?.listType === 'set') return { is: 'set' };
  return LEAF;
}

export function rootKind(schema: ApiSchema, typeName: string): Kind {
  return kindOf(schema, { kind: 'type', type: typeName });
}

/** The kind of what a field, or an item of a map, holds. */
export function memberKind(schema: ApiSchema, kind: Kind, name: string): Kind {
  if (kind.is === 'map') return kindOf(schema, kind.item);
  const field = kind.is === 'struct' ? kind.type.fields.get(name) : undefined;
  return field === undefined ? LEAF : kindOf(schema, field.shape, field);
}

/** The kind of a list's items. */
export function itemKind(schema: ApiSchema, kind: Kind): Kind {
  return kind.is === 'keyed' ? kindOf(schema, kind.item) : LEAF;
}

/** The keys of an item, with their defaults. */
export function keysOf(kind: Kind, item: Json): JsonObject {
  if (kind.is !== 'keyed' || !isJsonObject(item)) return {};
  const defaults = kind.item.kind === 'type' ? (KEY_DEFAULTS[kind.item.type] ?? {}) : {};
  const keys: JsonObject = {};
  for (const key of kind.keys) {
    const value = item[key] ?? defaults[key];
    if (value !== undefined) keys[key] = value;
  }
  return keys;
}

/**
 * The object as Kubernetes has it in Go: structs that are no pointers are always there, and so are required lists and maps, be they
 * empty. Objects are compared in this form, which is why nobody owns the `spec` of a Deployment itself.
 */
export function asInGo(schema: ApiSchema, kind: Kind, value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => asInGo(schema, itemKind(schema, kind), item));
  if (!isJsonObject(value)) return value;
  const whole: JsonObject = { ...value };
  if (kind.is === 'struct') {
    const always = embedded(kind.type.name);
    for (const field of kind.type.fields.values()) {
      if (whole[field.name] !== undefined) continue;
      if (field.shape.kind === 'type' && always.includes(field.name)) whole[field.name] = {};
      if (!field.required) continue;
      const required = kindOf(schema, field.shape, field);
      if (required.is === 'map') whole[field.name] = {};
      if (required.is === 'keyed' || required.is === 'set') whole[field.name] = [];
    }
  }
  const members = Object.entries(whole).map(([name, member]) => [
    name,
    asInGo(schema, memberKind(schema, kind, name), member),
  ]);
  return Object.fromEntries(members) as JsonObject;
}

function embedded(typeName: string): readonly string[] {
  const facts = presence.types as Readonly<Record<string, { readonly embedded?: readonly string[] }>>;
  return facts[typeName.replace(/^io\.k8s\./, 'k8s.io.')]?.embedded ?? [];
}
