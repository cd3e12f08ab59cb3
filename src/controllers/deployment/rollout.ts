// The steps of a plan: scaling, rolling update, recreation, and the clean-up of old revisions. Each changes the draft.
import type { Pod } from '../../api/index.ts';
import { REVISION_HISTORY_LIMIT_DEFAULT } from '../limits.ts';
import { allOf, type Draft, resize, syncNewReplicaSet } from './draft.ts';
import {
  fences,
  isRolling,
  newReplicaSetSize,
  proportionalSizes,
  sizeOf,
  totalSize,
  wantedReplicas,
} from './numbers.ts';
import { hasDesiredAnnotation, replicasAnnotation, revisionOf } from './revision.ts';
import type { AnyReplicaSet } from './template.ts';

/** The Deployment's scale changed since its ReplicaSets were last sized. */
export function isScaling(draft: Draft): boolean {
  return allOf(draft)
    .filter((replicaSet) => sizeOf(replicaSet) > 0)
    .some(
      (replicaSet) =>
        hasDesiredAnnotation(replicaSet) &&
        replicasAnnotation(replicaSet, 'desired') !== wantedReplicas(draft.deployment),
    );
}

/** Brings the ReplicaSets to a new scale without moving the rollout on. */
export function scale(draft: Draft): void {
  const { deployment } = draft;
  const only = activeOrLatest(draft);
  if (only !== undefined) {
    resize(draft, only, wantedReplicas(deployment));
    return;
  }
  if (isSaturated(draft)) {
    for (const replicaSet of draft.old) if (sizeOf(replicaSet) > 0) resize(draft, replicaSet, 0);
    return;
  }
  if (!isRolling(deployment)) return;
  const active = allOf(draft).filter((replicaSet) => sizeOf(replicaSet) > 0);
  for (const { replicaSet, size } of proportionalSizes(deployment, active)) resize(draft, replicaSet, size);
}

/** The ReplicaSet that alone decides the scale: the only active one, or the latest when none is. */
function activeOrLatest({ newOne, old }: Draft): AnyReplicaSet | undefined {
  const active = [...old, newOne].filter((replicaSet) => sizeOf(replicaSet) > 0);
  if (active.length > 1) return undefined;
  return active[0] ?? newOne ?? old.at(-1);
}

function isSaturated({ newOne, deployment }: Draft): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    newOne !== undefined &&
    replicasAnnotation(newOne, 'desired') === wanted &&
    sizeOf(newOne) === wanted &&
    (newOne.status?.availableReplicas ?? 0) === wanted
  );
}

/** One step of a rolling update: up by what the surge allows, else down by what stays available. */
export function rollingUpdate(draft: Draft): void {
  syncNewReplicaSet(draft, true);
  const { newOne, deployment } = draft;
  if (newOne === undefined) return;
  const wanted = wantedReplicas(deployment);
  const size = sizeOf(newOne) > wanted ? wanted : newReplicaSetSize(deployment, allOf(draft), newOne);
  if (sizeOf(newOne) !== wanted && size !== sizeOf(newOne)) {
    resize(draft, newOne, size);
    return;
  }
  shrinkOld(draft);
}

function shrinkOld(draft: Draft): void {
  const { deployment, newOne } = draft;
  if (totalSize(draft.old) === 0) return;
  const minAvailable = wantedReplicas(deployment) - fences(deployment).maxUnavailable;
  const newUnavailable = sizeOf(newOne) - (newOne?.status?.availableReplicas ?? 0);
  let room = totalSize(allOf(draft)) - minAvailable - newUnavailable;
  if (room <= 0) return;
  // First those that serve nobody: a rollout out of a broken template must not wait for it.
  for (const replicaSet of draft.old) {
    const idle = Math.min(room, sizeOf(replicaSet) - (replicaSet.status?.availableReplicas ?? 0));
    if (idle <= 0) continue;
    resize(draft, replicaSet, sizeOf(replicaSet) - idle);
    room -= idle;
  }
  const available = allOf(draft).reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);
  let spare = available - minAvailable;
  for (const replicaSet of draft.old) {
    const less = Math.min(spare, sizeOf(replicaSet));
    if (less <= 0) continue;
    resize(draft, replicaSet, sizeOf(replicaSet) - less);
    spare -= less;
  }
}

/** One step of a recreation: all old pods go and are gone before a new one starts. `pods`: by name of their ReplicaSet. */
export function recreate(draft: Draft, pods: ReadonlyMap<string, readonly Pod[]>): void {
  syncNewReplicaSet(draft, false);
  const running = draft.old.filter((replicaSet) => sizeOf(replicaSet) > 0);
  if (running.length > 0) {
    for (const replicaSet of running) resize(draft, replicaSet, 0);
    return;
  }
  if (draft.old.some(({ status }) => (status?.replicas ?? 0) > 0)) return;
  const mayRun = (pod: Pod): boolean => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded';
  if (draft.old.some(({ metadata }) => (pods.get(metadata.name) ?? []).some(mayRun))) return;
  syncNewReplicaSet(draft, true);
  const { newOne, deployment } = draft;
  if (newOne !== undefined && sizeOf(newOne) !== wantedReplicas(deployment)) {
    resize(draft, newOne, wantedReplicas(deployment));
  }
}

/** Deletes the oldest revisions beyond the limit, of those that run nothing. */
export function cleanUp(draft: Draft): void {
  const limit = draft.deployment.spec?.revisionHistoryLimit ?? REVISION_HISTORY_LIMIT_DEFAULT;
  const alive = draft.old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const surplus = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, alive.length - limit));
  for (const replicaSet of surplus) {
    const { metadata, status } = replicaSet;
    const original = draft.original.get(metadata.name);
    const settled = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0);
    if (original === undefined || !settled || sizeOf(original) !== 0 || (status?.replicas ?? 0) !== 0) continue;
    draft.deleted.push(original);
  }
}
