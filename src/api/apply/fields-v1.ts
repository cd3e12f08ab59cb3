// FieldsV1 as it comes from outside, in a body that sets managedFields itself: checked, and brought into our own spelling,
// because sets are compared by the text of their elements.
import { isJsonObject, type Json } from '../json.ts';
import { type FieldSet, type FieldSetBuilder, LEAF, SELF } from './field-set.ts';
import { canonicalElement } from './path-element.ts';

/** Deeper than any path of an object that nests as deep as bodies may. */
const DEPTH_LIMIT = 200;

/** The set that `fields` spells; undefined for the empty one. Throws SyntaxError when it spells none. */
export function parseFieldsV1(fields: Json | undefined): FieldSet | undefined {
  if (fields === undefined || fields === null) return undefined;
  const set = parseNode(fields, 0);
  return set === LEAF || SELF in set ? withoutSelf(set) : set;
}

function withoutSelf({ [SELF]: _self, ...rest }: FieldSet): FieldSet | undefined {
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function parseNode(node: Json, depth: number): FieldSet {
  if (!isJsonObject(node)) throw new SyntaxError('fieldsV1 must consist of objects');
  if (depth > DEPTH_LIMIT) throw new SyntaxError('fieldsV1 nests too deep');
  const result: FieldSetBuilder = {};
  let children = 0;
  const keys = Object.keys(node);
  if (keys.includes(SELF)) result[SELF] = LEAF;
  const elements: [string, FieldSet][] = [];
  for (const key of keys) {
    if (key === SELF) continue;
    const element = canonicalElement(key);
    if (element === undefined) continue;
    elements.push([element, parseNode(node[key] ?? null, depth + 1)]);
    children++;
  }
  if (children === 0) return LEAF;
  for (const [element, child] of elements.sort(([a], [b]) => (a < b ? -1 : 1))) result[element] = child;
  return result;
}
