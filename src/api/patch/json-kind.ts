// What Kubernetes says of a patch that should be an object and is none.
import type { Json } from '../json.ts';

export function decodesNoObject(patch: Json): string {
  const kind = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch;
  return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
}
