// The arithmetic of a rollout: surge and unavailability in pods or percent, and how a change of scale is shared out.
import type { Deployment, ReplicaSet } from '../../api/index.ts';
import { replicasAnnotation } from './revision.ts';

/** The pods a Deployment wants. */
export function wantedReplicas(deployment: Deployment): number {
  return deployment.spec?.replicas ?? 1;
}

/** The pods a ReplicaSet was told to run. */
export function sizeOf(replicaSet: ReplicaSet | undefined): number {
  return replicaSet === undefined ? 0 : (replicaSet.spec?.replicas ?? 1);
}

export function totalSize(replicaSets: readonly (ReplicaSet | undefined)[]): number {
  return replicaSets.reduce((sum, replicaSet) => sum + sizeOf(replicaSet), 0);
}

export function isRolling(deployment: Deployment): boolean {
  return deployment.spec?.strategy?.type !== 'Recreate';
}

export interface Fences {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/**
 * Surge rounds up and unavailability down, so that a percentage never makes a rollout bolder than asked; if both come out
 * as zero, one pod may be unavailable, as the rollout could not move otherwise.
 */
export function fences(deployment: Deployment): Fences {
  const replicas = wantedReplicas(deployment);
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge, maxUnavailable } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = resolve(maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = resolve(maxUnavailable ?? '25%', replicas, Math.floor);
  const moving = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { maxSurge: surge, maxUnavailable: Math.min(moving, replicas) };
}

function resolve(value: number | string, total: number, round: (pods: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

/** How large the new ReplicaSet may be now, given all that runs. */
export function newReplicaSetSize(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  newOne: ReplicaSet | undefined,
): number {
  const wanted = wantedReplicas(deployment);
  if (!isRolling(deployment)) return wanted;
  const current = totalSize(replicaSets);
  const room = wanted + fences(deployment).maxSurge - current;
  if (room <= 0) return sizeOf(newOne);
  return sizeOf(newOne) + Math.min(room, wanted - sizeOf(newOne));
}

/**
 * The sizes of the active ReplicaSets after a change of scale in the middle of a rollout: each keeps its share, larger ones
 * first, and what rounding leaves goes to the first.
 */
export function proportionalSizes<T extends ReplicaSet>(
  deployment: Deployment,
  active: readonly T[],
): readonly { readonly replicaSet: T; readonly size: number }[] {
  const wanted = wantedReplicas(deployment);
  const allowed = wanted === 0 ? 0 : wanted + fences(deployment).maxSurge;
  const toAdd = allowed - totalSize(active);
  let added = 0;
  const sizes = largestFirst(active, toAdd > 0).map((replicaSet) => {
    const share = toAdd === 0 ? 0 : shareOf(deployment, replicaSet, toAdd, added);
    added += share;
    return { replicaSet, size: sizeOf(replicaSet) + share };
  });
  return sizes.map(({ replicaSet, size }, index) => ({
    replicaSet,
    size: index === 0 && toAdd !== 0 ? Math.max(0, size + toAdd - added) : size,
  }));
}

/** Growing favours the newer of two that are equally large, shrinking the older. */
function largestFirst<T extends ReplicaSet>(replicaSets: readonly T[], newerFirst: boolean): T[] {
  const age = (replicaSet: T): number => Date.parse(replicaSet.metadata?.creationTimestamp ?? '9999-01-01T00:00:00Z');
  return [...replicaSets].sort((a, b) => sizeOf(b) - sizeOf(a) || (newerFirst ? age(b) - age(a) : age(a) - age(b)));
}

function shareOf(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  if (sizeOf(replicaSet) === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, replicaSet);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function fractionOf(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = sizeOf(replicaSet);
  if (wantedReplicas(deployment) === 0) return -size;
  const maxNow = wantedReplicas(deployment) + fences(deployment).maxSurge;
  const maxBefore = replicasAnnotation(replicaSet, 'max') || deployment.status?.replicas || 0;
  return maxBefore === 0 ? 0 : Math.round((size * maxNow) / maxBefore) - size;
}
