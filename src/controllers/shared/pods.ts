// What controllers ask about a pod: is it active, ready, available, and since when.
import type { Pod, PodCondition } from '../../api/index.ts';

/** The condition of a type, if the pod has it. */
export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** It has run to its end: its containers will not start again. */
export function isPodFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** It counts as a replica: neither finished nor being deleted. */
export function isPodActive(pod: Pod): boolean {
  return !isPodFinished(pod) && pod.metadata?.deletionTimestamp === undefined;
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Wall time in milliseconds since which the pod is ready; undefined when it is not. */
export function readySinceMs(pod: Pod): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  return ready.lastTransitionTime === undefined ? 0 : Date.parse(ready.lastTransitionTime);
}

/**
 * Milliseconds until the pod is available: 0 when it is, undefined when it is not ready and so never will be by waiting.
 */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  const since = readySinceMs(pod);
  if (since === undefined) return undefined;
  return minReadySeconds === 0 ? 0 : Math.max(0, since + minReadySeconds * 1000 - nowMs);
}

/** The pod's conditions with one of them set; the transition time moves only when the status does. */
export function withPodCondition(pod: Pod, condition: PodCondition & { lastTransitionTime: string }): PodCondition[] {
  const conditions = pod.status?.conditions ?? [];
  const current = conditions.find(({ type }) => type === condition.type);
  const kept = current?.status === condition.status ? current.lastTransitionTime : undefined;
  const next = { ...current, ...condition, lastTransitionTime: kept ?? condition.lastTransitionTime };
  return current === undefined
    ? [...conditions, next]
    : conditions.map((each) => (each.type === condition.type ? next : each));
}
