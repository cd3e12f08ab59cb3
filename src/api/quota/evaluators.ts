// The evaluator of each resource, and the resource of each name that a quota may limit.
import { CLAIM_EVALUATOR } from './claims.ts';
import type { Evaluator, ResourceId } from './evaluator.ts';
import { countedResource, countingEvaluator } from './objects.ts';
import { POD_EVALUATOR } from './pods.ts';
import { SERVICE_EVALUATOR } from './services.ts';

/** Core resources with rules of their own. Claims come first: a storage class may be called `requests.example.com`. */
const SPECIAL: ReadonlyMap<string, Evaluator> = new Map([
  ['persistentvolumeclaims', CLAIM_EVALUATOR],
  ['services', SERVICE_EVALUATOR],
  ['pods', POD_EVALUATOR],
]);

/** Undefined for what no quota counts: events, under both their names. */
export function evaluatorOf(resource: ResourceId): Evaluator | undefined {
  if (resource.plural === 'events' && (resource.group === '' || resource.group === 'events.k8s.io')) return undefined;
  return specialOf(resource) ?? countingEvaluator(resource);
}

/** Undefined for a name that nothing is counted under. */
export function resourceOf(name: string): ResourceId | undefined {
  const counted = countedResource(name);
  if (counted !== undefined) return counted;
  for (const [plural, evaluator] of SPECIAL) if (evaluator.tracks(name)) return { group: '', plural };
  return undefined;
}

/** Whether the objects must be read to be counted; otherwise their number is all that matters. */
export function needsObjects(resource: ResourceId): boolean {
  return specialOf(resource) !== undefined;
}

function specialOf({ group, plural }: ResourceId): Evaluator | undefined {
  return group === '' ? SPECIAL.get(plural) : undefined;
}
