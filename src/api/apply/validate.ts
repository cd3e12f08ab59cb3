// Whether a configuration can be applied: its types fit, it has no field that is not declared, and the items of its lists
// can be told apart. Worded as Kubernetes words it.
import { goSyntax, goText } from '../../lib/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { STRICT_FINDINGS_LIMIT } from '../limits.ts';
import type { ScalarKind } from '../schema/index.ts';
import { itemElement } from './compare.ts';
import type { ListType, MapType, MergeType, StructType } from './merge-types.ts';
import { fieldElement, lacksKeys, pathText } from './path-element.ts';

/** What is wrong with a configuration of `type`, as `.spec.replicas: expected numeric (int or float), got string`. */
export function problemsOf(type: StructType, configuration: JsonObject): readonly string[] {
  const problems: string[] = [];
  visitStruct(type, configuration, [], problems);
  return problems;
}

function report(problems: string[], path: readonly string[], problem: string): void {
  if (problems.length >= STRICT_FINDINGS_LIMIT) return;
  const text = pathText(path);
  problems.push(text === '' ? problem : `${text}: ${problem}`);
}

function visit(type: MergeType, value: Json, path: string[], problems: string[]): void {
  if (value === null) return;
  switch (type.kind) {
    case 'scalar':
      visitScalar(type.scalar, value, path, problems);
      return;
    case 'list':
      if (Array.isArray(value)) visitItems(type, value, path, problems);
      else report(problems, path, `expected list, got ${shown(value)}`);
      return;
    case 'map':
      if (isJsonObject(value)) visitMap(type, value, path, problems);
      else report(problems, path, `expected map, got ${shown(value)}`);
      return;
    case 'struct':
      if (isJsonObject(value)) visitStruct(type, value, path, problems);
      else report(problems, path, `expected map, got ${shown(value)}`);
  }
}

function visitMap(type: MapType, value: JsonObject, path: string[], problems: string[]): void {
  for (const key of Object.keys(value)) {
    path.push(fieldElement(key));
    visit(type.item, value[key] ?? null, path, problems);
    path.pop();
  }
}

function visitStruct(type: StructType, value: JsonObject, path: string[], problems: string[]): void {
  for (const name of Object.keys(value)) {
    const field = type.fields.get(name);
    path.push(field?.element ?? fieldElement(name));
    if (field === undefined) report(problems, path, 'field not declared in schema');
    else visit(field.type, value[name] ?? null, path, problems);
    path.pop();
  }
}

function visitItems(type: ListType, items: readonly Json[], path: string[], problems: string[]): void {
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const problem = type.leaf ? undefined : elementProblem(type, item);
    // What names an item is missing: neither it nor those behind it can be named.
    if (problem !== undefined) {
      report(problems, path, `element ${index}: ${problem}`);
      return;
    }
    const element = type.leaf ? `i:${index}` : itemElement(type, item);
    if (seen.has(element)) report(problems, path, `duplicate entries for key ${pathText([element])}`);
    seen.add(element);
    path.push(element);
    visit(type.item, item, path, problems);
    path.pop();
  }
}

function elementProblem(type: ListType, item: Json): string | undefined {
  if (type.keys.length === 0) {
    if (item === null) return "associative list without keys has an element that's an explicit null";
    if (Array.isArray(item)) return 'not supported: associative list with lists as elements';
    return isJsonObject(item) ? "associative list without keys has an element that's a map type" : undefined;
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isJsonObject(item)) return 'associative list with keys may not have non-map elements';
  if (!lacksKeys(type.keys, item)) return undefined;
  const names = type.keys.map(({ name }) => JSON.stringify(name)).join(' ');
  return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
}

const EXPECTED: Readonly<
  Record<ScalarKind, 'string' | 'numeric (int or float)' | 'boolean' | 'any scalar' | undefined>
> = {
  string: 'string',
  int32: 'numeric (int or float)',
  int64: 'numeric (int or float)',
  double: 'numeric (int or float)',
  boolean: 'boolean',
  time: 'any scalar',
  microTime: 'any scalar',
  quantity: 'any scalar',
  intOrString: 'any scalar',
  bytes: 'string',
  any: undefined,
  raw: undefined,
};

function visitScalar(scalar: ScalarKind, value: Json, path: string[], problems: string[]): void {
  const expected = EXPECTED[scalar];
  switch (expected) {
    case 'string':
      if (typeof value !== 'string') {
        report(problems, path, `expected string, got &value.valueUnstructured{Value:${shortened(goSyntax(value))}}`);
      }
      return;
    case 'numeric (int or float)':
      if (typeof value !== 'number') report(problems, path, `expected ${expected}, got ${goType(value)}`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') report(problems, path, `expected boolean, got ${shown(value)}`);
      return;
    case 'any scalar':
      if (typeof value === 'object') report(problems, path, `expected any scalar, got ${shown(value)}`);
      return;
    case undefined:
  }
}

const SHOWN_CHARACTERS_MAX = 1_000;

/** Values are printed behind a pointer there. */
function shown(value: Json): string {
  return `&{${shortened(goText(value))}}`;
}

function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
}

function goType(value: Json): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' ? 'map[string]interface {}' : typeof value;
}
