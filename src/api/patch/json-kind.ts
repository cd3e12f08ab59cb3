// What Kubernetes says of a patch that should be an object and is none.
import type { Json } from '../json.ts';

export function decodesNoObject(patch: Json): string {
  return `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`;
}

/** As Go's decoder names what it has found. */
export function jsonKind(value: Json): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}
