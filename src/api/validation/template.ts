// The rules of pod templates, and of the selectors that go with them: shared by every kind that makes pods of a template.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import { matcherOfSelector } from '../selectors/label-selector.ts';
import type { LabelSelector, PodTemplateSpec } from '../types.ts';
import { validateAnnotations, validateLabelSelector, validateLabels } from './labels.ts';
import { validatePodSpec } from './pod.ts';

/** How messages call a kind: `empty selector is invalid for replica set`, `activeDeadlineSeconds in ReplicaSet …`. */
export interface TemplateOwner {
  readonly selectorName: string;
  readonly kind: string;
}

/** The selector and the template of a kind whose pods run until they are replaced. */
export function validateSelected(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  owner: TemplateOwner,
): FieldError[] {
  const errors = validateSelector(selector, template, owner.selectorName);
  return [...errors, ...validateRunningTemplate(template, owner.kind)];
}

function validateSelector(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  name: string,
): FieldError[] {
  if (selector === undefined) return [required('spec.selector')];
  const errors = validateLabelSelector(selector, 'spec.selector');
  const empty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0;
  if (empty) return [...errors, invalid('spec.selector', selector, `empty selector is invalid for ${name}`)];
  return errors.length > 0 ? errors : validateSelection(selector, template);
}

/** That the selector matches the pods that its template makes. */
export function validateSelection(selector: LabelSelector, template: PodTemplateSpec | undefined): FieldError[] {
  const labels = template?.metadata?.labels;
  if (matcherOfSelector(selector).matches(labels)) return [];
  return [invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')];
}

/** The template of pods that run for good; `kind` is who makes them, for messages. */
export function validateRunningTemplate(template: PodTemplateSpec | undefined, kind: string): FieldError[] {
  const at = 'spec.template';
  const errors = validatePodTemplate(template, at);
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  if (restartPolicy !== undefined && restartPolicy !== 'Always')
    errors.push(notSupported(`${at}.spec.restartPolicy`, restartPolicy, ['Always']));
  if (activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbidden(`${at}.spec.activeDeadlineSeconds`, detail));
  }
  return errors;
}

export function validatePodTemplate(template: PodTemplateSpec | undefined, at: string): FieldError[] {
  const errors = validateLabels(template?.metadata?.labels, `${at}.labels`);
  addFindings(errors, validateAnnotations(template?.metadata?.annotations, `${at}.annotations`));
  const spec = template?.spec;
  if (spec === undefined) return [...errors, required(`${at}.spec.containers`)];
  addFindings(errors, validatePodSpec(spec, `${at}.spec`));
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.push(forbidden(`${at}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  return errors;
}

export function validateImmutable(value: unknown, old: unknown, field: string): FieldError[] {
  return equalJson(value, old) ? [] : [invalid(field, value, 'field is immutable')];
}

export function validateSelectorUnchanged(
  selector: LabelSelector | undefined,
  old: LabelSelector | undefined,
): FieldError[] {
  return validateImmutable(selector, old, 'spec.selector');
}
