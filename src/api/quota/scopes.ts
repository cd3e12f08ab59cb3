// Scopes of quotas: which objects one counts. Values are compared by the operators of selectors.
import { unreachable } from '../../lib/index.ts';
import { qosClassOf } from '../qos.ts';
import type {
  Affinity,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../types.ts';

type Requirement = ScopedResourceSelectorRequirement;

/** Scopes by name and by selector: an object must be in all of them. */
export function scopesOf({ spec }: ResourceQuota): readonly Requirement[] {
  const named = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...named, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

export function podInScope(scope: Requirement, pod: Pod): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return isBounded(pod);
    case 'NotTerminating':
      return !isBounded(pod);
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass': {
      const name = pod.spec?.priorityClassName ?? '';
      return selects(scope, name === '' ? undefined : name);
    }
    case 'CrossNamespacePodAffinity':
      return looksAbroad(pod.spec?.affinity);
    default:
      return false;
  }
}

/** A claim is in the scope of every class that it has, had or is to have. */
export function claimInScope(scope: Requirement, { spec, status }: PersistentVolumeClaim): boolean {
  if (scope.scopeName !== 'VolumeAttributesClass') return false;
  const classes = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== '');
  if (classes.length === 0) return selects(scope, undefined);
  return classes.some((name) => selects(scope, name));
}

function selects({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator as 'DoesNotExist' | 'Exists' | 'In' | 'NotIn') {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    default:
      return unreachable(operator as never);
  }
}

function isBounded({ spec }: Pod): boolean {
  return spec?.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
}

function isBestEffort({ spec, status }: Pod): boolean {
  return (status?.qosClass || qosClassOf(spec)) === 'BestEffort';
}

/** Whether pods of other namespaces decide where it may run. */
function looksAbroad(affinity: Affinity | undefined): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((half) => {
    const preferred = half?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms = [
      ...(half?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...preferred.map(({ podAffinityTerm }) => podAffinityTerm),
    ];
    return terms.some((term) => (term?.namespaces ?? []).length > 0 || term?.namespaceSelector !== undefined);
  });
}
