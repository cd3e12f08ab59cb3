// Small checks of numbers, ports and references that many kinds share, in Kubernetes' words.
import type { FieldError } from '../definition.ts';
import { invalid, notSupported, required } from '../field-error.ts';
import { type IntOrString, percentOf, scaledValue } from '../int-or-string.ts';
import { portNameProblems } from './names.ts';

export const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'];

export function notNegative(value: number | undefined, field: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}

export function portNumber(value: number | undefined, field: string): FieldError[] {
  if (value !== undefined && value >= 1 && value <= 65_535) return [];
  return [invalid(field, value ?? 0, 'must be between 1 and 65535, inclusive')];
}

/** A port by number or by name. */
export function portReference(value: IntOrString | undefined, field: string): FieldError[] {
  if (typeof value !== 'string') return portNumber(value, field);
  return portNameProblems(value).map((problem) => invalid(field, value, problem));
}

export function protocol(value: string | undefined, field: string): FieldError[] {
  if (!value) return [required(field)];
  return PROTOCOLS.includes(value) ? [] : [notSupported(field, value, PROTOCOLS)];
}

/** One of a fixed set; '' and undefined count as absent. */
export function oneOf(
  value: string | undefined,
  field: string,
  supported: readonly string[],
  presence: 'optional' | 'required',
): FieldError[] {
  if (!value) return presence === 'required' ? [required(field)] : [];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** A count or a percentage, neither negative. */
export function countOrPercent(value: IntOrString | undefined, field: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return notNegative(value, field);
  if (percentOf(value) !== undefined) return [];
  return [
    invalid(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}

export function isZeroOrUnset(value: IntOrString | undefined): boolean {
  return value === undefined || scaledValue(value, 100, 'up') === 0;
}

export function atMost100Percent(value: IntOrString | undefined, field: string): FieldError[] {
  if (typeof value !== 'string' || (percentOf(value) ?? 0) <= 100) return [];
  return [invalid(field, value, 'must not be greater than 100%')];
}

/** That none of some counts of a status is greater than another one. */
export function notAbove<Field extends string, Limit extends string>(
  status: { readonly [Key in Field | Limit]?: number | undefined } | undefined,
  fields: readonly Field[],
  limit: Limit,
): FieldError[] {
  const maximum = status?.[limit] ?? 0;
  return fields
    .filter((field) => (status?.[field] ?? 0) > maximum)
    .map((field) => invalid(`status.${field}`, status?.[field], `cannot be greater than status.${limit}`));
}

export function notDecremented(value: number | undefined, old: number | undefined, field: string): FieldError[] {
  return old !== undefined && (value ?? 0) < old ? [invalid(field, value ?? 0, 'cannot be decremented')] : [];
}

/** A user or group id of Linux. */
export function userId(value: number | undefined, field: string): FieldError[] {
  if (value === undefined || (value >= 0 && value <= 2 ** 31 - 1)) return [];
  return [invalid(field, value, 'must be between 0 and 2147483647, inclusive')];
}
