// Pieces of strategies that many kinds share: status that only its subresource sets, and a generation that the spec raises.
import type { Strategy } from '../definition.ts';
import { cloneJson, equalJson, type JsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';
import type { PodTemplateSpec } from '../types.ts';

/** Objects are JSON trees; their types only say more. */
function members(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}

/** Whether `field`, normally the spec, differs. */
export function differs(object: KubeObject, old: KubeObject, field = 'spec'): boolean {
  return !equalJson(members(object)[field], members(old)[field]);
}

/** For updates of the main resource: status stays what it was, `initial` where there was none. True when the spec changed. */
export function keepStatus(object: KubeObject, old: KubeObject, initial?: JsonObject): boolean {
  const status = members(old)['status'] ?? initial;
  if (status === undefined) delete members(object)['status'];
  else members(object)['status'] = cloneJson(status);
  return differs(object, old);
}

/** A template always has metadata, as the objects of Go clients do. */
export function defaultTemplate(holder: { template?: PodTemplateSpec }): void {
  if (holder.template !== undefined) holder.template.metadata ??= {};
}

/** For kinds without status: a generation, raised by `field`. */
export function generationBy(field = 'spec'): Pick<Strategy, 'hasGeneration' | 'prepareForUpdate'> {
  return { hasGeneration: true, prepareForUpdate: (object, old) => differs(object, old, field) };
}

/** For kinds with a status, which begins as `initial`; `hasGeneration` where the spec raises one. */
export function withStatus(
  hasGeneration: boolean,
  initial: JsonObject = {},
): Pick<Strategy, 'hasGeneration' | 'prepareForCreate' | 'prepareForUpdate'> {
  return {
    hasGeneration,
    prepareForCreate(object) {
      members(object)['status'] = cloneJson(initial);
    },
    prepareForUpdate(object, old) {
      return keepStatus(object, old);
    },
  };
}
