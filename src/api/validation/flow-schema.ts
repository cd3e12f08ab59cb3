// The rules of flow schemas: precedence, subjects of three kinds, rules for resources and for other paths. The words are
// Kubernetes'.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import { EXEMPT, MANDATORY_FLOW_CONTROL } from '../resources/flowcontrol.apiserver.k8s.io/built-in.ts';
import type { FlowSchema } from '../types.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems } from './names.ts';

type Spec = NonNullable<FlowSchema['spec']>;
type PolicyRules = NonNullable<Spec['rules']>[number];
type Subject = PolicyRules['subjects'][number];
type ResourceRule = NonNullable<PolicyRules['resourceRules']>[number];
type NonResourceRule = NonNullable<PolicyRules['nonResourceRules']>[number];

const MAX_PRECEDENCE = 10_000;
const VERBS = ['get', 'list', 'create', 'update', 'delete', 'deletecollection', 'patch', 'watch', 'proxy'];
const ANY = '*';

export function validateFlowSchema({ metadata, spec }: FlowSchema): FieldError[] {
  const name = metadata?.name ?? '';
  const errors = validateSpec(spec ?? { priorityLevelConfiguration: { name: '' } }, name);
  const fixed = MANDATORY_FLOW_CONTROL.schemas.find((schema) => schema.metadata?.name === name);
  if (fixed !== undefined && !equalJson(fixed.spec, spec))
    errors.push(invalid('spec', spec, `spec of '${name}' must equal the fixed value`));
  return errors;
}

/** Conditions of a status: each type once. */
export function validateConditions(conditions: readonly { readonly type?: string }[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { type = '' }] of (conditions ?? []).entries()) {
    const at = `status.conditions[${index}].type`;
    if (seen.has(type)) errors.push(duplicate(at, type));
    if (type === '') errors.push(required(at, 'must not be empty'));
    seen.add(type);
  }
  return errors;
}

function validateSpec(spec: Spec, name: string): FieldError[] {
  const errors: FieldError[] = [];
  const precedence = spec.matchingPrecedence ?? 0;
  const at = 'spec.matchingPrecedence';
  if (precedence <= 0) errors.push(invalid(at, precedence, 'must be a positive value'));
  if (precedence > MAX_PRECEDENCE) errors.push(invalid(at, precedence, `must not be greater than ${MAX_PRECEDENCE}`));
  if (precedence === 1 && name !== EXEMPT)
    errors.push(invalid(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  const method = spec.distinguisherMethod;
  if (method !== undefined && !['ByNamespace', 'ByUser'].includes(method.type))
    errors.push(notSupported('spec.distinguisherMethod.type', method, ['ByNamespace', 'ByUser']));
  const reference = spec.priorityLevelConfiguration?.name ?? '';
  if (reference === '')
    errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  else addProblems(errors, 'spec.priorityLevelConfiguration.name', reference, dns1123SubdomainProblems(reference));
  for (const [index, rule] of (spec.rules ?? []).entries())
    addFindings(errors, validateRules(rule, `spec.rules[${index}]`));
  return errors;
}

function validateRules(rules: PolicyRules, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rules;
  if (subjects.length === 0) errors.push(required(`${at}.subjects`, 'subjects must contain at least one value'));
  for (const [index, subject] of subjects.entries())
    addFindings(errors, validateSubject(subject, `${at}.subjects[${index}]`));
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  for (const [index, rule] of resourceRules.entries())
    addFindings(errors, validateResourceRule(rule, `${at}.resourceRules[${index}]`));
  for (const [index, rule] of nonResourceRules.entries())
    addFindings(errors, validateNonResourceRule(rule, `${at}.nonResourceRules[${index}]`));
  return errors;
}

/** Member of a subject by its kind. */
const MEMBERS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function validateSubject(subject: Subject, at: string): FieldError[] {
  const { kind } = subject;
  if (kind !== 'ServiceAccount' && kind !== 'User' && kind !== 'Group')
    return [notSupported(`${at}.kind`, kind ?? '', Object.keys(MEMBERS))];
  const errors: FieldError[] = [];
  const own = MEMBERS[kind];
  const named = subject[own];
  if (named === undefined) errors.push(required(`${at}.${own}`, `${own} is required when subject kind is '${kind}'`));
  else if ((named.name ?? '') === '') errors.push(required(`${at}.${own}.name`));
  if (kind === 'ServiceAccount') addFindings(errors, validateAccount(subject.serviceAccount, `${at}.serviceAccount`));
  for (const [other, member] of Object.entries(MEMBERS)) {
    if (member === own || subject[member] === undefined) continue;
    errors.push(forbidden(`${at}.${member}`, `${member} is forbidden when subject kind is not '${other}'`));
  }
  return errors;
}

function validateAccount(account: Subject['serviceAccount'], at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (account === undefined) return errors;
  const { name = '', namespace = '' } = account;
  if (name !== '' && name !== ANY) addProblems(errors, `${at}.name`, name, dns1123SubdomainProblems(name));
  if (namespace === '') errors.push(required(`${at}.namespace`, 'must specify namespace for service account'));
  else addProblems(errors, `${at}.namespace`, namespace, dns1123LabelProblems(namespace));
  return errors;
}

function validateVerbs(verbs: readonly string[], at: string): FieldError[] {
  if (verbs.length === 0) return [required(at, 'verbs must contain at least one value')];
  if (verbs.includes(ANY)) return alone(verbs, at, 'verbs');
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(at, verbs, VERBS)];
}

/** A wildcard says everything: nothing may stand beside it. */
function alone(list: readonly string[], at: string, what: string): FieldError[] {
  if (list.length <= 1 || !list.includes(ANY)) return [];
  return [invalid(at, list, `if '*' is present, must not specify other ${what}`)];
}

function validateNonResourceRule(
  { verbs = [], nonResourceURLs: urls = [] }: NonResourceRule,
  at: string,
): FieldError[] {
  const errors = validateVerbs(verbs, `${at}.verbs`);
  const place = `${at}.nonResourceURLs`;
  if (urls.length === 0) errors.push(required(place, 'nonResourceURLs must contain at least one value'));
  else if (urls.includes(ANY)) addFindings(errors, alone(urls, place, 'non-resource URLs'));
  else {
    for (const [index, url] of urls.entries()) {
      const problem = pathProblem(url);
      if (problem !== undefined) errors.push(invalid(`${place}[${index}]`, url, problem));
    }
  }
  return errors;
}

function pathProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const stars = path.split('*').length - 1;
  return stars > 1 || (stars === 1 && !path.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined;
}

function validateResourceRule(rule: ResourceRule, at: string): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule;
  const errors = validateVerbs(verbs, `${at}.verbs`);
  if (apiGroups.length === 0)
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  addFindings(errors, alone(apiGroups, `${at}.apiGroups`, 'api groups'));
  if (resources.length === 0)
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  addFindings(errors, alone(resources, `${at}.resources`, 'resources'));
  const place = `${at}.namespaces`;
  if (namespaces.length === 0 && !clusterScope) {
    const detail = 'resource rules that are not cluster scoped must supply at least one namespace';
    errors.push(required(place, detail));
  } else if (namespaces.includes(ANY)) addFindings(errors, alone(namespaces, place, 'namespaces'));
  else {
    for (const [index, namespace] of namespaces.entries()) {
      const problems = dns1123LabelProblems(namespace).map((problem) => `${NAMESPACE_RULE}${problem}`);
      addProblems(errors, `${place}[${index}]`, namespace, problems);
    }
  }
  return errors;
}

const NAMESPACE_RULE = "each member of this list must be '*' or a DNS-1123 label; ";

function addProblems(errors: FieldError[], at: string, value: string, problems: readonly string[]): void {
  addFindings(
    errors,
    problems.map((problem) => invalid(at, value, problem)),
  );
}
