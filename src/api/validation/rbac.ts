// The rules of roles and bindings: what a rule must say, whom a binding may name, and that a binding's role never changes.
import type { ClusterRole, PolicyRule, RoleRef, Subject } from '../cluster-types.ts';
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, notSupported, notSupportedAsListed, problemsAt, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import { validateLabelSelector } from './labels.ts';
import { dns1123SubdomainProblems, pathSegmentProblems } from './names.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, rule] of (rules ?? []).entries())
    addFindings(errors, validateRule(rule, namespaced, `rules[${index}]`));
  return errors;
}

function validateRule(rule: PolicyRule, namespaced: boolean, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { verbs = [], nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  if (verbs.length === 0) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const field = `${at}.nonResourceURLs`;
    if (namespaced) errors.push(invalid(field, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      const detail = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalid(field, nonResourceURLs, detail));
    }
    return errors;
  }
  if (apiGroups.length === 0)
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0)
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

export function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = validateRules(rules, false);
  if (aggregationRule === undefined) return errors;
  const at = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    errors.push(required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  for (const [index, selector] of selectors.entries())
    addFindings(errors, validateLabelSelector(selector, `${at}[${index}]`));
  return errors;
}

/** A RoleBinding or, not namespaced, a ClusterRoleBinding. */
export interface AnyBinding {
  roleRef?: RoleRef;
  subjects?: Subject[];
}

export function validateBinding({ roleRef, subjects = [] }: AnyBinding, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {};
  if (apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP]));
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(kind)) errors.push(notSupportedAsListed('roleRef.kind', kind, kinds));
  if (name === '') errors.push(required('roleRef.name'));
  else addFindings(errors, problemsAt('roleRef.name', name, pathSegmentProblems(name)));
  for (const [index, subject] of subjects.entries())
    addFindings(errors, validateSubject(subject, namespaced, `subjects[${index}]`));
  return errors;
}

function validateSubject(subject: Subject, namespaced: boolean, at: string): FieldError[] {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject;
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${at}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') addFindings(errors, problemsAt(`${at}.name`, name, dns1123SubdomainProblems(name)));
      if (apiGroup !== '') errors.push(notSupported(`${at}.apiGroup`, apiGroup, ['']));
      if (!namespaced && namespace === '') errors.push(required(`${at}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (name === '') errors.push(invalid(`${at}.name`, name, `${kind.toLowerCase()} name cannot be empty`));
      if (apiGroup !== RBAC_GROUP) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [RBAC_GROUP]));
      break;
    default:
      errors.push(notSupportedAsListed(`${at}.kind`, kind, SUBJECT_KINDS));
  }
  return errors;
}

export function validateBindingUpdate({ roleRef }: AnyBinding, old: AnyBinding): FieldError[] {
  return equalJson(roleRef, old.roleRef) ? [] : [invalid('roleRef', roleRef, 'cannot change roleRef')];
}

/** Users, groups and roles are RBAC's own; service accounts are of the core group. */
export function defaultBinding(binding: AnyBinding): void {
  // What Go makes of an absent roleRef; validation says what it lacks.
  binding.roleRef ??= { apiGroup: '', kind: '', name: '' };
  binding.roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of binding.subjects ?? [])
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= RBAC_GROUP;
}
