// The rules of metav1.Condition lists in a status.
import type { Condition } from '../cluster-types.ts';
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, invalid, notSupported, problemsAt, required, tooLong } from '../field-error.ts';
import { labelKeyProblems } from './labels.ts';
import { regexError } from './names.ts';

const STATUSES = ['False', 'True', 'Unknown'];
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonPattern = new RegExp(`^${REASON}$`);
const REASON_LIMIT = 1024;
const MESSAGE_LIMIT = 32 * 1024;

export function validateConditions(conditions: readonly Condition[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, condition] of (conditions ?? []).entries()) {
    const place = `${at}[${index}]`;
    const { type = '' } = condition;
    if (seen.has(type)) errors.push(duplicate(`${place}.type`, type));
    seen.add(type);
    addFindings(errors, validateCondition(condition, place));
  }
  return errors;
}

function validateCondition(condition: Condition, at: string): FieldError[] {
  const { type = '', status = '', observedGeneration = 0, reason = '', message = '' } = condition;
  const errors = problemsAt(`${at}.type`, type, labelKeyProblems(type));
  if (!STATUSES.includes(status)) errors.push(notSupported(`${at}.status`, status, STATUSES));
  if (observedGeneration < 0)
    errors.push(invalid(`${at}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'));
  if (condition.lastTransitionTime === undefined) errors.push(required(`${at}.lastTransitionTime`, 'must be set'));
  if (reason === '') errors.push(required(`${at}.reason`, 'must be set'));
  else if (!reasonPattern.test(reason)) {
    const text =
      "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
    errors.push(invalid(`${at}.reason`, reason, regexError(text, REASON, 'my_name', 'MY_NAME', 'MyName')));
  }
  if (reason.length > REASON_LIMIT) errors.push(tooLong(`${at}.reason`, REASON_LIMIT));
  if (message.length > MESSAGE_LIMIT) errors.push(tooLong(`${at}.message`, MESSAGE_LIMIT));
  return errors;
}
