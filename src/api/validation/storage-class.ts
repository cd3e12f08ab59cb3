// What classes of storage have in common: who serves them, and parameters that only that driver understands.
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, problemsAt, required, tooLong } from '../field-error.ts';
import { labelKeyProblems } from './labels.ts';

const PARAMETERS_LIMIT = 512;
const PARAMETERS_LIMIT_BYTES = 256 * 1024;

/** The provisioner or driver of a class. */
export function validateProvisioner(name: string | undefined, at: string): FieldError[] {
  if (!name) return [required(at)];
  const lower = name.toLowerCase();
  return problemsAt(at, lower, labelKeyProblems(lower));
}

export function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  at: string,
  presence: 'optional' | 'required',
): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > PARAMETERS_LIMIT) return [tooLong(at, PARAMETERS_LIMIT)];
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of entries) {
    if (key === '') addFindings(errors, [invalid(at, key, 'field can not be empty.')]);
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > PARAMETERS_LIMIT_BYTES) errors.push(tooLong(at, PARAMETERS_LIMIT_BYTES));
  if (presence === 'required' && entries.length === 0)
    errors.push(required(at, 'must contain at least one key/value pair'));
  return errors;
}
