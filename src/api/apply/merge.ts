// The merge of a configuration into the live object: what the configuration has wins, all else stays. What nothing changes
// is the live value itself, so that a caller sees at once whether anything did. Neither argument is changed.
import { equalJson, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { itemElement } from './compare.ts';
import type { ListType, MergeType, StructType } from './merge-types.ts';

export function mergeObjects(type: StructType, live: JsonObject, configuration: JsonObject): JsonObject {
  return mergeMembers((name) => type.fields.get(name)?.type, live, configuration);
}

function merge(type: MergeType, live: Json | undefined, wanted: Json): Json {
  if (live === undefined || live === null) return wanted;
  if (type.leaf) return equalJson(live, wanted) ? live : wanted;
  if (type.kind === 'list') {
    if (!Array.isArray(live) || live.length === 0) return wanted;
    return Array.isArray(wanted) && wanted.length > 0 ? mergeLists(type, live, wanted) : live;
  }
  if (!isJsonObject(live) || Object.keys(live).length === 0) return equalJson(live, wanted) ? live : wanted;
  // Null is not a removal of what others own in it.
  if (!isJsonObject(wanted)) return live;
  if (type.kind === 'struct') return mergeObjects(type, live, wanted);
  return mergeMembers(() => type.item, live, wanted);
}

function mergeMembers(
  typeOf: (name: string) => MergeType | undefined,
  live: JsonObject,
  configuration: JsonObject,
): JsonObject {
  let result: JsonObject | undefined;
  for (const name of Object.keys(configuration)) {
    const type = typeOf(name);
    const wanted = configuration[name];
    if (type === undefined || wanted === undefined) continue;
    const old = Object.hasOwn(live, name) ? live[name] : undefined;
    const merged = merge(type, old, wanted);
    if (merged === old) continue;
    result ??= { ...live };
    result[name] = merged;
  }
  return result ?? live;
}

/**
 * The items of both. Those in the configuration come in its order, and take the places that such items have in the live
 * list; what only the live list has stays behind the items that it stood behind. What is new comes right before the configuration's next item that the live
 * list has too, or last.
 */
function mergeLists(type: ListType, live: readonly Json[], wanted: readonly Json[]): Json[] {
  const lefts = live.map((item) => itemElement(type, item));
  const rights = wanted.map((item) => itemElement(type, item));
  const inLive = new Map<string, Json | undefined>();
  // Items that nothing tells apart are replaced, not merged.
  for (const [i, element] of lefts.entries()) inLive.set(element, inLive.has(element) ? undefined : live[i]);
  const inWanted = new Set(rights);
  const shared = rights.filter((element) => inLive.has(element));
  let nextShared = 0;
  const merged = new Set<string>();
  const result: Json[] = [];
  const take = (index: number): void => {
    const element = rights[index] ?? '';
    merged.add(element);
    result.push(merge(type.item, inLive.get(element), wanted[index] ?? null));
    if (shared[nextShared] === element) nextShared++;
  };
  let left = 0;
  let right = 0;
  while (left < lefts.length || right < rights.length) {
    const element = lefts[left];
    if (element !== undefined && !inWanted.has(element)) {
      result.push(live[left++] ?? null);
      continue;
    }
    if (element !== undefined) {
      // An item that has had its turn makes room; one whose turn comes later in the configuration's order is passed over.
      if (element === rights[right]) left++;
      else if (nextShared < shared.length && shared[nextShared] !== element) {
        left++;
        continue;
      } else if (merged.has(element)) left++;
    }
    if (right < rights.length) take(right++);
  }
  const isSame = result.length === live.length && result.every((item, i) => item === live[i]);
  return isSame ? (live as Json[]) : result;
}
