// The policies of a job: which failures of pods count for what, when it has succeeded early, when pods are replaced.
import type { FieldError } from '../definition.ts';
import {
  addFindings,
  duplicate,
  invalid,
  invalidWithoutValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../field-error.ts';
import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from '../types.ts';
import { parseIndexes } from './indexes.ts';
import { labelKeyProblems } from './labels.ts';
import { notNegative } from './numbers.ts';

const RULES_LIMIT = 20;
const EXIT_CODES_LIMIT = 255;
const CONDITIONS_LIMIT = 20;
const SUCCEEDED_INDEXES_LIMIT_BYTES = 64 * 1024;

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const CONDITION_STATUSES = ['False', 'True', 'Unknown'];

export function validateFailurePolicy(spec: JobSpec, at: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const errors: FieldError[] = [];
  if (rules.length > RULES_LIMIT) errors.push(tooMany(`${at}.rules`, rules.length, RULES_LIMIT));
  for (const [index, rule] of rules.entries())
    addFindings(errors, validateFailureRule(spec, rule, `${at}.rules[${index}]`));
  return errors;
}

function validateFailureRule(spec: JobSpec, rule: PodFailurePolicyRule, at: string): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors = oneOfOrNamed(action, `${at}.action`, ACTIONS);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    errors.push(invalid(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  if (onExitCodes !== undefined) addFindings(errors, validateExitCodes(spec, onExitCodes, `${at}.onExitCodes`));
  addFindings(errors, validateConditions(onPodConditions, `${at}.onPodConditions`));
  if (onExitCodes !== undefined && onPodConditions.length > 0)
    errors.push(invalidWithoutValue(at, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (onExitCodes === undefined && onPodConditions.length === 0)
    errors.push(invalidWithoutValue(at, 'specifying one of OnExitCodes and OnPodConditions is required'));
  return errors;
}

function oneOfOrNamed(value: string | undefined, at: string, supported: readonly string[]): FieldError[] {
  const list = supported.map((name) => JSON.stringify(name)).join(' ');
  if (!value) return [required(at, `valid values: [${list}]`)];
  return supported.includes(value) ? [] : [notSupported(at, value, supported)];
}

function validateConditions(patterns: NonNullable<PodFailurePolicyRule['onPodConditions']>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (patterns.length > CONDITIONS_LIMIT) errors.push(tooMany(at, patterns.length, CONDITIONS_LIMIT));
  for (const [index, { type, status }] of patterns.entries()) {
    const place = `${at}[${index}]`;
    addFindings(
      errors,
      labelKeyProblems(type ?? '').map((problem) => invalid(`${place}.type`, type, problem)),
    );
    addFindings(errors, oneOfOrNamed(status, `${place}.status`, CONDITION_STATUSES));
  }
  return errors;
}

function validateExitCodes(
  { template }: JobSpec,
  { operator, containerName, values = [] }: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  at: string,
): FieldError[] {
  const errors = oneOfOrNamed(operator, `${at}.operator`, OPERATORS);
  const containers = [...(template?.spec?.containers ?? []), ...(template?.spec?.initContainers ?? [])];
  if (containerName !== undefined && !containers.some(({ name }) => name === containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalid(`${at}.containerName`, containerName, detail));
  }
  const place = `${at}.values`;
  if (values.length === 0) errors.push(invalid(place, values, 'at least one value is required'));
  if (values.length > EXIT_CODES_LIMIT) errors.push(tooMany(place, values.length, EXIT_CODES_LIMIT));
  const seen = new Set<number>();
  for (const [index, code] of values.entries()) {
    if (operator === 'In' && code === 0)
      addFindings(errors, [invalid(`${place}[${index}]`, code, 'must not be 0 for the In operator')]);
    if (seen.has(code)) addFindings(errors, [duplicate(`${place}[${index}]`, code)]);
    seen.add(code);
  }
  if (values.some((code, index) => code < (values[index - 1] ?? code)))
    errors.push(invalid(place, values, 'must be ordered'));
  return errors;
}

export function validateSuccessPolicy(
  { successPolicy, completionMode, completions }: JobSpec,
  at: string,
): FieldError[] {
  if (successPolicy === undefined) return [];
  if (completionMode !== 'Indexed') return [invalid(at, successPolicy, 'requires indexed completion mode')];
  const rules = successPolicy.rules ?? [];
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    const detail = 'at least one rules must be specified when the successPolicy is specified';
    errors.push(required(`${at}.rules`, detail));
  }
  if (rules.length > RULES_LIMIT) errors.push(tooMany(`${at}.rules`, rules.length, RULES_LIMIT));
  for (const [index, rule] of rules.entries())
    addFindings(errors, validateSuccessRule(rule, completions ?? 0, `${at}.rules[${index}]`));
  return errors;
}

function validateSuccessRule(rule: SuccessPolicyRule, completions: number, at: string): FieldError[] {
  const { succeededCount, succeededIndexes } = rule;
  if (succeededCount === undefined && succeededIndexes === undefined)
    return [required(at, 'at least one of succeededCount or succeededIndexes must be specified')];
  const errors: FieldError[] = [];
  const indexes = parseIndexes(succeededIndexes ?? '', completions);
  if (succeededIndexes !== undefined) {
    const place = `${at}.succeededIndexes`;
    if (succeededIndexes.length > SUCCEEDED_INDEXES_LIMIT_BYTES)
      errors.push(tooLong(place, SUCCEEDED_INDEXES_LIMIT_BYTES));
    if (typeof indexes === 'string')
      errors.push(invalid(place, succeededIndexes, `error parsing succeededIndexes: ${indexes}`));
  }
  if (succeededCount === undefined) return errors;
  const place = `${at}.succeededCount`;
  const atMost = (limit: number, what: string): void => {
    if (succeededCount > limit)
      errors.push(invalid(place, succeededCount, `must be less than or equal to ${limit} (the number of ${what})`));
  };
  addFindings(errors, notNegative(succeededCount, place));
  atMost(completions, 'specified completions');
  if (succeededIndexes !== undefined)
    atMost(typeof indexes === 'string' ? 0 : indexes, 'indexes in the specified succeededIndexes field');
  return errors;
}

export function validateReplacementPolicy(
  { podReplacementPolicy, podFailurePolicy }: JobSpec,
  at: string,
): FieldError[] {
  if (podReplacementPolicy === undefined) return [];
  const supported = podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  return supported.includes(podReplacementPolicy) ? [] : [notSupported(at, podReplacementPolicy, supported)];
}
