// Strategic merge patch: a merge patch that knows from the schema which lists are merged, and by which key, so that a
// patch can change one container of a pod. Directives: $patch (delete, replace, merge), $retainKeys,
// $deleteFromPrimitiveList/FIELD, $setElementOrder/FIELD. The target is not changed.
import { goText } from '../../lib/index.ts';
import { canonicalText, cloneJson, isJsonObject, isUnsafeKey, type Json, type JsonObject } from '../json.ts';
import type { ApiSchema, FieldSchema, Shape } from '../schema/index.ts';
import { badRequestError, plainError } from '../status.ts';
import { decodesNoObject } from './json-kind.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PREFIX = '$deleteFromPrimitiveList/';
const ORDER_PREFIX = '$setElementOrder/';

/** Applies `patch` to `target`, an object of `typeName`. Throws ApiError (400) for a patch that breaks the rules. */
export function applyStrategicMergePatch(schema: ApiSchema, typeName: string, target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) throw badRequestError(decodesNoObject(patch));
  const merged = mergeObject(schema, { kind: 'type', type: typeName }, isJsonObject(target) ? target : {}, patch);
  // What the patch does not touch was shared until here: copying it level by level would cost its size for each level.
  return cloneJson(merged ?? {});
}

/** Undefined when the patch deletes the object. */
function mergeObject(
  schema: ApiSchema,
  shape: Shape | undefined,
  target: JsonObject,
  patch: JsonObject,
): JsonObject | undefined {
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) {
    if (directive === 'replace') return strip(without(patch, DIRECTIVE)) as JsonObject;
    if (directive === 'delete') return undefined;
    if (directive !== 'merge') throw plainError(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  }
  const result: JsonObject = { ...target };
  retainKeys(result, patch);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_PREFIX)) deleteFromPrimitives(result, key.slice(DELETE_PREFIX.length), patch[key]);
  }
  for (const key of Object.keys(patch)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_PREFIX) || key.startsWith(ORDER_PREFIX))
      continue;
    if (isUnsafeKey(key)) continue;
    mergeMember(schema, shape, result, patch, key);
  }
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(ORDER_PREFIX)) continue;
    const name = key.slice(ORDER_PREFIX.length);
    setOrder(result, name, patch[key], patch[name], target[name], fieldOf(schema, shape, name));
  }
  return result;
}

function fieldOf(schema: ApiSchema, shape: Shape | undefined, key: string): FieldSchema | undefined {
  return shape?.kind === 'type' ? schema.type(shape.type)?.fields.get(key) : undefined;
}

function mergeMember(
  schema: ApiSchema,
  shape: Shape | undefined,
  result: JsonObject,
  patch: JsonObject,
  key: string,
): void {
  const value = patch[key] ?? null;
  if (value === null) {
    delete result[key];
    return;
  }
  const field = fieldOf(schema, shape, key);
  const inner = field?.shape ?? (shape?.kind === 'map' ? shape.item : undefined);
  const current = Object.hasOwn(result, key) ? result[key] : undefined;
  if (isJsonObject(value)) {
    const replaces = field?.patchStrategies.includes('replace') === true;
    const base = isJsonObject(current) && !replaces ? current : {};
    const merged = mergeObject(schema, inner, base, value);
    if (merged === undefined) delete result[key];
    else result[key] = merged;
  } else if (Array.isArray(value) && field?.patchStrategies.includes('merge') === true) {
    result[key] = mergeList(schema, field, Array.isArray(current) ? current : [], value);
  } else {
    result[key] = strip(value);
  }
}

/** A value as it is stored: directives have done their work, nulls in objects mean nothing. */
function strip(value: Json): Json {
  if (Array.isArray(value)) return value.filter((item) => !isDirective(item)).map((item) => strip(item));
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const member = value[key] ?? null;
    if (member === null || isUnsafeKey(key)) continue;
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_PREFIX) || key.startsWith(ORDER_PREFIX))
      continue;
    result[key] = strip(member);
  }
  return result;
}

function isDirective(item: Json): boolean {
  return isJsonObject(item) && item[DIRECTIVE] !== undefined;
}

function without(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = object;
  return rest;
}

/** Keeps only the listed members of a union such as a volume or a deployment's strategy. */
function retainKeys(result: JsonObject, patch: JsonObject): void {
  const keep = patch[RETAIN_KEYS];
  if (keep === undefined) return;
  if (!Array.isArray(keep)) throw badRequestError('invalid patch format of retainKeys');
  for (const key of Object.keys(patch)) {
    if (
      key !== RETAIN_KEYS &&
      key !== DIRECTIVE &&
      !key.startsWith('$') &&
      patch[key] !== null &&
      !keep.includes(key)
    ) {
      throw badRequestError('invalid patch format of retainKeys');
    }
  }
  for (const key of Object.keys(result)) if (!keep.includes(key)) delete result[key];
}

function deleteFromPrimitives(result: JsonObject, name: string, values: Json | undefined): void {
  if (!Array.isArray(values)) throw badRequestError('invalid patch format of primitive list');
  const current = result[name];
  if (!Array.isArray(current)) return;
  const unwanted = new Set(values.map(canonicalText));
  result[name] = current.filter((item) => !unwanted.has(canonicalText(item)));
}

function mergeList(schema: ApiSchema, field: FieldSchema, current: readonly Json[], patch: readonly Json[]): Json[] {
  const itemShape = field.shape.kind === 'list' ? field.shape.item : undefined;
  if (patch.some((item) => isJsonObject(item) && item[DIRECTIVE] === 'replace')) {
    return patch.filter((item) => !isDirective(item)).map((item) => strip(item));
  }
  const merged =
    field.mergeKey === undefined
      ? mergeValues(current, patch)
      : mergeByKey(schema, itemShape, field.mergeKey, current, patch);
  const kept = patch.filter((item) => !isDirective(item));
  return inOrder(merged, kept, current, (item) => keyOf(field, item));
}

/** What tells an element of a merged list from the others. */
function keyOf(field: FieldSchema | undefined, item: Json): string {
  return canonicalText(field?.mergeKey !== undefined && isJsonObject(item) ? item[field.mergeKey] : item);
}

/**
 * The elements of `merged` that `wanted` names come in its order. Each other one, which only the server has, stands before the
 * first of these that came after it on the server; so what is new stands before it.
 */
function inOrder(
  merged: readonly Json[],
  wanted: readonly Json[],
  served: readonly Json[],
  key: (item: Json) => string,
): Json[] {
  const wantedRanks = ranksOf(wanted, key);
  const servedRanks = ranksOf(served, key);
  const ranked = merged.map((item) => ({
    item,
    rank: wantedRanks.get(key(item)) ?? -1,
    at: servedRanks.get(key(item)) ?? -1,
  }));
  const named = ranked.filter(({ rank }) => rank >= 0).sort((a, b) => a.rank - b.rank);
  const result: Json[] = [];
  let next = 0;
  for (const other of ranked) {
    if (other.rank >= 0) continue;
    while (next < named.length && other.at >= (named[next]?.at ?? -1)) result.push(named[next++]?.item ?? null);
    result.push(other.item);
  }
  return [...result, ...named.slice(next).map(({ item }) => item)];
}

function ranksOf(list: readonly Json[], key: (item: Json) => string): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const [index, item] of list.entries()) {
    const text = key(item);
    if (!ranks.has(text)) ranks.set(text, index);
  }
  return ranks;
}

function mergeValues(current: readonly Json[], patch: readonly Json[]): Json[] {
  const result = [...current];
  const known = new Set(current.map(canonicalText));
  for (const item of patch) {
    const text = canonicalText(item);
    if (known.has(text)) continue;
    known.add(text);
    result.push(item);
  }
  return result;
}

/** Where the items with each key are: a patch of n items on a list of m costs n + m, not n × m. */
function mergeByKey(
  schema: ApiSchema,
  itemShape: Shape | undefined,
  mergeKey: string,
  current: readonly Json[],
  patch: readonly Json[],
): Json[] {
  const result: (Json | undefined)[] = [];
  const places = new Map<string, number[]>();
  const append = (item: Json): void => {
    const key = isJsonObject(item) ? item[mergeKey] : undefined;
    if (key !== undefined) {
      const text = canonicalText(key);
      const same = places.get(text);
      if (same === undefined) places.set(text, [result.length]);
      else same.push(result.length);
    }
    result.push(item);
  };
  for (const item of current) append(item);
  for (const item of patch) {
    const key = isJsonObject(item) ? item[mergeKey] : undefined;
    if (!isJsonObject(item) || key === undefined)
      throw plainError(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
    const text = canonicalText(key);
    const same = places.get(text) ?? [];
    if (item[DIRECTIVE] === 'delete') {
      for (const at of same) result[at] = undefined;
      places.delete(text);
      continue;
    }
    const [at] = same;
    const known = at === undefined ? undefined : result[at];
    const merged = mergeObject(schema, itemShape, isJsonObject(known) ? known : {}, item);
    if (merged === undefined) continue;
    if (at === undefined) append(merged);
    else result[at] = merged;
  }
  return result.filter((item) => item !== undefined);
}

/** $setElementOrder: the order of the list as its author has it, and `served`, the list as the server had it. */
function setOrder(
  result: JsonObject,
  name: string,
  order: Json | undefined,
  patched: Json | undefined,
  served: Json | undefined,
  field: FieldSchema | undefined,
): void {
  const list = result[name];
  if (!Array.isArray(order)) throw badRequestError('invalid patch format of setElementOrder list');
  if (!Array.isArray(list)) return;
  const ranks = ranksOf(order, (item) => keyOf(field, item));
  for (const item of Array.isArray(patched) ? patched : []) {
    if (!isDirective(item) && !ranks.has(keyOf(field, item))) {
      throw plainError(
        `The order in patch list:\n${goText(patched)}\n doesn't match ${ORDER_PREFIX.slice(0, -1)} list:\n${goText(order)}\n`,
      );
    }
  }
  result[name] = inOrder(list, order, Array.isArray(served) ? served : [], (item) => keyOf(field, item));
}
