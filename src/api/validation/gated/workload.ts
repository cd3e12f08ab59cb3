// The rules of workloads and pod groups: names, references, and one scheduling policy each.
import type { FieldError } from '../../definition.ts';
import { addFindings, duplicate, invalid, problemsAt, required, tooMany } from '../../field-error.ts';
import type { PodGroup, PodGroupSchedulingPolicy, PodGroupTemplate, Workload } from '../../gated-types.ts';
import { equalJson } from '../../json.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems, pathSegmentProblems } from '../names.ts';

const TEMPLATES_LIMIT = 8;
const TEMPLATES = 'spec.podGroupTemplates';
const CONTROLLER = 'spec.controllerRef';

export function validateWorkload({ spec }: Workload): FieldError[] {
  const { controllerRef, podGroupTemplates: templates = [] } = spec ?? {};
  const errors = controllerRef === undefined ? [] : validateController(controllerRef);
  if (templates.length === 0) errors.push(required(TEMPLATES, 'must have at least one item'));
  if (templates.length > TEMPLATES_LIMIT) errors.push(tooMany(TEMPLATES, templates.length, TEMPLATES_LIMIT));
  else addFindings(errors, validateTemplates(templates));
  return errors;
}

export function validateWorkloadUpdate({ spec }: Workload, { spec: old }: Workload): FieldError[] {
  const errors: FieldError[] = [];
  if (old?.controllerRef !== undefined) addFindings(errors, fixed(spec?.controllerRef, old.controllerRef, CONTROLLER));
  else if (spec?.controllerRef !== undefined) addFindings(errors, validateController(spec.controllerRef));
  addFindings(errors, fixed(spec?.podGroupTemplates, old?.podGroupTemplates, TEMPLATES));
  return errors;
}

type ControllerReference = NonNullable<Workload['spec']['controllerRef']>;

function validateController({ apiGroup = '', kind = '', name = '' }: ControllerReference): FieldError[] {
  const errors =
    apiGroup === '' ? [] : problemsAt(`${CONTROLLER}.apiGroup`, apiGroup, dns1123SubdomainProblems(apiGroup));
  // That they must be there is the schema's to say.
  addFindings(errors, problemsAt(`${CONTROLLER}.kind`, kind, pathSegmentProblems(kind)));
  addFindings(errors, problemsAt(`${CONTROLLER}.name`, name, pathSegmentProblems(name)));
  return errors;
}

function validateTemplates(templates: readonly PodGroupTemplate[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { name = '', schedulingPolicy }] of templates.entries()) {
    const at = `${TEMPLATES}[${index}]`;
    if (name !== '') addFindings(errors, problemsAt(`${at}.name`, name, dns1123LabelProblems(name)));
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    addFindings(errors, validatePolicy(schedulingPolicy, `${at}.schedulingPolicy`));
  }
  return errors;
}

export function validatePodGroup({ spec }: PodGroup): FieldError[] {
  const errors: FieldError[] = [];
  const reference = spec?.podGroupTemplateRef;
  const at = 'spec.podGroupTemplateRef';
  if (reference !== undefined && reference.workload === undefined)
    errors.push(invalid(at, '', 'must specify one of: `workload`'));
  const { workloadName = '', podGroupTemplateName = '' } = reference?.workload ?? {};
  for (const [field, name] of Object.entries({ workloadName, podGroupTemplateName }))
    if (name !== '') addFindings(errors, problemsAt(`${at}.workload.${field}`, name, nameProblems(field, name)));
  addFindings(errors, validatePolicy(spec?.schedulingPolicy, 'spec.schedulingPolicy'));
  return errors;
}

function nameProblems(field: string, name: string): string[] {
  return field === 'workloadName' ? dns1123SubdomainProblems(name) : dns1123LabelProblems(name);
}

/** Every field of the spec is fixed. */
export function validatePodGroupUpdate({ spec }: PodGroup, { spec: old }: PodGroup): FieldError[] {
  const fields = [...new Set([...Object.keys(spec ?? {}), ...Object.keys(old ?? {})])] as (keyof PodGroup['spec'])[];
  return fields.flatMap((field) => fixed(spec?.[field], old?.[field], `spec.${field}`));
}

function validatePolicy(policy: PodGroupSchedulingPolicy | undefined, at: string): FieldError[] {
  // That there must be one is the schema's to say.
  if (policy === undefined) return [];
  const chosen = (['basic', 'gang'] as const).filter((field) => policy[field] !== undefined);
  if (chosen.length === 0) return [invalid(at, '', 'must specify one of: `basic`, `gang`')];
  if (chosen.length > 1) {
    const found = `{${chosen.map((field) => `\`${field}\``).join(', ')}}`;
    return [invalid(at, found, 'exactly one of `basic`, `gang` is required, but multiple fields are set')];
  }
  const { minCount } = policy.gang ?? { minCount: 1 };
  if (minCount === 0) return [required(`${at}.gang.minCount`)];
  return minCount < 0 ? [invalid(`${at}.gang.minCount`, minCount, 'must be greater than zero')] : [];
}

function fixed(value: unknown, old: unknown, at: string): FieldError[] {
  return equalJson(value ?? null, old ?? null) ? [] : [invalid(at, value ?? null, 'field is immutable')];
}
