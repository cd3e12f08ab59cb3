// The elements of a field's path, as FieldsV1 spells them: `f:NAME` a field, `k:{…}` the item of a list with these keys,
// `v:VALUE` an item of a set, `i:N` a position. And how people read them: `.spec.containers[name="web"].image`.
import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** A field by which the items of a list are told apart. */
export interface ListKey {
  readonly name: string;
  /** What an item without the field has. */
  readonly fallback: string | number | boolean | undefined;
}

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: Json): string {
  return `v:${JSON.stringify(value)}`;
}

/** `keys` are sorted by name. Keys that an item lacks, and that have no default, are left out. */
export function keyElement(keys: readonly ListKey[], item: Json): string {
  const fields = isJsonObject(item) ? item : {};
  let text = '';
  for (const { name, fallback } of keys) {
    const value = fields[name] ?? fallback;
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return `k:{${text}}`;
}

/** True when both items have the same keys: the same as equal elements, without the texts. */
export function sameKeys(keys: readonly ListKey[], a: Json, b: Json): boolean {
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  for (const { name, fallback } of keys) {
    if ((a[name] ?? fallback) !== (b[name] ?? fallback)) return false;
  }
  return true;
}

/** True when not one of the keys is there. */
export function lacksKeys(keys: readonly ListKey[], item: JsonObject): boolean {
  return keys.every(({ name, fallback }) => (item[name] ?? fallback) === undefined);
}

/** The element in our own spelling; undefined for a kind that nobody knows, which is ignored. Throws SyntaxError. */
export function canonicalElement(element: string): string | undefined {
  if (element.length < 2 || element[1] !== ':') throw new SyntaxError(`missing colon: ${element}`);
  const content = element.slice(2);
  switch (element[0]) {
    case 'f':
      return element;
    case 'v':
      return valueElement(JSON.parse(content) as Json);
    case 'k': {
      const fields = JSON.parse(content) as Json;
      if (!isJsonObject(fields)) throw new SyntaxError(`keys must be an object: ${element}`);
      const names = Object.keys(fields).sort();
      return `k:{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(fields[name])}`).join(',')}}`;
    }
    case 'i':
      if (!/^[+-]?\d+$/.test(content)) throw new SyntaxError(`an index must be a number: ${element}`);
      return `i:${Number(content)}`;
    default:
      return undefined;
  }
}

/** `.image`, `[name="web"]`, `[="a"]`, `[0]`. */
export function elementText(element: string): string {
  const content = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${content}`;
    case 'k': {
      const fields = JSON.parse(content) as JsonObject;
      const parts = Object.keys(fields).map((name) => `${name}=${JSON.stringify(fields[name])}`);
      return `[${parts.join(',')}]`;
    }
    case 'v':
      return `[=${content}]`;
    default:
      return `[${content}]`;
  }
}

/** Paths are read by people: what comes after so much is left out, because a key may be as long as the body it came in. */
const PATH_LIMIT_CHARACTERS = 1_000;

/** `.spec.template.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  let text = '';
  for (const element of path) {
    if (text.length < PATH_LIMIT_CHARACTERS) text += elementText(element).slice(0, PATH_LIMIT_CHARACTERS);
  }
  return text;
}

const KIND_ORDER = 'fkvi';

/** The order in which Kubernetes names the members of a set: fields, keys, values, positions; numbers by size. */
export function compareElements(a: string, b: string): number {
  const kind = KIND_ORDER.indexOf(a[0] ?? '') - KIND_ORDER.indexOf(b[0] ?? '');
  if (kind !== 0) return kind;
  if (a[0] === 'k') return compareKeys(JSON.parse(a.slice(2)) as JsonObject, JSON.parse(b.slice(2)) as JsonObject);
  if (a[0] === 'f') return compareTexts(a, b);
  return compareScalars(JSON.parse(a.slice(2)) as Json, JSON.parse(b.slice(2)) as Json);
}

function compareKeys(a: JsonObject, b: JsonObject): number {
  const left = Object.keys(a).sort();
  const right = Object.keys(b).sort();
  for (const [index, name] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareTexts(name, other) || compareScalars(a[name] ?? null, b[other] ?? null);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const SCALAR_ORDER: Readonly<Record<string, number>> = { number: 0, string: 1, boolean: 2 };

function compareScalars(a: Json, b: Json): number {
  const kind = (SCALAR_ORDER[typeof a] ?? 3) - (SCALAR_ORDER[typeof b] ?? 3);
  if (kind !== 0) return kind;
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareTexts(String(a), String(b));
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
