// The rules of disruption budgets: one of the two bounds, each a number or a percentage that can be.
import type { FieldError } from '../definition.ts';
import { addFindings, invalid } from '../field-error.ts';
import { type IntOrString, percentOf } from '../int-or-string.ts';
import type { PodDisruptionBudget } from '../types.ts';
import { validateLabelSelector } from './labels.ts';
import { countOrPercent, notNegative, oneOf } from './numbers.ts';

const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];
const COUNTS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

export function validatePodDisruptionBudget({ spec }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  if (spec === undefined) return errors;
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
    errors.push(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  addFindings(errors, bound(spec.minAvailable, 'spec.minAvailable'));
  addFindings(errors, bound(spec.maxUnavailable, 'spec.maxUnavailable'));
  addFindings(errors, validateLabelSelector(spec.selector, 'spec.selector'));
  const at = 'spec.unhealthyPodEvictionPolicy';
  addFindings(errors, oneOf(spec.unhealthyPodEvictionPolicy, at, EVICTION_POLICIES, 'optional'));
  return errors;
}

function bound(value: IntOrString | undefined, field: string): FieldError[] {
  const errors = countOrPercent(value, field);
  if (value !== undefined && (percentOf(value) ?? 0) > 100)
    errors.push(invalid(field, value, 'must not be greater than 100%'));
  return errors;
}

export function validatePodDisruptionBudgetStatus({ status }: PodDisruptionBudget): FieldError[] {
  return COUNTS.flatMap((field) => notNegative(status?.[field], `status.${field}`));
}
