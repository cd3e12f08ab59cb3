// Pieces of strategies that many kinds share: status that only its subresource sets, and a generation that the spec raises.
import type { Strategy } from '../definition.ts';
import { cloneJson, equalJson, type JsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';

/** Objects are JSON trees; their types only say more. */
function members(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}

/** Whether `field`, normally the spec, differs. */
export function differs(object: KubeObject, old: KubeObject, field = 'spec'): boolean {
  return !equalJson(members(object)[field], members(old)[field]);
}

/** Status stays what it was; absent where there was none. */
export function keepStatus(object: KubeObject, old: KubeObject): void {
  const status = members(old)['status'];
  if (status === undefined) delete members(object)['status'];
  else members(object)['status'] = cloneJson(status);
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
      keepStatus(object, old);
      return differs(object, old);
    },
  };
}
