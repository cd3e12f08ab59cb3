// The object in a request's body, in whatever form it comes: JSON, YAML or protobuf.
import { apiSchema, type BodyKind, decodeObject, type FieldValidation, type KubeObject } from '../../api/index.ts';
import type { Operation } from './operation.ts';

/** Checked against the schema, pruned, with its type's defaults. Adds warnings. Throws ApiError 400, 413 and 415. */
export async function decodeRequest(
  operation: Operation,
  kind: BodyKind,
  validation: FieldValidation,
): Promise<KubeObject> {
  return decodeBytes(operation, kind, await operation.body(), validation);
}

export function decodeBytes(
  operation: Operation,
  kind: BodyKind,
  bytes: Uint8Array,
  validation: FieldValidation,
): KubeObject {
  const admitted = decodeObject(apiSchema(), kind, bytes, operation.contentType, validation);
  for (const warning of admitted.warnings) operation.warnings.add(warning);
  return admitted.object;
}
