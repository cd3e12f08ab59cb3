// Shorthands for the commonest rules: a text that must be there, one that must be a name. What is absent counts as empty.
import type { FieldError } from '../definition.ts';
import { problemsAt, required } from '../field-error.ts';
import { labelKeyProblems } from './labels.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems } from './names.ts';

/** '' and undefined count as absent. */
export function present(value: string | undefined, at: string, detail = ''): FieldError[] {
  return value ? [] : [required(at, detail)];
}

export function dnsLabel(value: string | undefined, at: string): FieldError[] {
  return problemsAt(at, value ?? '', dns1123LabelProblems(value ?? ''));
}

export function dnsSubdomain(value: string | undefined, at: string): FieldError[] {
  return problemsAt(at, value ?? '', dns1123SubdomainProblems(value ?? ''));
}

/** `name` or `prefix/name`. */
export function qualifiedName(value: string | undefined, at: string): FieldError[] {
  return problemsAt(at, value ?? '', labelKeyProblems(value ?? ''));
}
