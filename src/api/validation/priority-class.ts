// The rules of priority classes. Names that begin with `system-` and priorities above a billion are the system's own.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid } from '../field-error.ts';
import { isSystemClassName, SYSTEM_PRIORITY_CLASSES } from '../priority-classes.ts';
import type { PriorityClass } from '../types.ts';
import { oneOf } from './numbers.ts';

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const LOWEST_PRIORITY = -(2 ** 31);

export function validatePriorityClass(priorityClass: PriorityClass): FieldError[] {
  const { metadata, value = 0, preemptionPolicy } = priorityClass;
  const errors: FieldError[] = [];
  if (isSystemClassName(metadata?.name ?? '')) {
    const why = whyNotOfSystem(priorityClass);
    if (why !== undefined) {
      const detail = `priority class names with 'system-' prefix are reserved for system use only. error: ${why}`;
      errors.push(forbidden('metadata.name', detail));
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
  } else if (value < LOWEST_PRIORITY) {
    errors.push(invalid('value', value, `must be between ${LOWEST_PRIORITY} and ${HIGHEST_USER_PRIORITY}, inclusive`));
  }
  addFindings(errors, oneOf(preemptionPolicy, 'preemptionPolicy', ['Never', 'PreemptLowerPriority'], 'required'));
  return errors;
}

function whyNotOfSystem({ metadata, value = 0, globalDefault = false }: PriorityClass): string | undefined {
  const name = metadata?.name ?? '';
  const known = SYSTEM_PRIORITY_CLASSES.find((one) => one.name === name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known.value) return `value of ${name} PriorityClass must be ${known.value}`;
  if (globalDefault) return `globalDefault of ${name} PriorityClass must be false`;
  return undefined;
}

export function validatePriorityClassUpdate(priorityClass: PriorityClass, old: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if ((priorityClass.value ?? 0) !== (old.value ?? 0))
    errors.push(forbidden('value', 'may not be changed in an update.'));
  if (priorityClass.preemptionPolicy !== old.preemptionPolicy)
    errors.push(invalid('preemptionPolicy', priorityClass.preemptionPolicy, 'field is immutable'));
  return errors;
}
