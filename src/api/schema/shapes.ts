// The schema as the rest of the room uses it: parsed shapes and fields by type name, from the compact file.
import type { FieldEntry, TypeEntry } from './schema-file.ts';

export type ScalarKind =
  | 'string'
  | 'int32'
  | 'int64'
  | 'double'
  | 'boolean'
  | 'time'
  | 'microTime'
  | 'quantity'
  | 'intOrString'
  | 'bytes'
  | 'any'
  | 'raw';

export type Shape =
  | { readonly kind: 'scalar'; readonly scalar: ScalarKind }
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'list'; readonly item: Shape }
  | { readonly kind: 'map'; readonly item: Shape };

export interface FieldSchema {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  /** `merge`, `replace`, `retainKeys`, in any combination. */
  readonly patchStrategies: readonly string[];
  readonly mergeKey: string | undefined;
  readonly listType: 'atomic' | 'map' | 'set' | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: 'atomic' | 'granular' | undefined;
  /** Never absent in Kubernetes: what leaves it out means the empty object. */
  readonly embedded: boolean;
}

export interface TypeSchema {
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldSchema>;
  readonly mapType: 'atomic' | 'granular' | undefined;
}

/** Types are parsed when first asked for: a server uses a fraction of them. */
export function typeReader(entryOf: (name: string) => TypeEntry | undefined): (name: string) => TypeSchema | undefined {
  const parsed = new Map<string, TypeSchema>();
  return (name) => {
    const known = parsed.get(name);
    if (known !== undefined) return known;
    const entry = entryOf(name);
    if (entry === undefined) return undefined;
    const fields = new Map(Object.entries(entry.f).map(([field, marks]) => [field, parseField(field, marks)]));
    const type: TypeSchema = { name, fields, mapType: entry.mt };
    parsed.set(name, type);
    return type;
  };
}

function parseField(name: string, entry: FieldEntry): FieldSchema {
  const marks = typeof entry === 'string' ? { t: entry } : entry;
  return {
    name,
    shape: parseShape(marks.t),
    required: marks.r === 1,
    patchStrategies: marks.ps === undefined ? [] : marks.ps.split(','),
    mergeKey: marks.mk,
    listType: marks.lt,
    listMapKeys: marks.lk ?? [],
    mapType: marks.mt,
    embedded: marks.e === 1,
  };
}

function parseShape(text: string): Shape {
  if (text.startsWith('[]')) return { kind: 'list', item: parseShape(text.slice(2)) };
  if (text.startsWith('{}')) return { kind: 'map', item: parseShape(text.slice(2)) };
  if (text.startsWith('#')) return { kind: 'type', type: text.slice(1) };
  return { kind: 'scalar', scalar: text as ScalarKind };
}

/** How Go would name a shape in a decoding error: `[]v1.Container`, `map[string]string`, `int32`. */
export function goTypeName(shape: Shape): string {
  switch (shape.kind) {
    case 'type':
      return shape.type.split('.').slice(-2).join('.');
    case 'list':
      return `[]${goTypeName(shape.item)}`;
    case 'map':
      return `map[string]${goTypeName(shape.item)}`;
    case 'scalar':
      return GO_SCALARS[shape.scalar];
  }
}

const GO_SCALARS: Readonly<Record<ScalarKind, string>> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  boolean: 'bool',
  time: 'string',
  microTime: 'string',
  quantity: 'string',
  intOrString: 'int32',
  bytes: '[]uint8',
  any: 'interface {}',
  raw: 'map[string]interface {}',
};
