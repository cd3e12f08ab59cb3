// The rules of deployments and replica sets: counts are not negative, and a rollout must be able to make progress.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, required } from '../field-error.ts';
import type { Deployment, DeploymentSpec, ReplicaSet } from '../types.ts';
import { atMost100Percent, countOrPercent, isZeroOrUnset, notAbove, notNegative } from './numbers.ts';
import { validateSelected } from './template.ts';

// A deployment's template is refused in the words of the replica sets that are made of it.
const DEPLOYMENT = { selectorName: 'deployment', kind: 'ReplicaSet' };
const REPLICA_SET = { selectorName: 'replica set', kind: 'ReplicaSet' };

export function validateDeployment({ spec }: Deployment): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template.spec.containers')];
  const errors = notNegative(spec.replicas, 'spec.replicas');
  addFindings(errors, validateSelected(spec.selector, spec.template, DEPLOYMENT));
  addFindings(errors, validateStrategy(spec));
  addFindings(errors, notNegative(spec.minReadySeconds, 'spec.minReadySeconds'));
  addFindings(errors, notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'));
  const deadline = spec.progressDeadlineSeconds;
  addFindings(errors, notNegative(deadline, 'spec.progressDeadlineSeconds'));
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  const errors = notNegative(spec.replicas, 'spec.replicas');
  addFindings(errors, notNegative(spec.minReadySeconds, 'spec.minReadySeconds'));
  return [...errors, ...validateSelected(spec.selector, spec.template, REPLICA_SET)];
}

function validateStrategy({ strategy }: DeploymentSpec): FieldError[] {
  const at = 'spec.strategy';
  if (strategy?.type === 'Recreate') {
    if (strategy.rollingUpdate === undefined) return [];
    return [forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (strategy?.type !== 'RollingUpdate')
    return [notSupported(`${at}.type`, strategy?.type, ['Recreate', 'RollingUpdate'])];
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate ?? {};
  const errors = [
    ...countOrPercent(maxUnavailable, `${at}.rollingUpdate.maxUnavailable`),
    ...countOrPercent(maxSurge, `${at}.rollingUpdate.maxSurge`),
  ];
  if (errors.length > 0) return errors;
  if (isZeroOrUnset(maxUnavailable) && isZeroOrUnset(maxSurge)) {
    errors.push(invalid(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...atMost100Percent(maxUnavailable, `${at}.rollingUpdate.maxUnavailable`)];
}

const DEPLOYMENT_COUNTS = [
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
] as const;

export function validateDeploymentStatus({ status }: Deployment): FieldError[] {
  const errors = DEPLOYMENT_COUNTS.flatMap((field) => notNegative(status?.[field], `status.${field}`));
  return [...errors, ...notAbove(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas'], 'replicas')];
}

const REPLICA_SET_COUNTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;

/** The counts in the status of replica sets and replication controllers. */
export function validateReplicaCounts(status: ReplicaSet['status']): FieldError[] {
  const errors = REPLICA_SET_COUNTS.flatMap((field) => notNegative(status?.[field], `status.${field}`));
  return [...errors, ...notAbove(status, REPLICA_SET_COUNTS, 'replicas')];
}
