// How the fields of each type merge, compiled from the schema on first use: which are leaves (scalars, and what is atomic:
// owned and replaced as one), and how the items of lists are told apart.
import type { ApiSchema, FieldSchema, ScalarKind, Shape, TypeSchema } from '../schema/index.ts';
import { compareTexts, fieldElement, type ListKey } from './path-element.ts';

export type MergeType = ScalarType | StructType | MapType | ListType;

export interface ScalarType {
  readonly kind: 'scalar';
  readonly leaf: true;
  readonly scalar: ScalarKind;
}

export interface StructType {
  readonly kind: 'struct';
  readonly leaf: boolean;
  readonly fields: ReadonlyMap<string, StructField>;
  /** By name. */
  readonly sorted: readonly StructField[];
}

export interface StructField {
  readonly name: string;
  readonly element: string;
  readonly type: MergeType;
  /** An object that has this field's parent has the field, if only empty: it is neither added nor removed with its content. */
  readonly present: boolean;
  /** The same, and it is written even when empty. */
  readonly embedded: boolean;
}

export interface MapType {
  readonly kind: 'map';
  readonly leaf: boolean;
  readonly item: MergeType;
}

export interface ListType {
  readonly kind: 'list';
  /** True where the list is atomic. */
  readonly leaf: boolean;
  readonly item: MergeType;
  /** By name; empty for a set, and for an atomic list. */
  readonly keys: readonly ListKey[];
}

/** A kind's types. Struct types stay the same object: recursive ones refer to themselves. */
export interface MergeTypes {
  /** Undefined where the schema does not know the type. */
  type(name: string): StructType | undefined;
}

const compiled = new WeakMap<ApiSchema, MergeTypes>();

export function mergeTypesOf(schema: ApiSchema): MergeTypes {
  let types = compiled.get(schema);
  if (types === undefined) {
    types = compileMergeTypes((name) => schema.type(name));
    compiled.set(schema, types);
  }
  return types;
}

/**
 * What keys default to in Kubernetes' OpenAPI document, where the API says so: without them, items that only leave the key out
 * would be others. A key that is required and no more defaults to the empty text, or to zero.
 */
const KEY_DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'io.k8s.api.core.v1.ContainerPort': { protocol: 'TCP' },
  'io.k8s.api.core.v1.ServicePort': { protocol: 'TCP' },
  'io.k8s.api.core.v1.LocalObjectReference': { name: '' },
};

const SCALARS = new Map<ScalarKind, ScalarType>();

function scalarType(scalar: ScalarKind): ScalarType {
  let type = SCALARS.get(scalar);
  if (type === undefined) {
    type = { kind: 'scalar', leaf: true, scalar };
    SCALARS.set(scalar, type);
  }
  return type;
}

function compileMergeTypes(lookup: (name: string) => TypeSchema | undefined): MergeTypes {
  const granular = new Map<string, StructType>();
  const atomic = new Map<string, StructType>();

  const ofType = (name: string, mapType: FieldSchema['mapType']): StructType | undefined => {
    const schema = lookup(name);
    if (schema === undefined) return undefined;
    const leaf = (mapType ?? schema.mapType) === 'atomic';
    const known = (leaf ? atomic : granular).get(name);
    if (known !== undefined) return known;
    const fields = new Map<string, StructField>();
    const sorted: StructField[] = [];
    const type: StructType = { kind: 'struct', leaf, fields, sorted };
    (leaf ? atomic : granular).set(name, type);
    for (const field of schema.fields.values()) {
      const inner = ofField(field);
      const isContainer = inner.kind !== 'scalar';
      const one: StructField = {
        name: field.name,
        element: fieldElement(field.name),
        type: inner,
        present: isContainer && (field.embedded || field.required),
        embedded: isContainer && field.embedded,
      };
      fields.set(field.name, one);
      sorted.push(one);
    }
    sorted.sort((a, b) => compareTexts(a.name, b.name));
    return type;
  };

  const ofField = (field: FieldSchema): MergeType => {
    const { shape } = field;
    switch (shape.kind) {
      case 'list':
        return { kind: 'list', item: ofShape(shape.item), ...listRule(field, shape.item, lookup) };
      case 'map':
        return { kind: 'map', leaf: field.mapType === 'atomic', item: ofShape(shape.item) };
      case 'type':
        return ofType(shape.type, field.mapType) ?? scalarType('any');
      case 'scalar':
        return scalarType(shape.scalar);
    }
  };

  /** What is no field of its own has no marks: a list in a list is atomic. */
  const ofShape = (shape: Shape): MergeType => {
    switch (shape.kind) {
      case 'list':
        return { kind: 'list', leaf: true, item: ofShape(shape.item), keys: [] };
      case 'map':
        return { kind: 'map', leaf: false, item: ofShape(shape.item) };
      case 'type':
        return ofType(shape.type, undefined) ?? scalarType('any');
      case 'scalar':
        return scalarType(shape.scalar);
    }
  };
  return { type: (name) => ofType(name, undefined) };
}

function listRule(
  field: FieldSchema,
  item: Shape,
  lookup: (name: string) => TypeSchema | undefined,
): { readonly leaf: boolean; readonly keys: readonly ListKey[] } {
  if (field.listType === 'set') return { leaf: false, keys: [] };
  if (field.listType !== 'map' || field.listMapKeys.length === 0) return { leaf: true, keys: [] };
  const type = item.kind === 'type' ? lookup(item.type) : undefined;
  const defaults = KEY_DEFAULTS[type?.name ?? ''] ?? {};
  const keys = [...field.listMapKeys].sort(compareTexts);
  return {
    leaf: false,
    keys: keys.map((name) => ({ name, fallback: defaults[name] ?? zeroOfRequired(type?.fields.get(name)) })),
  };
}

function zeroOfRequired(key: FieldSchema | undefined): string | number | undefined {
  if (key?.required !== true || key.shape.kind !== 'scalar') return undefined;
  return key.shape.scalar === 'string' ? '' : 0;
}
