// The rules of resource quotas: names and amounts, and which scopes go with which of them.
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, required } from '../field-error.ts';
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../types.ts';
import { isQuotaResource, validateQuotaAmounts } from './resource-names.ts';

type QuotaSpec = NonNullable<ResourceQuota['spec']>;

/** Scopes that a pod is in or not: they take no values. */
const PLAIN_SCOPES = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity'];
const COMPUTE = new Set(['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory', 'pods']);
const PODS = new Set(['pods']);
const CLAIMS = new Set(['persistentvolumeclaims', 'requests.storage']);
/** Scope → the standard resources that it can limit. */
const SCOPED: Readonly<Record<string, ReadonlySet<string>>> = {
  Terminating: COMPUTE,
  NotTerminating: COMPUTE,
  NotBestEffort: COMPUTE,
  BestEffort: PODS,
  PriorityClass: COMPUTE,
  CrossNamespacePodAffinity: COMPUTE,
  VolumeAttributesClass: CLAIMS,
};
const CONFLICTING: readonly (readonly [string, string])[] = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

export function validateQuota(quota: ResourceQuota): FieldError[] {
  const { spec = {} } = quota;
  const errors = validateQuotaAmounts(spec.hard, 'spec.hard');
  addFindings(errors, validateScopes(spec), validateScopeSelector(spec), validateQuotaStatus(quota));
  return errors;
}

export function validateQuotaStatus({ status }: ResourceQuota): FieldError[] {
  const errors = validateQuotaAmounts(status?.hard, 'status.hard');
  addFindings(errors, validateQuotaAmounts(status?.used, 'status.used'));
  return errors;
}

export function validateQuotaUpdate({ spec }: ResourceQuota, { spec: old }: ResourceQuota): FieldError[] {
  const scopes = new Set(spec?.scopes);
  const before = new Set(old?.scopes);
  const same = scopes.size === before.size && [...scopes].every((scope) => before.has(scope));
  return same ? [] : [invalid('spec.scopes', spec?.scopes ?? null, 'field is immutable')];
}

function validateScopes(spec: QuotaSpec): FieldError[] {
  const scopes = spec.scopes ?? [];
  const errors = scopes.flatMap((scope) =>
    scopeProblems(scope, spec).map((problem) => invalid('spec.scopes', scopes, problem)),
  );
  if (isConflicting(scopes)) errors.push(invalid('spec.scopes', scopes, 'conflicting scopes'));
  return errors;
}

const SELECTOR = 'spec.scopeSelector.matchExpressions';

function validateScopeSelector(spec: QuotaSpec): FieldError[] {
  const { scopeSelector } = spec;
  const expressions = scopeSelector?.matchExpressions ?? [];
  const errors: FieldError[] = [];
  for (const expression of expressions) {
    for (const problem of scopeProblems(expression.scopeName, spec)) {
      const known = Object.hasOwn(SCOPED, expression.scopeName);
      errors.push(
        known
          ? invalid(SELECTOR, scopeSelector, problem)
          : invalid(`${SELECTOR}.scopeName`, expression.scopeName, problem),
      );
    }
    addFindings(errors, validateExpression(expression));
  }
  if (isConflicting(expressions.map(({ scopeName }) => scopeName)))
    errors.push(invalid(SELECTOR, scopeSelector, 'conflicting scopes'));
  return errors;
}

function scopeProblems(scope: string, spec: QuotaSpec): string[] {
  if (!Object.hasOwn(SCOPED, scope)) return ['unsupported scope'];
  return Object.keys(spec.hard ?? {})
    .filter((name) => isQuotaResource(name) && SCOPED[scope]?.has(name) !== true)
    .map(() => 'unsupported scope applied to resource');
}

function isConflicting(scopes: readonly string[]): boolean {
  return CONFLICTING.some((pair) => pair.every((scope) => scopes.includes(scope)));
}

function validateExpression({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): FieldError[] {
  const errors: FieldError[] = [];
  if (PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists') {
    const detail =
      "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(invalid(`${SELECTOR}.operator`, operator, detail));
  }
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length > 0) return errors;
      return [
        ...errors,
        required(
          `${SELECTOR}.values`,
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ),
      ];
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return errors;
      return [
        ...errors,
        invalid(
          `${SELECTOR}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      ];
    default:
      return [...errors, invalid(`${SELECTOR}.operator`, operator, 'not a valid selector operator')];
  }
}
