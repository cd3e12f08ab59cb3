// Which replicas go first when there are too many: those whose loss hurts least. The order is Kubernetes' own, so that
// users who rely on it (pod-deletion-cost, newest first, spread over nodes) see what they expect.
import type { Pod, Served } from '../../api/index.ts';
import { isPodReady, readySinceMs } from '../shared/pods.ts';

/** A candidate for deletion with the number of active pods of its owner family on its node. */
export interface Ranked {
  readonly pod: Served<Pod>;
  readonly neighbours: number;
}

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** The `count` pods to delete. `related`: the active pods of all ReplicaSets of the same owner, these included. */
export function podsToDelete(
  pods: readonly Served<Pod>[],
  related: readonly Served<Pod>[],
  count: number,
  nowMs: number,
): readonly Served<Pod>[] {
  if (count >= pods.length) return pods;
  const onNode = new Map<string, number>();
  for (const { spec } of related) {
    if (spec?.nodeName !== undefined) onNode.set(spec.nodeName, (onNode.get(spec.nodeName) ?? 0) + 1);
  }
  return pods
    .map((pod): Ranked => ({ pod, neighbours: onNode.get(pod.spec?.nodeName ?? '') ?? 0 }))
    .sort((a, b) => compareForDeletion(a, b, nowMs))
    .slice(0, count)
    .map(({ pod }) => pod);
}

/** Negative when `a` goes before `b`. */
export function compareForDeletion(a: Ranked, b: Ranked, nowMs: number): number {
  return (
    order(a, b, ({ pod }) => (pod.spec?.nodeName ? 1 : 0)) ||
    order(a, b, ({ pod }) => PHASE_ORDER[pod.status?.phase ?? 'Pending'] ?? 0) ||
    order(a, b, ({ pod }) => (isPodReady(pod) ? 1 : 0)) ||
    order(a, b, ({ pod }) => deletionCost(pod)) ||
    order(a, b, ({ neighbours }) => -neighbours) ||
    order(a, b, ({ pod }) => ageRank(readySinceMs(pod), nowMs)) ||
    order(a, b, ({ pod }) => -restarts(pod)) ||
    order(a, b, ({ pod }) => ageRank(Date.parse(pod.metadata.creationTimestamp), nowMs)) ||
    (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1)
  );
}

function order(a: Ranked, b: Ranked, measure: (ranked: Ranked) => number): number {
  return measure(a) - measure(b);
}

/** Ages in powers of two: among pods of about the same age the choice is arbitrary, so that it spreads over failure domains. */
function ageRank(sinceMs: number | undefined, nowMs: number): number {
  if (sinceMs === undefined) return 0;
  const ageMs = nowMs - sinceMs;
  return ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6));
}

function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.[DELETION_COST];
  return text !== undefined && /^-?(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
