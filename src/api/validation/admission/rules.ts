// The rules of what admission is asked for: operations, groups, versions and resources of webhooks and policies, and the
// conditions that narrow them. Expressions are only looked at for their presence: evaluation compiles them.
import type {
  AdmissionPolicyMatchCondition,
  AdmissionRule,
  MatchResources,
  NamedAdmissionRule,
} from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import { addFindings, duplicate, invalid, notSupported, problemsAt, required, tooMany } from '../../field-error.ts';
import { labelKeyProblems, validateLabelSelector } from '../labels.ts';
import { pathSegmentProblems } from '../names.ts';
import { oneOf } from '../numbers.ts';

export const FAILURE_POLICIES = ['Fail', 'Ignore'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const MATCH_CONDITIONS_LIMIT = 64;

export function validateRule(rule: AdmissionRule, at: string): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const errors = validateWildcard(operations, `${at}.operations`, 'operations');
  for (const [index, operation] of operations.entries())
    if (!OPERATIONS.includes(operation)) errors.push(notSupported(`${at}.operations[${index}]`, operation, OPERATIONS));
  addFindings(errors, validateWildcard(apiGroups, `${at}.apiGroups`, 'API groups'));
  addFindings(errors, validateWildcard(apiVersions, `${at}.apiVersions`, 'API versions'));
  for (const [index, version] of apiVersions.entries())
    if (version === '') errors.push(required(`${at}.apiVersions[${index}]`));
  addFindings(errors, validateResources(resources, `${at}.resources`));
  if (scope !== undefined && !SCOPES.includes(scope)) errors.push(notSupported(`${at}.scope`, scope, SCOPES));
  return errors;
}

/** At least one; `*` stands alone. */
function validateWildcard(values: readonly string[], at: string, others: string): FieldError[] {
  if (values.length === 0) return [required(at)];
  if (values.length === 1 || !values.includes('*')) return [];
  return [invalid(at, values, `if '*' is present, must not specify other ${others}`)];
}

function validateResources(resources: readonly string[], at: string): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(at)] : [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  for (const [index, text] of resources.entries()) {
    const place = `${at}[${index}]`;
    if (text === '') errors.push(required(place));
    const slash = text.indexOf('/');
    if (slash === -1) continue;
    const resource = text.slice(0, slash);
    const subresource = text.slice(slash + 1);
    if (wholeResources.has(resource))
      errors.push(invalid(place, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (wholeSubresources.has(subresource))
      errors.push(invalid(place, text, `if '*/${subresource}' is present, must not specify ${text}`));
    if (subresource === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(at, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && resources.some((text) => text !== '*' && text !== '' && !text.includes('/'))) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(at, resources, detail));
  }
  return errors;
}

export function validateMatchConditions(
  conditions: readonly AdmissionPolicyMatchCondition[] | undefined,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const all = conditions ?? [];
  if (all.length > MATCH_CONDITIONS_LIMIT) errors.push(tooMany(at, all.length, MATCH_CONDITIONS_LIMIT));
  const names = new Set<string>();
  for (const [index, { name = '', expression = '' }] of all.entries()) {
    const place = `${at}[${index}]`;
    if (expression.trim() === '') errors.push(required(`${place}.expression`));
    if (name === '') errors.push(required(`${place}.name`));
    else {
      addFindings(errors, problemsAt(`${place}.name`, name, labelKeyProblems(name)));
      if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
      names.add(name);
    }
  }
  return errors;
}

export function validateMatchResources(match: MatchResources | undefined, at: string): FieldError[] {
  if (match === undefined) return [];
  const errors = oneOf(match.matchPolicy, `${at}.matchPolicy`, MATCH_POLICIES, 'required');
  addFindings(errors, validateLabelSelector(match.namespaceSelector, `${at}.namespaceSelector`));
  addFindings(errors, validateLabelSelector(match.objectSelector, `${at}.objectSelector`));
  for (const field of ['resourceRules', 'excludeResourceRules'] as const)
    for (const [index, rule] of (match[field] ?? []).entries())
      addFindings(errors, validateNamedRule(rule, `${at}.${field}[${index}]`));
  return errors;
}

function validateNamedRule(rule: NamedAdmissionRule, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = rule.resourceNames ?? [];
  for (const [index, name] of names.entries()) {
    const place = `${at}.resourceNames[${index}]`;
    addFindings(errors, problemsAt(place, name, pathSegmentProblems(name)));
    if (names.indexOf(name) < index) errors.push(duplicate(place, name));
  }
  addFindings(errors, validateRule(rule, at));
  return errors;
}

/** Everything matches unless the object says less. */
export function defaultRules(rules: readonly { scope?: string }[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

export function defaultMatchResources(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}
