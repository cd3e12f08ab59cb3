// The rules of jobs: of their spec (the job template of a cron job obeys the same), of the selector that the server made,
// and of updates. A job's template is fixed; while the job is suspended and has no pods, where they will run is not.
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, notSupported, required, tooLong } from '../field-error.ts';
import { cloneJson, equalJson } from '../json.ts';
import { matcherOfSelector } from '../selectors/label-selector.ts';
import type { Job, JobSpec, PodTemplateSpec } from '../types.ts';
import { validateFailurePolicy, validateReplacementPolicy, validateSuccessPolicy } from './job-policy.ts';
import { labelKeyProblems, validateLabelSelector } from './labels.ts';
import { dns1123LabelProblems } from './names.ts';
import { notNegative } from './numbers.ts';
import { validateImmutable, validatePodTemplate, validateSelection, validateSelectorUnchanged } from './template.ts';

/** What the server puts on the pods of a job. The names without a domain are older. */
export const JOB_LABELS = {
  uid: 'batch.kubernetes.io/controller-uid',
  name: 'batch.kubernetes.io/job-name',
  legacyUid: 'controller-uid',
  legacyName: 'job-name',
} as const;

/** For indexed jobs. */
const PARALLELISM_LIMIT = 100_000;
const FAILED_INDEXES_LIMIT = 100_000;
/** Above so many completions, a backoff limit for each index is allowed to less. */
const MANY_COMPLETIONS = 100_000;
const LIMIT_WITH_MANY_COMPLETIONS = 10_000;
const MANAGED_BY_LIMIT_BYTES = 63;

export function validateJob(job: Job): FieldError[] {
  const { spec } = job;
  if (spec === undefined) return [required('spec.template')];
  const errors = validateGeneratedSelector(job, spec);
  addFindings(errors, validateJobSpec(spec, 'spec'));
  if (spec.selector === undefined) errors.push(required('spec.selector'));
  else {
    const problems = validateLabelSelector(spec.selector, 'spec.selector');
    addFindings(errors, problems.length > 0 ? problems : validateSelection(spec.selector, spec.template));
  }
  return [...errors, ...validateHostnames(job, spec)];
}

/** The last pod of an indexed job has the longest host name. */
function validateHostnames({ metadata }: Job, { completionMode, completions = 0 }: JobSpec): FieldError[] {
  if (completionMode !== 'Indexed' || completions <= 0) return [];
  const name = metadata?.name ?? '';
  const hostname = `${name}-${completions - 1}`;
  if (dns1123LabelProblems(hostname).length === 0) return [];
  return [invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${hostname}`)];
}

function validateGeneratedSelector({ metadata }: Job, { manualSelector, selector, template }: JobSpec): FieldError[] {
  if (manualSelector === true || selector === undefined) return [];
  const { uid = '', name = '' } = metadata ?? {};
  const expected: Readonly<Record<string, string>> = {
    [JOB_LABELS.legacyUid]: uid,
    [JOB_LABELS.legacyName]: name,
    [JOB_LABELS.uid]: uid,
    [JOB_LABELS.name]: name,
  };
  const labels = template?.metadata?.labels ?? {};
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(expected)) {
    const found = Object.hasOwn(labels, key) ? labels[key] : undefined;
    const at = `spec.template.metadata.labels[${key}]`;
    if (found === undefined) errors.push(required(at, `must be '${value}'`));
    if (found !== value) errors.push(invalid(at, labels, `must be '${value}'`));
  }
  if (validateLabelSelector(selector, '').length === 0 && !matcherOfSelector(selector).matches(expected))
    errors.push(invalid('spec.selector', selector, '`selector` not auto-generated'));
  return errors;
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** All but the selector. */
export function validateJobSpec(spec: JobSpec, at: string): FieldError[] {
  const errors = COUNTS.flatMap((field) => notNegative(spec[field], `${at}.${field}`));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(`${at}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  addFindings(errors, validateManagedBy(spec.managedBy, `${at}.managedBy`), validateMode(spec, at));
  addFindings(errors, validateFailurePolicy(spec, `${at}.podFailurePolicy`));
  addFindings(errors, validateSuccessPolicy(spec, `${at}.successPolicy`));
  addFindings(errors, validateReplacementPolicy(spec, `${at}.podReplacementPolicy`));
  addFindings(errors, validatePodTemplate(spec.template, `${at}.template`));
  return [...errors, ...validateRestartPolicy(spec, `${at}.template.spec.restartPolicy`)];
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, at: string): FieldError[] {
  const policy = template?.spec?.restartPolicy;
  if (policy === undefined || policy === 'Always') return [required(at, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(at, policy, ['Never', 'OnFailure'])];
  if (podFailurePolicy === undefined || policy === 'Never') return [];
  return [invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}

/** `example.com/controller` */
function validateManagedBy(value: string | undefined, at: string): FieldError[] {
  if (value === undefined) return [];
  if (value === '') return [required(at)];
  const errors = value.includes('/')
    ? labelKeyProblems(value).map((problem) => invalid(at, value, problem))
    : [invalid(at, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return Buffer.byteLength(value) > MANAGED_BY_LIMIT_BYTES ? [...errors, tooLong(at, MANAGED_BY_LIMIT_BYTES)] : errors;
}

function validateMode(spec: JobSpec, at: string): FieldError[] {
  switch (spec.completionMode) {
    case 'Indexed':
      return validateIndexed(spec, at);
    case 'NonIndexed':
    case undefined:
      return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
        .filter((field) => spec[field] !== undefined)
        .map((field) => invalid(`${at}.${field}`, spec[field], 'requires indexed completion mode'));
    default:
      return [notSupported(`${at}.completionMode`, spec.completionMode, ['Indexed', 'NonIndexed'])];
  }
}

function validateIndexed(spec: JobSpec, at: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  const atMost = (field: 'parallelism' | 'maxFailedIndexes', limit: number, circumstance = ''): void => {
    if ((spec[field] ?? 0) <= limit) return;
    errors.push(invalid(`${at}.${field}`, spec[field], `must be less than or equal to ${limit}${circumstance}`));
  };
  if (completions === undefined) errors.push(required(`${at}.completions`, 'when completion mode is Indexed'));
  if (parallelism > PARALLELISM_LIMIT) atMost('parallelism', PARALLELISM_LIMIT, ' when completion mode is Indexed');
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions) {
    const detail = 'must be less than or equal to completions';
    errors.push(invalid(`${at}.maxFailedIndexes`, maxFailedIndexes, detail));
  }
  atMost('maxFailedIndexes', FAILED_INDEXES_LIMIT);
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors;
  if (maxFailedIndexes === undefined) {
    const detail = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    errors.push(required(`${at}.maxFailedIndexes`, detail));
  }
  const circumstance = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  atMost('parallelism', LIMIT_WITH_MANY_COMPLETIONS, circumstance);
  atMost('maxFailedIndexes', LIMIT_WITH_MANY_COMPLETIONS, circumstance);
  return errors;
}

export function validateJobUpdate({ spec }: Job, { spec: old, status }: Job): FieldError[] {
  if (spec === undefined || old === undefined) return [];
  const errors = validateCompletions(spec, old);
  addFindings(errors, validateSelectorUnchanged(spec.selector, old.selector));
  const movable = old.suspend === true && (status?.active ?? 0) === 0;
  const before = movable ? withWhatMayChange(old.template, spec.template) : old.template;
  addFindings(errors, validateImmutable(spec.template, before, 'spec.template'));
  for (const field of [
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ] as const)
    addFindings(errors, validateImmutable(spec[field], old[field], `spec.${field}`));
  return errors;
}

/** Elastic indexed jobs: completions follow parallelism. */
function validateCompletions(spec: JobSpec, old: JobSpec): FieldError[] {
  const at = 'spec.completions';
  if (spec.completionMode !== 'Indexed') return validateImmutable(spec.completions, old.completions, at);
  if (spec.completions === undefined || spec.completions === old.completions) return [];
  if (spec.completions === spec.parallelism) return [];
  return [invalid(at, spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

const TEMPLATE_META = ['annotations', 'labels'] as const;
const PLACEMENT = ['nodeSelector', 'tolerations', 'schedulingGates'] as const;

/** The old template with what a suspended job may change as the new one has it: labels, placement and resources. */
function withWhatMayChange(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const merged = cloneJson(old);
  const metadata = { ...merged.metadata };
  for (const field of TEMPLATE_META) Object.assign(metadata, { [field]: template.metadata?.[field] });
  merged.metadata = metadata;
  if (merged.spec === undefined || template.spec === undefined) return merged;
  for (const field of PLACEMENT) Object.assign(merged.spec, { [field]: template.spec[field] });
  const affinity = { ...merged.spec.affinity };
  delete affinity.nodeAffinity;
  const nodeAffinity = template.spec.affinity?.nodeAffinity;
  if (nodeAffinity !== undefined) affinity.nodeAffinity = nodeAffinity;
  // An affinity that says nothing is none, on whichever side it stands.
  if (!equalJson(affinity, {})) merged.spec.affinity = affinity;
  else if (template.spec.affinity === undefined) delete merged.spec.affinity;
  else merged.spec.affinity = {};
  for (const field of ['containers', 'initContainers'] as const)
    for (const [index, container] of (merged.spec[field] ?? []).entries())
      Object.assign(container, { resources: template.spec[field]?.[index]?.resources });
  return merged;
}
