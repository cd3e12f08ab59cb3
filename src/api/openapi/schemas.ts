// JSON schemas of the served types for both OpenAPI versions: the same content, with references and special forms written
// as each version does.
import type { ApiRegistry } from '../registry.ts';
import type { ApiSchema, FieldSchema, Shape, TypeSchema } from '../schema/index.ts';
import { typeIn } from '../schema/required.ts';
import { isApiSchemaExtended } from '../schema/schema.ts';
import type { DescriptionFile } from '../schema/schema-file.ts';
import { stableName } from '../schema/type-names.ts';

export interface SchemaDocument {
  [key: string]: unknown;
}

/** What differs between the versions. */
export interface SchemaStyle {
  readonly version: 2 | 3;
  readonly referencePrefix: string;
}

const MACHINERY = 'io.k8s.apimachinery.pkg';
const SPECIAL_NAMES = {
  quantity: `${MACHINERY}.api.resource.Quantity`,
  intOrString: `${MACHINERY}.util.intstr.IntOrString`,
  time: `${MACHINERY}.apis.meta.v1.Time`,
  microTime: `${MACHINERY}.apis.meta.v1.MicroTime`,
  raw: `${MACHINERY}.apis.meta.v1.FieldsV1`,
  patch: `${MACHINERY}.apis.meta.v1.Patch`,
} as const;
export const PATCH_TYPE = SPECIAL_NAMES.patch;

type EnumFile = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** What documents say of types besides their shapes. */
export interface SchemaTexts {
  readonly descriptions: DescriptionFile;
  /** The values that a field takes, or the items of a list. */
  readonly enums: EnumFile;
}

/** The texts of `kubectl explain`: large, so loaded when a document is first asked for. */
export async function loadTexts(): Promise<SchemaTexts> {
  const file = await import('../generated/descriptions.json', { with: { type: 'json' } });
  const facts = await import('../facts/enums.json', { with: { type: 'json' } });
  const descriptions = isApiSchemaExtended() ? await withGated(file.default) : file.default;
  return { descriptions, enums: facts.default.types };
}

/** A type behind feature gates says what its stable version does, where it has no text of its own. */
async function withGated(stable: DescriptionFile): Promise<DescriptionFile> {
  const file = await import('../generated/gated-descriptions.json', { with: { type: 'json' } });
  const all: Record<string, Readonly<Record<string, string>>> = { ...stable };
  for (const [name, texts] of Object.entries(file.default as DescriptionFile))
    all[name] = { ...stable[stableName(name)], ...texts };
  return all;
}

/** Schemas by name, of `names` and everything they reach. */
export function schemasOf(
  registry: ApiRegistry,
  schema: ApiSchema,
  names: Iterable<string>,
  { descriptions, enums }: SchemaTexts,
  style: SchemaStyle,
): SchemaDocument {
  const kinds = kindsByType(registry);
  const documents: SchemaDocument = specialSchemas(style);
  for (const name of [...reachable(schema, names)].sort()) {
    const type = schema.type(name);
    if (type === undefined) continue;
    const told: Told = { kinds: kinds.get(name) ?? [], texts: descriptions[name] ?? {}, enums: enums[name] ?? {} };
    documents[name] = typeDocument(type, told, style);
  }
  return documents;
}

function reachable(schema: ApiSchema, names: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const queue = [...names];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    for (const field of schema.type(next)?.fields.values() ?? []) {
      const inner = typeIn(field.shape);
      if (inner !== undefined) queue.push(inner);
    }
  }
  return found;
}

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function kindsByType(registry: ApiRegistry): Map<string, Kind[]> {
  const kinds = new Map<string, Kind[]>();
  const add = (type: string, kind: Kind): void => {
    const known = kinds.get(type) ?? [];
    if (!known.some((one) => one.kind === kind.kind && one.group === kind.group && one.version === kind.version))
      known.push(kind);
    kinds.set(type, known);
  };
  for (const { schema: type, group, version, kind, listKind, verbs, subresources } of registry.all()) {
    add(type, { group, version, kind });
    if (verbs.includes('list')) add(type.replace(/[^.]+$/, listKind), { group, version, kind: listKind });
    for (const sub of subresources) {
      if (sub.group === 'autoscaling') add('io.k8s.api.autoscaling.v1.Scale', sub);
      if (sub.group === 'policy') add('io.k8s.api.policy.v1.Eviction', sub);
      if (sub.group === 'authentication.k8s.io') add('io.k8s.api.authentication.v1.TokenRequest', sub);
    }
  }
  // Both are taken in every group version.
  for (const { name, versions } of registry.groups()) {
    for (const version of versions) {
      add(`${MACHINERY}.apis.meta.v1.DeleteOptions`, { group: name, version, kind: 'DeleteOptions' });
    }
  }
  add(`${MACHINERY}.apis.meta.v1.Status`, { group: '', version: 'v1', kind: 'Status' });
  return kinds;
}

/** What is said of one type. */
interface Told {
  readonly kinds: readonly Kind[];
  readonly texts: Readonly<Record<string, string>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

function typeDocument(type: TypeSchema, { kinds, texts, enums }: Told, style: SchemaStyle): SchemaDocument {
  const properties: SchemaDocument = {};
  const required: string[] = [];
  for (const field of type.fields.values()) {
    const document = fieldDocument(field, texts[field.name], style);
    properties[field.name] = withValues(document, enums[field.name]);
    if (field.required) required.push(field.name);
  }
  return {
    ...(texts[''] === undefined ? {} : { description: texts[''] }),
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(type.fields.size === 0 ? {} : { properties }),
    ...(type.mapType === undefined ? {} : { 'x-kubernetes-map-type': type.mapType }),
    ...(kinds.length === 0
      ? {}
      : { 'x-kubernetes-group-version-kind': kinds.map(({ group, version, kind }) => ({ group, kind, version })) }),
  };
}

function fieldDocument(field: FieldSchema, description: string | undefined, style: SchemaStyle): SchemaDocument {
  const shape = shapeDocument(field.shape, style);
  const reference = style.version === 3 && shape['$ref'] !== undefined ? { allOf: [shape] } : shape;
  return {
    ...(description === undefined ? {} : { description }),
    ...reference,
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(field.listMapKeys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.mapType === undefined ? {} : { 'x-kubernetes-map-type': field.mapType }),
    ...(field.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.mergeKey }),
    ...(field.patchStrategies.length === 0 ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategies.join(',') }),
  };
}

function withValues(document: SchemaDocument, values: readonly string[] | undefined): SchemaDocument {
  if (values === undefined) return document;
  const items = document['items'];
  return items === undefined ? { ...document, enum: values } : { ...document, items: { ...items, enum: values } };
}

function shapeDocument(shape: Shape, style: SchemaStyle): SchemaDocument {
  const reference = (name: string): SchemaDocument => ({ $ref: `${style.referencePrefix}${name}` });
  switch (shape.kind) {
    case 'type':
      return reference(shape.type);
    case 'list':
      return { type: 'array', items: shapeDocument(shape.item, style) };
    case 'map':
      return { type: 'object', additionalProperties: shapeDocument(shape.item, style) };
    case 'scalar':
      break;
  }
  switch (shape.scalar) {
    case 'string':
    case 'boolean':
      return { type: shape.scalar };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: shape.scalar };
    case 'double':
      return { type: 'number', format: 'double' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'any':
      return { type: 'object' };
    default:
      return reference(SPECIAL_NAMES[shape.scalar]);
  }
}

function specialSchemas(style: SchemaStyle): SchemaDocument {
  const three = style.version === 3;
  return {
    [SPECIAL_NAMES.quantity]: {
      description: 'An amount of a resource: a number with an optional suffix (500m, 1Gi, 2e3).',
      ...(three ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' }),
    },
    [SPECIAL_NAMES.intOrString]: {
      description: 'A number, or a text such as a percentage or the name of a port.',
      format: 'int-or-string',
      ...(three ? { oneOf: [{ type: 'integer' }, { type: 'string' }] } : { type: 'string' }),
    },
    [SPECIAL_NAMES.time]: { description: 'A time in RFC 3339, in seconds.', type: 'string', format: 'date-time' },
    [SPECIAL_NAMES.microTime]: {
      description: 'A time in RFC 3339, in microseconds.',
      type: 'string',
      format: 'date-time',
    },
    [SPECIAL_NAMES.raw]: { description: 'A set of fields, as a trie of field names.', type: 'object' },
    [SPECIAL_NAMES.patch]: { description: 'A patch in the form that the Content-Type names.', type: 'object' },
  };
}
