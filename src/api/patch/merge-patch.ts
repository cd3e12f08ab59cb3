// JSON Merge Patch (RFC 7386): objects are merged, null deletes, everything else replaces. The target is not changed.
import { cloneJson, isJsonObject, isUnsafeKey, type Json, type JsonObject } from '../json.ts';

export function applyMergePatch(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return cloneJson(patch);
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    if (isUnsafeKey(key)) continue;
    const value = patch[key] ?? null;
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(Object.hasOwn(result, key) ? (result[key] ?? null) : null, value);
  }
  return result;
}
