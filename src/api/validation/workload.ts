// The rules that deployments and replica sets share: selector and template belong together, counts are not negative.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { scaledValue } from '../int-or-string.ts';
import { equalJson } from '../json.ts';
import { matcherOfSelector } from '../selectors/label-selector.ts';
import type { Deployment, DeploymentSpec, LabelSelector, PodTemplateSpec, ReplicaSet } from '../types.ts';
import { validateAnnotations, validateLabelSelector, validateLabels } from './labels.ts';
import { countOrPercent, notNegative } from './numbers.ts';
import { validatePodSpec } from './pod.ts';

export function validateDeployment({ spec }: Deployment): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template.spec.containers')];
  const errors = notNegative(spec.replicas, 'spec.replicas');
  addFindings(errors, validateSelected(spec.selector, spec.template, 'deployment'));
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
  return [...errors, ...validateSelected(spec.selector, spec.template, 'replica set')];
}

function validateSelected(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  kind: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (selector === undefined) {
    errors.push(required('spec.selector'));
  } else {
    const problems = validateLabelSelector(selector, 'spec.selector');
    addFindings(errors, problems);
    const empty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0;
    if (empty) errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
    else if (problems.length === 0) addFindings(errors, validateTemplateLabels(selector, template));
  }
  return [...errors, ...validateTemplate(template, 'ReplicaSet')];
}

/** A controller must select what it makes. */
export function validateTemplateLabels(selector: LabelSelector, template: PodTemplateSpec | undefined): FieldError[] {
  const labels = template?.metadata?.labels;
  if (matcherOfSelector(selector).matches(labels)) return [];
  return [invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')];
}

/** The template of pods that run for good; `kind` is who makes them, for messages. */
export function validateTemplate(template: PodTemplateSpec | undefined, kind: string): FieldError[] {
  const errors = validateLabels(template?.metadata?.labels, 'spec.template.labels');
  addFindings(errors, validateAnnotations(template?.metadata?.annotations, 'spec.template.annotations'));
  const spec = template?.spec;
  if (spec === undefined) return [...errors, required('spec.template.spec.containers')];
  addFindings(errors, validatePodSpec(spec, 'spec.template.spec'));
  if (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', spec.restartPolicy, ['Always']));
  }
  if (spec.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`),
    );
  }
  return errors;
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
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(invalid(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  if (typeof maxUnavailable === 'string' && scaledValue(maxUnavailable, 100, 'up') > 100) {
    errors.push(invalid(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
  }
  return errors;
}

function isZero(value: number | string | undefined): boolean {
  return value === undefined || scaledValue(value, 100, 'up') === 0;
}

export function validateSelectorUnchanged(
  selector: LabelSelector | undefined,
  old: LabelSelector | undefined,
): FieldError[] {
  return equalJson(selector, old) ? [] : [invalid('spec.selector', selector, 'field is immutable')];
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
  const total = status?.replicas ?? 0;
  for (const field of ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const count = status?.[field] ?? 0;
    if (count > total) errors.push(invalid(`status.${field}`, count, 'cannot be greater than status.replicas'));
  }
  return errors;
}

/** The counts in the status of replica sets and replication controllers. */
export function validateReplicaCounts(status: ReplicaSet['status']): FieldError[] {
  const errors: FieldError[] = [];
  const total = status?.replicas ?? 0;
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const count = status?.[field] ?? 0;
    addFindings(errors, notNegative(count, `status.${field}`));
    if (count > total) errors.push(invalid(`status.${field}`, count, 'cannot be greater than status.replicas'));
  }
  return errors;
}
