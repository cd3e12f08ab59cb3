// The schema of the served types.
export { SchemaError } from './normalize.ts';
export { type ApiSchema, apiSchema, createSchema } from './schema.ts';
export type { FieldSchema, ScalarKind, Shape, TypeSchema } from './shapes.ts';
export { typeNameOf } from './type-names.ts';
