// Paths of fields as the model has them: texts, whose elements are those of FieldsV1 (`f:spec`, `k:{"name":"a"}`, `v:"x"`) with a
// tab between them. A set of fields is a Set of such texts: no tree, nothing shared, nothing clever.
import type { Json, JsonObject } from '../../../../src/api/index.ts';

export type Paths = ReadonlySet<string>;

const BETWEEN = '\t';

/** The path of `element` below `above`; '' is the whole object. */
export function below(above: string, element: string): string {
  return above === '' ? element : `${above}${BETWEEN}${element}`;
}

export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** The item of a list whose keys have these values; absent ones are no part of it. */
export function keyElement(keys: Readonly<Record<string, Json>>): string {
  const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`;
}

export function valueElement(value: Json): string {
  return `v:${JSON.stringify(value)}`;
}

export function elementsOf(path: string): string[] {
  return path.split(BETWEEN);
}

/** True for `ancestor` itself and everything below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}${BETWEEN}`);
}

export function union(...sets: readonly Paths[]): Set<string> {
  return new Set(sets.flatMap((paths) => [...paths]));
}

export function difference(paths: Paths, others: Paths): Set<string> {
  return new Set([...paths].filter((path) => !others.has(path)));
}

export function intersection(paths: Paths, others: Paths): Set<string> {
  return new Set([...paths].filter((path) => others.has(path)));
}

/** What an entry of managedFields says: `{}` and `.` mark members. */
export function decodeFields(fields: JsonObject, above = ''): Set<string> {
  const paths = new Set<string>();
  for (const [element, inner] of Object.entries(fields) as [string, JsonObject][]) {
    if (element === '.') continue;
    const path = below(above, element);
    if (Object.keys(inner).length === 0 || Object.hasOwn(inner, '.')) paths.add(path);
    for (const descendant of decodeFields(inner, path)) paths.add(descendant);
  }
  return paths;
}

/** The way back: members that have members below them get a `.`. */
export function encodeFields(paths: Paths): JsonObject {
  const root: JsonObject = {};
  const parents = new Set([...paths].flatMap((path) => ancestorsOf(path)));
  for (const path of [...paths].sort()) {
    let node = root;
    for (const element of elementsOf(path)) {
      node[element] ??= {};
      node = node[element] as JsonObject;
    }
    if (parents.has(path)) node['.'] = {};
  }
  return root;
}

function ancestorsOf(path: string): string[] {
  const elements = elementsOf(path);
  return elements.slice(1).map((_, index) => elements.slice(0, index + 1).join(BETWEEN));
}

/** A path as Kubernetes prints it in a conflict: `.spec.ports[port=80,protocol="TCP"].name`. */
export function printPath(path: string): string {
  return elementsOf(path).map(printElement).join('');
}

function printElement(element: string): string {
  const content = element.slice(2);
  if (element.startsWith('f:')) return `.${content}`;
  if (element.startsWith('v:')) return `[=${content}]`;
  const keys = Object.entries(JSON.parse(content) as JsonObject);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}
