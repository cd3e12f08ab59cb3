// The four walks of server-side apply over an object and its schema: which fields it has, what differs between two objects, a
// configuration merged into an object, and fields removed from it. Each goes through the whole object, with paths as texts.
import { type ApiSchema, cloneJson, equalJson, isJsonObject, type Json } from '../../../../src/api/index.ts';
import { itemKind, type Kind, keysOf, memberKind } from './kinds.ts';
import { below, elementsOf, fieldElement, isWithin, keyElement, type Paths, valueElement } from './paths.ts';

/** A field or item: what it is called in paths, and what it holds. Items that share their keys are one member with several values. */
interface Member {
  readonly kind: Kind;
  readonly values: readonly Json[];
}

function membersOf(schema: ApiSchema, kind: Kind, value: Json | undefined): Map<string, Member> {
  const members = new Map<string, Member>();
  if (Array.isArray(value)) {
    for (const item of value) {
      const element = elementOf(kind, item);
      const values = [...(members.get(element)?.values ?? []), item];
      members.set(element, { kind: itemKind(schema, kind), values });
    }
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value))
      members.set(fieldElement(name), { kind: memberKind(schema, kind, name), values: [member] });
  }
  return members;
}

function elementOf(kind: Kind, item: Json): string {
  return kind.is === 'set' ? valueElement(item) : keyElement(keysOf(kind, item));
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** Every leaf and item of an object, with the empty structs: what whoever applies it owns. */
export function fieldsOf(schema: ApiSchema, kind: Kind, value: Json, path = ''): Set<string> {
  if (kind.is === 'leaf') return new Set([path]);
  const paths = new Set<string>();
  for (const [element, { kind: inner, values }] of membersOf(schema, kind, value)) {
    const at = below(path, element);
    const [only, ...more] = values;
    if (only === undefined) continue;
    if (kind.is !== 'struct' || only === null || (isJsonObject(only) && isEmpty(only))) paths.add(at);
    if (more.length > 0 || only === null) continue;
    for (const descendant of fieldsOf(schema, inner, only, at)) paths.add(descendant);
  }
  return paths;
}

export interface Difference {
  readonly added: Set<string>;
  readonly modified: Set<string>;
  readonly removed: Set<string>;
}

export function compare(schema: ApiSchema, kind: Kind, before: Json | undefined, after: Json | undefined): Difference {
  const difference: Difference = { added: new Set(), modified: new Set(), removed: new Set() };
  compareAt(schema, kind, before, after, '', difference);
  return difference;
}

function compareAt(
  schema: ApiSchema,
  kind: Kind,
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  out: Difference,
): void {
  const isLeaf = kind.is === 'leaf' || (isEmpty(before) && isEmpty(after));
  if (path !== '') {
    if (before === undefined) out.added.add(path);
    else if (after === undefined) out.removed.add(path);
    else if (isLeaf && !equalJson(before, after)) out.modified.add(path);
  }
  if (isLeaf) return;
  const old = membersOf(schema, kind, before);
  const young = membersOf(schema, kind, after);
  for (const element of new Set([...old.keys(), ...young.keys()])) {
    const [was, is] = [old.get(element), young.get(element)];
    const at = below(path, element);
    const inner = (was ?? is)?.kind ?? kind;
    const isRepeated = (member: Member | undefined): boolean => (member?.values.length ?? 0) > 1;
    const only = (member: Member | undefined): Json | undefined => (isRepeated(member) ? undefined : member?.values[0]);
    // Items that share their keys are owned as one, whatever is in them.
    if (isRepeated(was) && isRepeated(is)) {
      if (!equalJson(was?.values, is?.values)) out.modified.add(at);
      continue;
    }
    if (only(was) !== undefined || only(is) !== undefined) compareAt(schema, inner, only(was), only(is), at, out);
    if (isRepeated(was)) out.removed.add(at);
    if (isRepeated(is)) out.added.add(at);
  }
}

/** `live` with what `configuration` says; nothing is removed. */
export function merge(schema: ApiSchema, kind: Kind, live: Json | undefined, configuration: Json | undefined): Json {
  if (kind.is === 'leaf' || (isEmpty(live) && isEmpty(configuration))) return cloneJson(configuration ?? live ?? null);
  const old = membersOf(schema, kind, live);
  const young = membersOf(schema, kind, configuration);
  const merged = (element: string): Json => {
    const [was, is] = [old.get(element), young.get(element)];
    // Items that share their keys are replaced by the configuration's one.
    const inherited = is !== undefined && was?.values.length !== 1 ? undefined : was?.values[0];
    return is === undefined ? cloneJson(inherited ?? null) : merge(schema, is.kind, inherited, is.values[0]);
  };
  if (kind.is === 'struct' || kind.is === 'map') {
    const elements = [...new Set([...old.keys(), ...young.keys()])];
    return Object.fromEntries(elements.map((element) => [element.slice(2), merged(element)]));
  }
  const items = Array.isArray(live) ? live : [];
  const inList = items.map((item) => elementOf(kind, item));
  const place = new Map([...old.keys()].map((element) => [element, 0]));
  return mergedOrder(inList, [...young.keys()]).map((element) => {
    if (young.has(element)) return merged(element);
    const nth = place.get(element) ?? 0;
    place.set(element, nth + 1);
    return cloneJson(old.get(element)?.values[nth] ?? null);
  });
}

/** The configuration's order; what only the live list has stays before the next item of both that it stood before. */
export function mergedOrder(live: readonly string[], configuration: readonly string[]): string[] {
  const left = [...live];
  const order: string[] = [];
  configuration.forEach((element, index) => {
    const nextOfBoth = configuration.slice(index).find((other) => live.includes(other));
    while (left.length > 0 && left[0] !== nextOfBoth) {
      const [passed = ''] = left.splice(0, 1);
      if (!configuration.includes(passed)) order.push(passed);
    }
    if (left[0] === element) left.shift();
    order.push(element);
  });
  return [...order, ...left.filter((element) => !configuration.includes(element))];
}

/**
 * `value` without the fields and items that `gone` names. A field that has lost everything that way is null: Go's conversion makes
 * nothing of it, but of an item of a map an empty one.
 */
export function remove(schema: ApiSchema, kind: Kind, value: Json, gone: Paths, path = ''): Json {
  if (kind.is === 'leaf' || ![...gone].some((at) => path === '' || isWithin(at, path))) return value;
  const inner = (element: string, of: Kind, member: Json): Json =>
    remove(schema, of, member, gone, below(path, element));
  if (Array.isArray(value)) {
    const items = value.map((item): [string, Json] => [elementOf(kind, item), item]);
    const left = items.filter(([element]) => !gone.has(below(path, element)));
    return left.length === 0 ? null : left.map(([element, item]) => inner(element, itemKind(schema, kind), item));
  }
  if (!isJsonObject(value)) return value;
  const left = Object.entries(value).filter(([name]) => !gone.has(below(path, fieldElement(name))));
  if (left.length === 0) return null;
  return Object.fromEntries(
    left.map(([name, member]) => {
      const rest = inner(fieldElement(name), memberKind(schema, kind, name), member);
      return [name, rest === null && kind.is === 'map' ? {} : rest];
    }),
  );
}

/** The set with the named fields above its members: who owns a field of a struct has a part in that struct. */
export function withStructs(schema: ApiSchema, root: Kind, paths: Paths): Set<string> {
  const all = new Set(paths);
  for (const path of paths) {
    let kind = root;
    let at = '';
    for (const element of elementsOf(path)) {
      const name = element.slice(2);
      at = below(at, element);
      if (kind.is === 'struct' && kind.type.fields.has(name)) all.add(at);
      kind = element.startsWith('f:') ? memberKind(schema, kind, name) : itemKind(schema, kind);
    }
  }
  return all;
}

/** Members that are null are none. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}
