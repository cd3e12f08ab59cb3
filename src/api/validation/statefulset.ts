// The rules of stateful sets. The template is checked with the volumes that its claims will give each pod.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import type { PodTemplateSpec, StatefulSet, StatefulSetSpec } from '../types.ts';
import { dns1123LabelProblems } from './names.ts';
import { atMost100Percent, countOrPercent, isZeroOrUnset, notAbove, notDecremented, notNegative } from './numbers.ts';
import { validateSelected } from './template.ts';

const OWNER = { selectorName: 'statefulset', kind: 'StatefulSet' };

export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template.spec.containers')];
  const errors: FieldError[] = [];
  const { podManagementPolicy, serviceName } = spec;
  if (podManagementPolicy !== 'OrderedReady' && podManagementPolicy !== 'Parallel')
    errors.push(invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  addFindings(errors, validateStrategy(spec), validateClaimRetention(spec));
  addFindings(errors, notNegative(spec.replicas, 'spec.replicas'));
  addFindings(errors, notNegative(spec.minReadySeconds, 'spec.minReadySeconds'));
  addFindings(errors, notNegative(spec.ordinals?.start, 'spec.ordinals.start'));
  if (serviceName)
    addFindings(
      errors,
      dns1123LabelProblems(serviceName).map((problem) => invalid('spec.serviceName', serviceName, problem)),
    );
  addFindings(errors, validateSelected(spec.selector, withClaims(spec), OWNER));
  return [...errors, ...notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit')];
}

function validateStrategy({ updateStrategy }: StatefulSetSpec): FieldError[] {
  const at = 'spec.updateStrategy';
  const rolling = updateStrategy?.rollingUpdate;
  switch (updateStrategy?.type) {
    case 'OnDelete':
      if (rolling === undefined) return [];
      return [invalid(`${at}.rollingUpdate`, rolling, "only allowed for updateStrategy 'RollingUpdate'")];
    case 'RollingUpdate': {
      const place = `${at}.rollingUpdate.maxUnavailable`;
      const errors = notNegative(rolling?.partition, `${at}.rollingUpdate.partition`);
      const unavailable = rolling?.maxUnavailable;
      const problems = countOrPercent(unavailable, place);
      if (problems.length > 0 || unavailable === undefined) return [...errors, ...problems];
      if (isZeroOrUnset(unavailable)) errors.push(invalid(place, unavailable, 'cannot be 0'));
      return [...errors, ...atMost100Percent(unavailable, place)];
    }
    default:
      return [invalid(at, updateStrategy ?? {}, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

const RETENTION_POLICIES = ['Retain', 'Delete'];

function validateClaimRetention({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec): FieldError[] {
  if (policy === undefined) return [];
  return (['whenDeleted', 'whenScaled'] as const)
    .filter((field) => !RETENTION_POLICIES.includes(policy[field] ?? ''))
    .map((field) =>
      notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, policy[field], RETENTION_POLICIES),
    );
}

/** A claim's volume takes the place of a template's volume of the same name. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec | undefined {
  if (template?.spec === undefined || volumeClaimTemplates.length === 0) return template;
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ''));
  const claimed = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const others = (template.spec.volumes ?? []).filter(({ name }) => !names.has(name));
  return { ...template, spec: { ...template.spec, volumes: [...others, ...claimed] } };
}

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;
const UPDATE_MESSAGE = `updates to statefulset spec for fields other than ${MUTABLE.slice(0, -1)
  .map((field) => `'${field}'`)
  .join(', ')} and '${MUTABLE.at(-1)}' are forbidden`;

export function validateStatefulSetUpdate({ spec }: StatefulSet, { spec: old }: StatefulSet): FieldError[] {
  const fixed = (from: StatefulSetSpec | undefined): object =>
    Object.fromEntries(Object.entries(from ?? {}).filter(([field]) => !MUTABLE.some((name) => name === field)));
  return equalJson(fixed(spec), fixed(old)) ? [] : [forbidden('spec', UPDATE_MESSAGE)];
}

const COUNTS = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
] as const;

export function validateStatefulSetStatusUpdate({ status }: StatefulSet, { status: old }: StatefulSet): FieldError[] {
  const errors = COUNTS.flatMap((field) => notNegative(status?.[field], `status.${field}`));
  const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;
  addFindings(errors, notAbove(status, parts, 'replicas'), notAbove(status, ['availableReplicas'], 'readyReplicas'));
  return [...errors, ...notDecremented(status?.collisionCount, old?.collisionCount, 'status.collisionCount')];
}
