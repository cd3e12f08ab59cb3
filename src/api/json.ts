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
  return equalButFor([], a, b);
}

/** The same for two objects, these members of theirs aside. */
export function equalButFor(ignored: readonly string[], a: object, b: object): boolean {
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  let present = 0;
  for (const key of Object.keys(left)) {
    const member = left[key];
    if (member === undefined || ignored.includes(key)) continue;
    if (!Object.hasOwn(right, key) || !equalJson(member, right[key])) return false;
    present++;
  }
  for (const key of Object.keys(right)) if (right[key] !== undefined && !ignored.includes(key)) present--;
  return present === 0;
}

/** True when nothing but empty containers, null or undefined is left: what Go's semantic equality takes for unset. */
export function isEmptyJson(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.values(value).every((member) => isEmptyJson(member));
}

/** A text that two values share exactly when they are equal (equalJson): what maps and sets of values are keyed by. */
export function canonicalText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const members = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(members).filter((key) => members[key] !== undefined);
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(members[key])}`)
    .join(',')}}`;
}

/** How deep a tree nests (a scalar: 0), and how many values it consists of. */
export function measureJson(root: Json): { readonly depth: number; readonly nodes: number } {
  let depth = 0;
  let nodes = 0;
  const queue: [Json, number][] = [[root, 0]];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [value, above] = next;
    nodes++;
    if (typeof value !== 'object' || value === null) continue;
    depth = Math.max(depth, above + 1);
    for (const member of Object.values(value)) queue.push([member, above + 1]);
  }
  return { depth, nodes };
}

/** Paths are read by people: a longer one is cut, because a key may be as long as the body it came in. */
const PATH_LIMIT_CHARACTERS = 1_000;

/** `spec` and `replicas` are `spec.replicas`, `[0]` is an index; what would be too long stays as it is. */
export function joinPath(path: string, step: string): string {
  if (path.length >= PATH_LIMIT_CHARACTERS) return path;
  const shown = step.length > PATH_LIMIT_CHARACTERS ? `${step.slice(0, PATH_LIMIT_CHARACTERS)}…` : step;
  return path === '' || step.startsWith('[') ? `${path}${shown}` : `${path}.${shown}`;
}
