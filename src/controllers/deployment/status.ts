// The status of a Deployment: counts, and the conditions Available, Progressing and ReplicaFailure with the reasons and
// messages that users and `kubectl rollout status` know.
import { type Deployment, type DeploymentCondition, type DeploymentStatus, equalJson } from '../../api/index.ts';
import { PROGRESS_DEADLINE_DEFAULT_SECONDS } from '../limits.ts';
import { fences, wantedReplicas } from './numbers.ts';
import type { AnyReplicaSet } from './template.ts';

export const PROGRESSING = 'Progressing';
const AVAILABLE = 'Available';
const REPLICA_FAILURE = 'ReplicaFailure';
const COMPLETE_REASON = 'NewReplicaSetAvailable';
const DEADLINE_REASON = 'ProgressDeadlineExceeded';

/** 2^31 − 1 stands for "no deadline". */
const NO_DEADLINE = 2_147_483_647;

export interface Moment {
  readonly nowMs: number;
  /** nowMs as RFC 3339. */
  readonly now: string;
}

type Conditions = readonly DeploymentCondition[];

export function deadlineSeconds(deployment: Deployment): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds ?? PROGRESS_DEADLINE_DEFAULT_SECONDS;
  return seconds === NO_DEADLINE ? undefined : seconds;
}

export function conditionOf(conditions: Conditions | undefined, type: string): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Sets a condition; one with the same status and reason stays as it is, and the transition time moves with the status only. */
export function withCondition(
  conditions: Conditions,
  set: { type: string; status: string; reason: string; message: string },
  { now }: Moment,
): Conditions {
  const current = conditionOf(conditions, set.type);
  if (current?.status === set.status && current.reason === set.reason) return conditions;
  const transition = current?.status === set.status ? (current.lastTransitionTime ?? now) : now;
  const others = conditions.filter(({ type }) => type !== set.type);
  return [...others, { ...set, lastUpdateTime: now, lastTransitionTime: transition }];
}

function without(conditions: Conditions, type: string): Conditions {
  return conditions.filter((condition) => condition.type !== type);
}

/** Pausing is told, because a paused Deployment makes no progress and must not be called stuck. */
export function withPause(deployment: Deployment, conditions: Conditions, moment: Moment): Conditions {
  if (deadlineSeconds(deployment) === undefined) return conditions;
  const current = conditionOf(conditions, PROGRESSING);
  if (current?.reason === DEADLINE_REASON) return conditions;
  const paused = deployment.spec?.paused === true;
  if (paused === (current?.reason === 'DeploymentPaused')) return conditions;
  return withCondition(
    conditions,
    {
      type: PROGRESSING,
      status: 'Unknown',
      reason: paused ? 'DeploymentPaused' : 'DeploymentResumed',
      message: paused ? 'Deployment is paused' : 'Deployment is resumed',
    },
    moment,
  );
}

export function withReplicaSetFound(
  conditions: Conditions,
  deployment: Deployment,
  name: string,
  how: 'created' | 'found',
  moment: Moment,
): Conditions {
  if (deadlineSeconds(deployment) === undefined) return conditions;
  if (how === 'found' && conditionOf(conditions, PROGRESSING) !== undefined) return conditions;
  const told =
    how === 'created'
      ? { reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` }
      : { reason: 'FoundNewReplicaSet', message: `Found new replica set "${name}"` };
  return withCondition(conditions, { type: PROGRESSING, status: 'True', ...told }, moment);
}

export function withCreateError(conditions: Conditions, name: string, error: string, moment: Moment): Conditions {
  const message = `Failed to create new replica set "${name}": ${error}`;
  return withCondition(
    conditions,
    { type: PROGRESSING, status: 'False', reason: 'ReplicaSetCreateError', message },
    moment,
  );
}

/** Counts and availability, without a judgement on progress. */
export function countStatus(
  deployment: Deployment,
  newOne: AnyReplicaSet | undefined,
  old: readonly AnyReplicaSet[],
  conditions: Conditions,
  moment: Moment,
): DeploymentStatus {
  const all = newOne === undefined ? old : [...old, newOne];
  const sum = (count: (status: NonNullable<AnyReplicaSet['status']>) => number | undefined): number =>
    all.reduce((total, { status }) => total + (status === undefined ? 0 : (count(status) ?? 0)), 0);
  const replicas = sum((status) => status.replicas);
  const availableReplicas = sum((status) => status.availableReplicas);
  const enough = availableReplicas >= wantedReplicas(deployment) - fences(deployment).maxUnavailable;
  const available = {
    type: AVAILABLE,
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  };
  const { collisionCount } = deployment.status ?? {};
  const generation = deployment.metadata?.generation;
  return {
    replicas,
    updatedReplicas: newOne?.status?.replicas ?? 0,
    readyReplicas: sum((status) => status.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, sizeSum(all) - availableReplicas),
    terminatingReplicas: sum((status) => status.terminatingReplicas),
    conditions: [...withCondition(conditions, available, moment)],
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}

function sizeSum(replicaSets: readonly AnyReplicaSet[]): number {
  return replicaSets.reduce((sum, { spec }) => sum + (spec?.replicas ?? 1), 0);
}

/** The status during a rollout: countStatus, and whether the rollout is complete, moves on, or is stuck. */
export function rolloutStatus(
  deployment: Deployment,
  newOne: AnyReplicaSet | undefined,
  old: readonly AnyReplicaSet[],
  conditions: Conditions,
  moment: Moment,
): DeploymentStatus {
  const status = countStatus(deployment, newOne, old, conditions, moment);
  const progress = withProgress(deployment, status, newOne, moment);
  return { ...status, conditions: [...withReplicaFailure(progress, newOne, old, moment)] };
}

function withProgress(
  deployment: Deployment,
  status: DeploymentStatus,
  newOne: AnyReplicaSet | undefined,
  moment: Moment,
): Conditions {
  const conditions = status.conditions ?? [];
  if (deadlineSeconds(deployment) === undefined) return without(conditions, PROGRESSING);
  const current = conditionOf(conditions, PROGRESSING);
  // A finished rollout stays finished: pods that die later make it unavailable, not stuck.
  if (status.replicas === status.updatedReplicas && current?.reason === COMPLETE_REASON) return conditions;
  const subject =
    newOne === undefined ? `Deployment "${deployment.metadata?.name ?? ''}"` : `ReplicaSet "${newOne.metadata.name}"`;
  const set = (value: 'True' | 'False', reason: string, text: string): Conditions =>
    withCondition(conditions, { type: PROGRESSING, status: value, reason, message: `${subject} ${text}` }, moment);
  if (isComplete(deployment, status)) return set('True', COMPLETE_REASON, 'has successfully progressed.');
  if (isProgressing(deployment, status)) {
    const next = set('True', 'ReplicaSetUpdated', 'is progressing.');
    // The update time moves with every step of progress: the deadline counts from it.
    return next.map((each) => (each.type === PROGRESSING ? { ...each, lastUpdateTime: moment.now } : each));
  }
  if (isTimedOut(deployment, current, moment)) return set('False', DEADLINE_REASON, 'has timed out progressing.');
  return conditions;
}

/** All replicas are of the new template, and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    status.updatedReplicas === wanted &&
    status.replicas === wanted &&
    status.availableReplicas === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const old = deployment.status ?? {};
  const outdated = (counts: DeploymentStatus): number => (counts.replicas ?? 0) - (counts.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    outdated(status) < outdated(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: Deployment, current: DeploymentCondition | undefined, { nowMs }: Moment): boolean {
  const seconds = deadlineSeconds(deployment);
  if (current === undefined || seconds === undefined || current.reason === COMPLETE_REASON) return false;
  if (current.reason === DEADLINE_REASON) return true;
  return Date.parse(current.lastUpdateTime ?? '') + seconds * 1000 < nowMs;
}

function withReplicaFailure(
  conditions: Conditions,
  newOne: AnyReplicaSet | undefined,
  old: readonly AnyReplicaSet[],
  moment: Moment,
): Conditions {
  for (const replicaSet of newOne === undefined ? old : [newOne, ...old]) {
    const failure = replicaSet.status?.conditions?.find(({ type }) => type === REPLICA_FAILURE);
    if (failure === undefined) continue;
    const { status, reason = '', message = '' } = failure;
    return withCondition(conditions, { type: REPLICA_FAILURE, status, reason, message }, moment);
  }
  return without(conditions, REPLICA_FAILURE);
}

/** Milliseconds until a rollout that does not move has to be called stuck; undefined when there is nothing to wait for. */
export function deadlineInMs(deployment: Deployment, status: DeploymentStatus, { nowMs }: Moment): number | undefined {
  const seconds = deadlineSeconds(deployment);
  const current = conditionOf(status.conditions, PROGRESSING);
  if (seconds === undefined || current === undefined || deployment.spec?.paused === true) return undefined;
  if (isComplete(deployment, status) || current.reason === DEADLINE_REASON || current.reason === COMPLETE_REASON) {
    return undefined;
  }
  // A second more, since times have whole seconds on the wire.
  return Math.max(0, Date.parse(current.lastUpdateTime ?? '') + seconds * 1000 - nowMs) + 1000;
}

/** Absent counts are zero on the wire; the order of conditions says nothing. */
export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  return equalJson(comparable(a), comparable(b));
}

function comparable(status: DeploymentStatus | undefined): unknown {
  const counts = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0, unavailableReplicas: 0 };
  const conditions = [...(status?.conditions ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1));
  return { ...counts, terminatingReplicas: 0, collisionCount: 0, ...status, conditions };
}
