// The compiled walker of a type: drops unknown fields and nulls, checks JSON types and rewrites special forms
// (quantities, times, base64) to their canonical text, in place and in one pass. Errors are worded as Go's decoder words
// them, because that is what users of Kubernetes know.
import { unreachable } from '../../lib/index.ts';
import { isJsonObject, type Json, type JsonObject, joinPath } from '../json.ts';
import { formatQuantity, parseQuantity } from '../quantity.ts';
import { goTypeName, type ScalarKind, type Shape, type TypeSchema } from './shapes.ts';
import { canonicalTime } from './time.ts';

/** A value that does not fit its type; the message is the part after `json: ` or the whole of a special form's error. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  /** The same in the words for trees, which Kubernetes decodes otherwise than texts. */
  readonly inTree: string;

  constructor(message: string, inTree = message) {
    super(message);
    this.inTree = inTree;
  }
}

/** Where the walker is: pushed and popped instead of building strings that are rarely needed. */
export interface Cursor {
  readonly path: (string | number)[];
  /** Go's name of the innermost struct. */
  struct: string;
  readonly unknownFields: string[];
}

export type Walker = (value: Json, cursor: Cursor) => Json;

/** `spec.containers[0].image`. */
export function fieldPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) text = joinPath(text, typeof step === 'number' ? `[${step}]` : step);
  return text;
}

/** Compiles walkers for the types that `lookup` knows; recursive types are fine. */
export function compileWalkers(lookup: (name: string) => TypeSchema | undefined): (type: string) => Walker | undefined {
  const compiled = new Map<string, Walker>();

  const ofType = (name: string): Walker | undefined => {
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const type = lookup(name);
    if (type === undefined) return undefined;
    const fields = new Map<string, FieldWalker>();
    const goName = goTypeName({ kind: 'type', type: name });
    const struct = name.split('.').at(-1) ?? name;
    const walker: Walker = (value, cursor) => {
      if (!isJsonObject(value)) throw mismatch(value, goName, cursor);
      const outer = cursor.struct;
      cursor.struct = struct;
      for (const key in value) walkField(value, key, fields, cursor);
      cursor.struct = outer;
      return value;
    };
    compiled.set(name, walker);
    for (const field of type.fields.values()) {
      const dropsEmpty = isContainer(field.shape) && !field.required && !KEPT_EMPTY.has(`${name}.${field.name}`);
      fields.set(field.name, { walk: ofShape(field.shape), dropsEmpty });
    }
    return walker;
  };

  const ofShape = (shape: Shape): Walker => {
    switch (shape.kind) {
      case 'type':
        return ofType(shape.type) ?? SCALARS.any;
      case 'list':
        return listWalker(ofShape(shape.item), goTypeName(shape), emptyOf(shape.item));
      case 'map':
        return mapWalker(ofShape(shape.item), goTypeName(shape), emptyOf(shape.item));
      case 'scalar':
        return SCALARS[shape.scalar];
      default:
        return unreachable(shape);
    }
  };
  return ofType;
}

interface FieldWalker {
  readonly walk: Walker;
  /** An empty list or map is absent, as Go's omitempty has it. */
  readonly dropsEmpty: boolean;
}

/** Optional lists that are stored even when empty. */
const KEPT_EMPTY = new Set(['io.k8s.api.discovery.v1.EndpointSlice.endpoints']);

function isContainer(shape: Shape): boolean {
  return shape.kind === 'list' || shape.kind === 'map';
}

function walkField(object: JsonObject, key: string, fields: Map<string, FieldWalker>, cursor: Cursor): void {
  const field = fields.get(key);
  cursor.path.push(key);
  if (field === undefined) {
    cursor.unknownFields.push(fieldPath(cursor.path));
    delete object[key];
  } else {
    const member = object[key] as Json;
    if (member === null) delete object[key];
    else {
      const walked = field.walk(member, cursor);
      if (field.dropsEmpty && hasNoMembers(walked) && !resetsOwners(cursor)) delete object[key];
      else if (walked !== member) object[key] = walked;
    }
  }
  cursor.path.pop();
}

/** An empty metadata.managedFields is a wish: to forget who owns what. In the metadata of a template it means nothing. */
function resetsOwners({ path }: Cursor): boolean {
  return path.length === 2 && path[1] === 'managedFields' && path[0] === 'metadata';
}

function hasNoMembers(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const _ in value) return false;
  return true;
}

/** What Go makes of a null inside a list or map: the zero value. */
function emptyOf(shape: Shape): () => Json {
  switch (shape.kind) {
    case 'type':
    case 'map':
      return () => ({});
    case 'list':
      return () => [];
    case 'scalar':
      switch (shape.scalar) {
        case 'string':
        case 'bytes':
          return () => '';
        case 'int32':
        case 'int64':
        case 'double':
        case 'intOrString':
          return () => 0;
        case 'quantity':
          return () => '0';
        case 'boolean':
          return () => false;
        default:
          return () => null;
      }
    default:
      return unreachable(shape);
  }
}

function listWalker(item: Walker, goName: string, empty: () => Json): Walker {
  return (value, cursor) => {
    if (!Array.isArray(value)) throw mismatch(value, goName, cursor);
    for (let index = 0; index < value.length; index++) {
      const member = value[index] ?? null;
      cursor.path.push(index);
      const walked = member === null ? empty() : item(member, cursor);
      if (walked !== member) value[index] = walked;
      cursor.path.pop();
    }
    return value;
  };
}

function mapWalker(item: Walker, goName: string, empty: () => Json): Walker {
  return (value, cursor) => {
    if (!isJsonObject(value)) throw mismatch(value, goName, cursor);
    for (const key in value) {
      const member = value[key] ?? null;
      cursor.path.push(key);
      const walked = member === null ? empty() : item(member, cursor);
      if (walked !== member) value[key] = walked;
      cursor.path.pop();
    }
    return value;
  };
}

function mismatch(value: Json, goName: string, cursor: Cursor): SchemaError {
  const found = Array.isArray(value)
    ? 'array'
    : typeof value === 'boolean'
      ? 'bool'
      : value === null
        ? 'null'
        : typeof value;
  const shown =
    typeof value === 'number' && (goName.startsWith('int') || goName === 'float64') ? `number ${value}` : found;
  const path = cursor.path.filter((step) => typeof step === 'string').join('.');
  const place = path === '' ? 'Go value' : `Go struct field ${cursor.struct}.${path}`;
  return new SchemaError(
    `json: cannot unmarshal ${shown} into ${place} of type ${goName}`,
    mismatchInTree(value, goName),
  );
}

function mismatchInTree(value: Json, goName: string): string {
  const found = goKind(value);
  if (goName.startsWith('[]')) return `cannot restore slice from ${found}`;
  if (goName.startsWith('map[')) return `cannot restore map from ${found}`;
  if (goName.includes('.')) return `cannot restore struct from: ${found}`;
  return typeof value === 'number' && goName !== 'bool'
    ? `cannot convert ${found} to ${goName}`
    : `unrecognized type: ${goName}`;
}

function goKind(value: Json): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'bool' : 'map';
}

function expect(kind: 'string' | 'boolean', goName: string): Walker {
  return (value, cursor) => {
    if (typeof value !== kind) throw mismatch(value, goName, cursor);
    return value;
  };
}

function integer(goName: string, minimum: number, maximum: number): Walker {
  return (value, cursor) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum) {
      throw mismatch(value, goName, cursor);
    }
    return value;
  };
}

function special(goName: string, canonical: (text: string) => string): Walker {
  return (value, cursor) => {
    if (typeof value !== 'string') throw mismatch(value, goName, cursor);
    return canonical(value);
  };
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function checkedBase64(text: string): string {
  const compact = text.includes('\n') || text.includes('\r') ? text.replaceAll(/[\r\n]/g, '') : text;
  if (compact.length % 4 === 0 && BASE64.test(compact)) return compact;
  const wrong = compact.search(/[^A-Za-z0-9+/]/);
  throw new SchemaError(
    `illegal base64 data at input byte ${wrong === -1 ? compact.length - (compact.length % 4) : wrong}`,
  );
}

const identity: Walker = (value) => value;
const INT32_MAX = 2 ** 31 - 1;

const SCALARS: Readonly<Record<ScalarKind, Walker>> = {
  string: expect('string', 'string'),
  boolean: expect('boolean', 'bool'),
  int32: integer('int32', -INT32_MAX - 1, INT32_MAX),
  int64: integer('int64', -(2 ** 63), 2 ** 63),
  double: (value, cursor) => {
    if (typeof value !== 'number') throw mismatch(value, 'float64', cursor);
    return value;
  },
  time: special('string', (text) => canonicalTime(text, 'seconds')),
  microTime: special('string', (text) => canonicalTime(text, 'microseconds')),
  quantity: (value, cursor) => {
    if (typeof value !== 'string' && typeof value !== 'number') throw mismatch(value, 'string', cursor);
    const quantity = parseQuantity(String(value));
    if (quantity === undefined) throw new SchemaError(QUANTITY_MESSAGE);
    return formatQuantity(quantity);
  },
  intOrString: (value, cursor) => {
    if (typeof value === 'string') return value;
    return SCALARS.int32(value, cursor);
  },
  bytes: special('[]uint8', checkedBase64),
  any: identity,
  raw: (value, cursor) => {
    if (!isJsonObject(value)) throw mismatch(value, 'map[string]interface {}', cursor);
    return value;
  },
};

export const QUANTITY_MESSAGE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
