// Findings about fields, built and worded as Kubernetes' field.Error does: validation collects them, an Invalid status
// lists them. Paths are strings: `spec.containers[0].image`, `metadata.labels[app]`.
import type { FieldError } from './definition.ts';
import { INVALID_CAUSES_LIMIT } from './limits.ts';

export function required(field: string, detail = ''): FieldError {
  return { type: 'required', field, detail };
}
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { type: 'invalid', field, value, detail };
}
/** The problems of a value, a finding each. */
export function problemsAt(field: string, value: unknown, problems: readonly string[]): FieldError[] {
  return problems.map((problem) => invalid(field, value, problem));
}
/** Where the value is too much to repeat: whole rules, all conditions of a status. */
export function invalidWithoutValue(field: string, detail: string): FieldError {
  return { type: 'invalid', field, detail };
}
export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'duplicate', field, value, detail: '' };
}
export function forbidden(field: string, detail: string): FieldError {
  return { type: 'forbidden', field, detail };
}
export function notFound(field: string, value: unknown): FieldError {
  return { type: 'notFound', field, value, detail: '' };
}
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = [...supported].sort().map((item) => JSON.stringify(item));
  return { type: 'notSupported', field, value, detail: `supported values: ${list.join(', ')}` };
}
/** The same with the values in the order given, as Kubernetes lists some. */
export function notSupportedAsListed(field: string, value: unknown, supported: readonly string[]): FieldError {
  return { type: 'notSupported', field, value, detail: `supported values: ${supported.map(quoteValue).join(', ')}` };
}
export function tooLong(field: string, maximumBytes: number): FieldError {
  return { type: 'tooLong', field, detail: `may not be more than ${maximumBytes} bytes` };
}
export function tooMany(field: string, actual: number, maximum: number): FieldError {
  return { type: 'tooMany', field, value: actual, detail: `must have at most ${maximum} items` };
}

/** The finding without its path: `Required value: name or generateName is required`. */
export function fieldErrorBody(error: FieldError): string {
  const detail = error.detail === '' ? '' : `: ${error.detail}`;
  switch (error.type) {
    case 'required':
      return `Required value${detail}`;
    case 'forbidden':
      return `Forbidden${detail}`;
    case 'tooLong':
      return `Too long${detail}`;
    case 'invalid':
      if (!('value' in error)) return `Invalid value${detail}`;
      return `Invalid value: ${quoteValue(error.value)}${detail}`;
    case 'typeInvalid':
      return `Invalid value: ${quoteValue(error.value)}${detail}`;
    case 'notSupported':
      return `Unsupported value: ${quoteValue(error.value)}${detail}`;
    case 'duplicate':
      return `Duplicate value: ${quoteValue(error.value)}${detail}`;
    case 'tooMany':
      return `Too many: ${quoteValue(error.value)}${detail}`;
    case 'notFound':
      return `Not found: ${quoteValue(error.value)}${detail}`;
  }
}

export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

function quoteValue(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

/** More findings than a Status lists: whoever goes through a long list looks no further. */
export function isFull(errors: readonly FieldError[]): boolean {
  return errors.length > INVALID_CAUSES_LIMIT;
}

/** Appends findings, as many as a Status lists: a body may hold more mistakes than a call has room for arguments. */
export function addFindings(errors: FieldError[], ...lists: readonly (readonly FieldError[])[]): void {
  for (const list of lists) {
    for (const finding of list) {
      if (isFull(errors)) return;
      errors.push(finding);
    }
  }
}
