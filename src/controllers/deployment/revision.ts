// Revisions live in annotations: each ReplicaSet carries the number of the rollout that last used its template, and what it
// was before. `kubectl rollout history` and `undo` read them.
import type { Deployment, ReplicaSet } from '../../api/index.ts';
import { REVISION_HISTORY_ANNOTATION_LIMIT } from '../limits.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';

/** Annotations of a Deployment that say nothing about its ReplicaSets. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  HISTORY,
  DESIRED,
  MAX,
]);

type Annotations = Readonly<Record<string, string>>;

export function revisionOf(object: Deployment | ReplicaSet): number {
  const text = object.metadata?.annotations?.[REVISION];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** The scale that a ReplicaSet was last sized for; 0 when it does not say. */
export function replicasAnnotation(replicaSet: ReplicaSet, which: 'desired' | 'max'): number {
  return Number(replicaSet.metadata?.annotations?.[which === 'desired' ? DESIRED : MAX] ?? 0) || 0;
}

export function hasDesiredAnnotation(replicaSet: ReplicaSet): boolean {
  return replicaSet.metadata?.annotations?.[DESIRED] !== undefined;
}

/** The annotations with the scale they were sized for. */
export function withScale(annotations: Annotations | undefined, desired: number, max: number): Annotations {
  return { ...annotations, [DESIRED]: String(desired), [MAX]: String(max) };
}

/**
 * The annotations of the new ReplicaSet: the Deployment's own, and a revision after all old ones. A ReplicaSet that comes
 * back in a rollback is renumbered, and remembers the number it had.
 */
export function newAnnotations(
  deployment: Deployment,
  newOne: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Annotations {
  const copied = Object.entries(deployment.metadata?.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key));
  const annotations: Record<string, string> = { ...newOne?.metadata?.annotations, ...Object.fromEntries(copied) };
  const revision = Math.max(0, ...old.map(revisionOf)) + 1;
  const before = newOne === undefined ? 0 : revisionOf(newOne);
  if (before >= revision) return annotations;
  annotations[REVISION] = String(revision);
  if (before > 0) annotations[HISTORY] = extendHistory(annotations[HISTORY], before);
  return annotations;
}

function extendHistory(history: string | undefined, revision: number): string {
  const revisions = [...(history ? history.split(',') : []), String(revision)];
  while (revisions.join(',').length > REVISION_HISTORY_ANNOTATION_LIMIT) revisions.shift();
  return revisions.join(',');
}
