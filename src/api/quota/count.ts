// What is used of a quota, counted anew from the objects that are there: the quota controller's part.
import { type Amounts, addAmounts, only, zeroAmounts } from '../amounts.ts';
import type { KubeObject } from '../object.ts';
import type { Quantity } from '../quantity.ts';
import type { ResourceQuota } from '../types.ts';
import { isInScopes } from './charge.ts';
import type { Evaluator, ResourceId } from './evaluator.ts';
import { evaluatorOf, needsObjects, resourceOf } from './evaluators.ts';
import { scopesOf } from './scopes.ts';

const NANO = 1_000_000_000n;

/** A resource that a quota limits, and what must be known of its objects. */
export interface ToCount {
  readonly resource: ResourceId;
  readonly evaluator: Evaluator;
  /** The names of the quota that are counted so. */
  readonly names: readonly string[];
  readonly needs: 'objects' | 'number' | 'nothing';
}

/** Everything that has to be looked at for a quota's spec. Names under which nothing is counted are left out. */
export function toCount(quota: ResourceQuota): readonly ToCount[] {
  const byResource = new Map<string, ToCount>();
  const scoped = scopesOf(quota).length > 0;
  for (const name of Object.keys(quota.spec?.hard ?? {}).sort()) {
    const resource = resourceOf(name);
    const evaluator = resource === undefined ? undefined : evaluatorOf(resource);
    if (resource === undefined || evaluator === undefined) continue;
    const key = `${resource.group}/${resource.plural}`;
    const known = byResource.get(key);
    // No scope has objects that are merely counted.
    const needs = needsObjects(resource) ? 'objects' : scoped ? 'nothing' : 'number';
    byResource.set(key, { resource, evaluator, needs, names: [...(known?.names ?? []), name] });
  }
  return [...byResource.values()];
}

export function usedByObjects(
  quota: ResourceQuota,
  { evaluator, names }: ToCount,
  objects: readonly KubeObject[],
  nowMs: number,
): Amounts {
  const counted = objects.filter((object) => isInScopes(quota, evaluator, object));
  return counted.reduce<Amounts>((sum, object) => {
    return addAmounts(
      sum,
      only(evaluator.usage(object, nowMs), (name) => names.includes(name)),
    );
  }, zeroAmounts(names));
}

export function usedByNumber({ names }: ToCount, count: number): Amounts {
  const quantity: Quantity = { nanos: BigInt(count) * NANO, format: 'decimal' };
  return new Map(names.map((name) => [name, quantity]));
}
