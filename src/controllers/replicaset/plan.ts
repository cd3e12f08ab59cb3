// What a ReplicaSet or ReplicationController wants: how many pods to create, which to delete, and the status that describes what is there. Pure.
import { equalJson, type Pod, type ReplicaSet, type Served } from '../../api/index.ts';
import { REPLICA_SET_BURST_PODS } from '../limits.ts';
import { availableInMs, isPodActive, isPodFinished, isPodReady } from '../shared/pods.ts';
import type { Replicator, ReplicatorKind } from './kinds.ts';
import { podsToDelete } from './ranking.ts';

export type ReplicaSetStatus = NonNullable<ReplicaSet['status']>;
type ReplicaSetCondition = NonNullable<ReplicaSetStatus['conditions']>[number];

export type ReplicaPlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'create'; readonly count: number }
  | { readonly kind: 'delete'; readonly pods: readonly Served<Pod>[] };

/**
 * How to come closer to the wanted number of replicas, at most a burst at once.
 * `pods` are those that it controls; `related` those of all ReplicaSets with the same owner.
 */
export function planReplicas(
  replicator: Served<Replicator>,
  pods: readonly Served<Pod>[],
  related: readonly Served<Pod>[],
  nowMs: number,
): ReplicaPlan {
  const active = pods.filter(isPodActive);
  const missing = (replicator.spec?.replicas ?? 1) - active.length;
  if (missing > 0) return { kind: 'create', count: Math.min(missing, REPLICA_SET_BURST_PODS) };
  if (missing === 0) return { kind: 'nothing' };
  const count = Math.min(-missing, REPLICA_SET_BURST_PODS);
  return { kind: 'delete', pods: podsToDelete(active, related.filter(isPodActive), count, nowMs) };
}

/** A failure to create or delete pods, as the condition ReplicaFailure tells it. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

export interface StatusPlan {
  readonly status: ReplicaSetStatus;
  readonly changed: boolean;
  /** When a ready pod becomes available by waiting: look again then. */
  readonly availableInMs: number | undefined;
}

/** The status of one that controls `pods`. `now` is RFC 3339 text of `nowMs`. */
export function planStatus(
  kind: ReplicatorKind,
  replicator: Served<Replicator>,
  pods: readonly Served<Pod>[],
  failure: ReplicaFailure | undefined,
  nowMs: number,
  now: string,
): StatusPlan {
  const { spec, status: old, metadata } = replicator;
  const active = pods.filter(isPodActive);
  const terminating = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodFinished(pod));
  const templateLabels = Object.entries(spec?.template?.metadata?.labels ?? {});
  const fullyLabeled = active.filter(({ metadata: { labels } }) =>
    templateLabels.every(([key, value]) => labels?.[key] === value),
  );
  const waits = active.map((pod) => availableInMs(pod, spec?.minReadySeconds ?? 0, nowMs));
  const pending = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  const conditions = withFailure(old?.conditions ?? [], failure, now);
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: fullyLabeled.length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    ...(kind.countsTerminating ? { terminatingReplicas: terminating.length } : {}),
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  return {
    status,
    changed: !equalJson(comparable(old), comparable(status)),
    availableInMs: pending.length === 0 ? undefined : Math.min(...pending),
  };
}

/** Absent counts are zero on the wire. */
function comparable(status: ReplicaSetStatus | undefined): ReplicaSetStatus {
  const zero = { fullyLabeledReplicas: 0, readyReplicas: 0, availableReplicas: 0, terminatingReplicas: 0 };
  return { ...zero, replicas: 0, conditions: [], ...status };
}

function withFailure(
  conditions: readonly ReplicaSetCondition[],
  failure: ReplicaFailure | undefined,
  now: string,
): ReplicaSetCondition[] {
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const current = conditions.find(({ type }) => type === 'ReplicaFailure');
  if (current?.reason === failure.reason && current.status === 'True') return [...conditions];
  return [...others, { type: 'ReplicaFailure', status: 'True', ...failure, lastTransitionTime: now }];
}
