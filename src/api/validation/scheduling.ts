// The rules of what a pod asks of its place: node and pod affinity, topology spread. The scheduler relies on them:
// an operator that it does not know would select nothing, or everything, without a word to the user.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, required } from '../field-error.ts';
import type {
  Affinity,
  LabelSelector,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
} from '../types.ts';
import { qualifiedName } from './findings.ts';
import { labelKeyProblems, validateLabelSelector } from './labels.ts';
import { oneOf } from './numbers.ts';

type PodAffinity = NonNullable<Affinity['podAffinity']>;
type PodAffinityTerm = NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']>[number];

const MAX_WEIGHT = 100;

export function validateScheduling(spec: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { affinity, topologySpreadConstraints = [] } = spec;
  addFindings(errors, validateNodeAffinity(affinity?.nodeAffinity, `${at}.affinity.nodeAffinity`));
  for (const field of ['podAffinity', 'podAntiAffinity'] as const)
    addFindings(errors, validatePodAffinity(affinity?.[field], `${at}.affinity.${field}`));
  const seen = new Set<string>();
  for (const [index, constraint] of topologySpreadConstraints.entries()) {
    const place = `${at}.topologySpreadConstraints[${index}]`;
    addFindings(errors, validateSpread(constraint, place));
    const identity = `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`;
    if (seen.has(identity)) errors.push(duplicate(`${place}.{topologyKey, whenUnsatisfiable}`, identity));
    seen.add(identity);
  }
  return errors;
}

type Spread = NonNullable<PodSpec['topologySpreadConstraints']>[number];

const POSITIVE = 'must be greater than zero';
const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSIONS = ['Honor', 'Ignore'];

function validateSpread(constraint: Spread, at: string): FieldError[] {
  const { labelSelector, matchLabelKeys = [], maxSkew, minDomains, topologyKey, whenUnsatisfiable } = constraint;
  const errors = maxSkew <= 0 ? [invalid(`${at}.maxSkew`, maxSkew, POSITIVE)] : [];
  if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
  else addFindings(errors, qualifiedName(topologyKey, `${at}.topologyKey`));
  addFindings(errors, oneOf(whenUnsatisfiable, `${at}.whenUnsatisfiable`, ACTIONS, 'optional'));
  if (minDomains !== undefined && minDomains <= 0) errors.push(invalid(`${at}.minDomains`, minDomains, POSITIVE));
  if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
    const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    errors.push(invalid(`${at}.minDomains`, minDomains, detail));
  }
  for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const)
    addFindings(errors, oneOf(constraint[field], `${at}.${field}`, INCLUSIONS, 'optional'));
  addFindings(errors, validateLabelSelector(labelSelector, `${at}.labelSelector`));
  return [...errors, ...validateMatchLabelKeys(matchLabelKeys, labelSelector, `${at}.matchLabelKeys`)];
}

/** Keys whose values are taken from the pod itself: they join the selector, and so must not be in it. */
function validateMatchLabelKeys(
  keys: readonly string[],
  selector: LabelSelector | undefined,
  at: string,
): FieldError[] {
  if (keys.length > 0 && selector === undefined)
    return [forbidden(at, 'must not be specified when labelSelector is not set')];
  const selected = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) selected.add(key);
  const errors: FieldError[] = [];
  for (const [index, key] of keys.entries()) {
    addFindings(errors, qualifiedName(key, `${at}[${index}]`));
    if (selected.has(key))
      errors.push(invalid(`${at}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
  }
  return errors;
}

function validateNodeAffinity(affinity: Affinity['nodeAffinity'], at: string): FieldError[] {
  const errors: FieldError[] = [];
  const needed = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (needed !== undefined)
    addFindings(errors, validateNodeSelector(needed, `${at}.requiredDuringSchedulingIgnoredDuringExecution`));
  for (const [index, preferred] of (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const place = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    addFindings(errors, validateWeight(preferred.weight, place));
    addFindings(errors, validateNodeTerm(preferred.preference ?? {}, `${place}.preference`));
  }
  return errors;
}

export function validateNodeSelector(selector: NodeSelector, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const place = `${at}.nodeSelectorTerms`;
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) errors.push(required(place, 'must have at least one node selector term'));
  for (const [index, term] of terms.entries()) addFindings(errors, validateNodeTerm(term, `${place}[${index}]`));
  return errors;
}

function validateWeight(weight: number | undefined, at: string): FieldError[] {
  if (weight !== undefined && weight >= 1 && weight <= MAX_WEIGHT) return [];
  return [invalid(`${at}.weight`, weight ?? 0, `must be in the range 1-${MAX_WEIGHT}`)];
}

function validateNodeTerm(term: NodeSelectorTerm, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, requirement] of (term.matchExpressions ?? []).entries()) {
    const place = `${at}.matchExpressions[${index}]`;
    addFindings(errors, validateNodeRequirement(requirement, place));
    const key = requirement.key ?? '';
    addFindings(
      errors,
      labelKeyProblems(key).map((problem) => invalid(`${place}.key`, key, problem)),
    );
  }
  for (const [index, { key, operator, values = [] }] of (term.matchFields ?? []).entries()) {
    const place = `${at}.matchFields[${index}]`;
    if (key !== 'metadata.name') errors.push(invalid(`${place}.key`, key, 'not a valid field selector key'));
    if (operator !== 'In' && operator !== 'NotIn')
      errors.push(invalid(`${place}.operator`, operator, 'not a valid selector operator'));
    else if (values.length !== 1) {
      const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(required(`${place}.values`, detail));
    }
  }
  return errors;
}

function validateNodeRequirement({ operator, values = [] }: NodeSelectorRequirement, at: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length > 0) return [];
      return [required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return [];
      return [forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case 'Gt':
    case 'Lt':
      if (values.length === 1) return [];
      return [required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [invalid(`${at}.operator`, operator, 'not a valid selector operator')];
  }
}

function validatePodAffinity(affinity: PodAffinity | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, term] of (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    addFindings(errors, validatePodTerm(term, `${at}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`));
  for (const [index, preferred] of (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const place = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    addFindings(errors, validateWeight(preferred.weight, place));
    if (preferred.podAffinityTerm !== undefined)
      addFindings(errors, validatePodTerm(preferred.podAffinityTerm, `${place}.podAffinityTerm`));
  }
  return errors;
}

function validatePodTerm(term: PodAffinityTerm, at: string): FieldError[] {
  const errors = validateLabelSelector(term.labelSelector, `${at}.labelSelector`);
  addFindings(errors, validateLabelSelector(term.namespaceSelector, `${at}.namespaceSelector`));
  if (term.topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
  return errors;
}
