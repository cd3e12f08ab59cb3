// Objects of any type of the schema, with all of its fields or some of them: what tests of encodings send through. Values fit
// their JSON type, and nothing else: they are not valid for the kind.
import type { ApiSchema, Json, JsonObject, ScalarKind, Shape } from '../../src/api/index.ts';
import type { Prng } from '../../src/lib/index.ts';

export interface Generation {
  readonly schema: ApiSchema;
  readonly random: Prng;
  /** Of 100 fields so many are there. */
  readonly percent: number;
  /** Every scalar is zero, every list has one member, so that what is in it is seen. */
  readonly zero?: boolean;
}

/** Types that hold themselves are entered so often on one path. */
const NESTING = 2;

export function generateObject(typeName: string, generation: Generation): JsonObject {
  return generateType(typeName, generation, []);
}

function generateType(typeName: string, generation: Generation, path: readonly string[]): JsonObject {
  const object: JsonObject = {};
  for (const [name, { shape }] of generation.schema.type(typeName)?.fields ?? []) {
    if (generation.random.int(100) >= generation.percent) continue;
    const value = generateShape(shape, generation, [...path, typeName]);
    if (value !== undefined) object[name] = value;
  }
  return object;
}

function generateShape(shape: Shape, generation: Generation, path: readonly string[]): Json | undefined {
  switch (shape.kind) {
    case 'scalar':
      return generation.zero === true ? ZEROES[shape.scalar] : generateScalar(shape.scalar, generation.random);
    case 'type':
      if (path.filter((name) => name === shape.type).length >= NESTING) return undefined;
      return generateType(shape.type, generation, path);
    case 'list': {
      const item = generateShape(shape.item, generation, path);
      if (item === undefined) return undefined;
      return generation.random.int(2) === 0 ? [item] : [item, generateShape(shape.item, generation, path) ?? item];
    }
    case 'map': {
      const item = generateShape(shape.item, generation, path);
      return item === undefined ? undefined : { [generateText(generation.random)]: item, 'example.com/key': item };
    }
  }
}

function pick<T>(random: Prng, ...values: readonly [T, ...T[]]): T {
  return values[random.int(values.length)] ?? values[0];
}

function generateText(random: Prng): string {
  return pick(random, 'web', 'größer', '日本語 🦑', 'a"b\\c\n', ' ', 'yes', '0644', 'x'.repeat(1 + random.int(300)));
}

function generateScalar(scalar: ScalarKind, random: Prng): Json {
  switch (scalar) {
    case 'string':
      return generateText(random);
    case 'boolean':
      return true;
    case 'int32':
      return pick(random, 1, -1, 127, 128, 80_000, 2 ** 31 - 1, -(2 ** 31));
    case 'int64':
      return pick(random, 1, -1, 2 ** 31, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
    case 'double':
      return pick(random, 0.5, -1e9);
    case 'time':
      return pick(
        random,
        '2026-01-02T03:04:05Z',
        '1969-12-31T23:59:59Z',
        '1970-01-01T00:00:00Z',
        '2300-01-01T00:00:00Z',
      );
    case 'microTime':
      return pick(random, '2026-01-02T03:04:05.000006Z', '1969-12-31T23:59:59.500000Z', '2026-01-02T03:04:05.000000Z');
    case 'quantity':
      return pick(random, '1500m', '1Gi', '-5', '1e3', '0');
    case 'intOrString':
      return pick<Json>(random, 8080, 0, -1, '25%', 'http', '');
    case 'bytes':
      return pick(random, 'dmFsdWU=', 'AAECAw==', Buffer.alloc(300, 0xff).toString('base64'));
    default:
      return { 'f:spec': { '.': {}, 'k:{"name":"größer"}': [1, null, 'x', true] } };
  }
}

const ZEROES: Readonly<Record<ScalarKind, Json>> = {
  string: '',
  boolean: false,
  int32: 0,
  int64: 0,
  double: 0,
  time: '1970-01-01T00:00:00Z',
  microTime: '1970-01-01T00:00:00.000000Z',
  quantity: '0',
  intOrString: 0,
  bytes: '',
  any: {},
  raw: {},
};
