// JSON as the API's functions work on it: mutable trees of plain values, and the few operations on them that must be
// safe against keys such as __proto__. Decoding never lets such a key in (decode.ts); these keep it so.

/** A JSON value that may be changed in place. */
export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Keys that reach an object's prototype when assigned; never accepted from outside. */
export function isUnsafeKey(key: string): boolean {
  return key === '__proto__';
}

/** True for objects that are neither null nor lists. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A deep copy; `undefined` members vanish, as they do on the wire. */
export function cloneJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => cloneJson(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined && !isUnsafeKey(key)) copy[key] = cloneJson(member);
  }
  return copy as T;
}

/** Gives `target` what `source` has there, or nothing where that has none. */
export function putBack<T extends object, Key extends keyof T>(target: T, source: T, key: Key): void {
  const value = source[key];
  if (value === undefined) delete target[key];
  else target[key] = value;
}

/** Equality of meaning: the order of keys is ignored, members that are `undefined` count as absent. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => equalJson(item, b[index]))
    );
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const present = (object: Record<string, unknown>): string[] =>
    Object.keys(object).filter((key) => object[key] !== undefined);
  const keys = present(left);
  return (
    keys.length === present(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equalJson(left[key], right[key]))
  );
}

/** True when nothing but empty containers, null or undefined is left: what Go's semantic equality takes for unset. */
export function isEmptyJson(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.values(value).every((member) => isEmptyJson(member));
}
