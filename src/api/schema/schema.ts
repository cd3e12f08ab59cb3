// The schema of the served types, loaded from the build's generated file and compiled type by type on first use:
// normalising (pruning and type checks), defaults, required fields, and the facts that patches and OpenAPI read.

import type { FieldError } from '../definition.ts';
import generated from '../generated/schema.json' with { type: 'json' };
import type { Json, JsonObject } from '../json.ts';
import { compileDefaults, DEFAULTS_REVISION } from './defaults.ts';
import { compileWalkers } from './normalize.ts';
import { compileRequired } from './required.ts';
import type { SchemaFile } from './schema-file.ts';
import { type TypeSchema, typeReader } from './shapes.ts';

/** Everything that is known of types. Immutable; shared by all requests. */
export interface ApiSchema {
  /** Names the schema and its defaults: what Envelope.schemaHash says. */
  readonly hash: string;
  /** Names what OpenAPI documents say besides. */
  readonly textHash: string;
  typeNames(): readonly string[];
  type(name: string): TypeSchema | undefined;
  /**
   * Checks JSON types, removes unknown fields and nulls and rewrites special forms (quantity, time, bytes), in place.
   * Answers the paths of removed fields. Throws SchemaError; RangeError when the type is not known.
   */
  normalize(typeName: string, value: JsonObject): readonly string[];
  /** Sets the defaults of the type and all types in it, in place. Idempotent. */
  applyDefaults(typeName: string, value: JsonObject): void;
  /** Required fields that are absent. */
  missing(typeName: string, value: JsonObject): readonly FieldError[];
}

let shared: ApiSchema | undefined;
/** The types behind feature gates, once a server has opened one. */
let gated: SchemaFile['types'] | undefined;

/** The built-in schema: one instance a process, since it is immutable. */
export function apiSchema(): ApiSchema {
  shared ??= createSchema(generated as unknown as SchemaFile, () => gated ?? {});
  return shared;
}

/** Adds the types behind feature gates, which no registered resource has asked for yet. Twice is the same as once. */
export function extendApiSchema(types: SchemaFile['types']): void {
  gated = types;
}

export function isApiSchemaExtended(): boolean {
  return gated !== undefined;
}

/** `more` answers the types that are known besides those of `file`. */
export function createSchema(file: SchemaFile, more: () => SchemaFile['types'] = () => ({})): ApiSchema {
  const type = typeReader((name) => {
    if (Object.hasOwn(file.types, name)) return file.types[name];
    const others = more();
    return Object.hasOwn(others, name) ? others[name] : undefined;
  });
  const walker = compileWalkers(type);
  const defaulter = compileDefaults(type);
  const requirer = compileRequired(type);
  return {
    hash: `${file.hash}.${DEFAULTS_REVISION}`,
    textHash: file.textHash,
    typeNames: () => [...Object.keys(file.types), ...Object.keys(more())],
    type,
    normalize(typeName, value) {
      const walk = walker(typeName);
      if (walk === undefined) throw new RangeError(`no schema for ${typeName}`);
      const cursor = { path: [], struct: '', unknownFields: [] };
      walk(value as Json, cursor);
      return cursor.unknownFields;
    },
    applyDefaults: (typeName, value) => defaulter(typeName)?.(value),
    missing(typeName, value) {
      const errors: FieldError[] = [];
      requirer(typeName)?.(value, '', errors);
      return errors;
    },
  };
}
