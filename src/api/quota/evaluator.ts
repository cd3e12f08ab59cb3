// How objects of one resource count against quotas. Admission and the quota controller ask the same evaluators, so that
// what is charged when an object comes is what is found when everything is counted.
import type { Amounts } from '../amounts.ts';
import type { KubeObject } from '../object.ts';
import type { ScopedResourceSelectorRequirement } from '../types.ts';

export interface ResourceId {
  readonly group: string;
  readonly plural: string;
}

export interface Evaluator {
  /** Whether objects of this resource may use what a quota calls `name`. */
  tracks(name: string): boolean;
  usage(object: KubeObject, nowMs: number): Amounts;
  inScope(scope: ScopedResourceSelectorRequirement, object: KubeObject): boolean;
  /** What the object does not say though a quota of these names needs it: `must specify …`. */
  unstated?(object: KubeObject, names: readonly string[]): string | undefined;
  /** The subresource ('' for the object itself) whose updates may raise the usage; undefined: none. */
  readonly chargedUpdates?: string;
}
