// Bodies by a schema: small ones, of few fields and fewer values, so that what different managers write meets in the same places.
import fc from 'fast-check';
import type { ApiSchema, FieldSchema, Json, JsonObject, Shape } from '../../../../src/api/index.ts';
import { type Kind, kindOf } from './kinds.ts';

/**
 * The fields of a type that bodies have, where they do not have all. `spec!` is there in every body: it is the way to what matters.
 */
export type Chosen = Readonly<Record<string, readonly string[]>>;

export interface BodyOptions {
  readonly schema: ApiSchema;
  readonly chosen: Chosen;
  /** Items of lists may share their keys, as they may in what is stored. */
  readonly repeats: boolean;
}

/** Words that mean something where they stand: the others are `a` and `b`. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  protocol: ['TCP', 'UDP'],
  whenUnsatisfiable: ['DoNotSchedule'],
};

export function bodyOf(options: BodyOptions, typeName: string): fc.Arbitrary<JsonObject> {
  return structOf(options, typeName, []);
}

function structOf(options: BodyOptions, typeName: string, always: readonly string[]): fc.Arbitrary<JsonObject> {
  const { schema, chosen } = options;
  const fields = [...(schema.type(typeName)?.fields.values() ?? [])];
  const marked = chosen[typeName] ?? fields.map(({ name }) => name);
  const names = new Map(marked.map((name) => [name.replace('!', ''), name.endsWith('!')]));
  const members = fields.filter(({ name }) => names.has(name) || always.includes(name));
  const required = members.map(({ name }) => name).filter((name) => names.get(name) === true || always.includes(name));
  const model = Object.fromEntries(members.map((field) => [field.name, fieldValueOf(options, field.shape, field)]));
  return fc.record(model, { requiredKeys: required }) as fc.Arbitrary<JsonObject>;
}

function fieldValueOf(options: BodyOptions, shape: Shape, field: FieldSchema): fc.Arbitrary<Json> {
  const kind = kindOf(options.schema, shape, field);
  switch (shape.kind) {
    case 'scalar':
      return scalarOf(shape.scalar, field.name);
    case 'type':
      return structOf(options, shape.type, []);
    case 'map':
      return fc.dictionary(fc.constantFrom('a', 'b', 'x.y/z'), inner(options, shape.item), {
        maxKeys: 2,
        noNullPrototype: true,
      });
    case 'list':
      return listOf(options, shape.item, kind, field);
  }
}

/** What a list or map holds has no marks of its own. */
function inner(options: BodyOptions, shape: Shape): fc.Arbitrary<Json> {
  return fieldValueOf(options, shape, { ...UNMARKED, shape });
}
const UNMARKED = {
  name: '',
  required: false,
  embedded: false,
  patchStrategies: [],
  mergeKey: undefined,
  listType: undefined,
  listMapKeys: [],
  mapType: undefined,
} as const;

function listOf(options: BodyOptions, item: Shape, kind: Kind, field: FieldSchema): fc.Arbitrary<Json> {
  if (kind.is === 'keyed' && item.kind === 'type') {
    // A protocol has a default.
    const items = structOf(
      options,
      item.type,
      kind.keys.filter((key) => key !== 'protocol'),
    );
    const keyText = (value: JsonObject): string =>
      JSON.stringify(kind.keys.map((key) => value[key] ?? WORDS[key]?.[0]));
    const distinct = fc.uniqueArray(items, { maxLength: 3, selector: keyText });
    if (!options.repeats) return distinct;
    return fc.oneof({ weight: 9, arbitrary: distinct }, { weight: 1, arbitrary: fc.array(items, { maxLength: 3 }) });
  }
  const items = item.kind === 'scalar' ? scalarOf(item.scalar, field.name) : inner(options, item);
  if (kind.is === 'set') return fc.uniqueArray(items, { maxLength: 3 });
  return fc.array(items, { maxLength: 2 });
}

function scalarOf(scalar: string, name: string): fc.Arbitrary<Json> {
  switch (scalar) {
    case 'int32':
    case 'int64':
    case 'double':
      return fc.constantFrom(1, 2);
    case 'boolean':
      return fc.boolean();
    case 'quantity':
      return fc.constantFrom('1', '2');
    case 'intOrString':
      return fc.constantFrom<Json>(1, '50%');
    case 'bytes':
      return fc.constantFrom('YQ==', 'Yg==');
    case 'time':
    case 'microTime':
      return fc.constantFrom(
        ...[1, 2].map((hour) => `2026-01-0${hour}T00:00:00${scalar === 'time' ? '' : '.000000'}Z`),
      );
    case 'any':
      return fc.constantFrom<Json>(1, 'a', [1], { a: 1 }, { a: { b: 1 } });
    case 'raw':
      return fc.constantFrom<Json>({ a: 1 }, { a: { b: 1 } });
    default:
      return fc.constantFrom(...(WORDS[name] ?? ['a', 'b', 'c']));
  }
}
