// What claims, classes and slices of devices share: names of drivers, pools and attributes, taints and tolerations, selectors,
// and lists that are bounded and free of repetition. CEL expressions are measured here, and compiled by who evaluates them.
import type { DeviceSelector, DeviceTaint, DeviceToleration, OpaqueDeviceConfiguration } from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import {
  addFindings,
  duplicate,
  invalid,
  notSupported,
  problemsAt,
  required,
  tooLong,
  tooMany,
} from '../../field-error.ts';
import { isJsonObject } from '../../json.ts';
import { cIdentifierProblems } from '../domains.ts';
import { labelKeyProblems, labelValueProblems } from '../labels.ts';
import { DNS_SUBDOMAIN_LIMIT, dns1123LabelProblems, dns1123SubdomainProblems } from '../names.ts';

const DRIVER_NAME_LIMIT = 63;
const IDENTIFIER_LIMIT = 32;
const SELECTORS_LIMIT = 32;
const EXPRESSION_LIMIT_BYTES = 10 * 1024;
const PARAMETERS_LIMIT_BYTES = 10 * 1024;
const TAINT_EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

/** Each item by `validate`, none twice by `key`; nothing but the count where there are too many. */
export function validateList<T>(
  items: readonly T[] | undefined,
  at: string,
  limit: number,
  validate: (item: T, at: string) => readonly FieldError[],
  key?: (item: T) => string,
): FieldError[] {
  const all = items ?? [];
  if (all.length > limit) return [tooMany(at, all.length, limit)];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, item] of all.entries()) {
    addFindings(errors, validate(item, `${at}[${index}]`));
    const identity = key?.(item);
    if (identity === undefined) continue;
    if (seen.has(identity)) errors.push(duplicate(`${at}[${index}]`, identity));
    seen.add(identity);
  }
  return errors;
}

export function dnsLabel(name: string | undefined, at: string): FieldError[] {
  return name ? problemsAt(at, name, dns1123LabelProblems(name)) : [required(at)];
}

export function dnsSubdomain(name: string | undefined, at: string): FieldError[] {
  return name ? problemsAt(at, name, dns1123SubdomainProblems(name)) : [required(at)];
}

export function driverName(name: string | undefined, at: string): FieldError[] {
  if (!name) return [required(at)];
  const errors = name.length > DRIVER_NAME_LIMIT ? [tooLong(at, DRIVER_NAME_LIMIT)] : [];
  return [...errors, ...problemsAt(at, name, dns1123SubdomainProblems(name.toLowerCase()))];
}

/** Subdomains with slashes between. */
export function poolName(name: string | undefined, at: string): FieldError[] {
  if (!name) return [required(at)];
  const errors = name.length > DNS_SUBDOMAIN_LIMIT ? [tooLong(at, DNS_SUBDOMAIN_LIMIT)] : [];
  return [...errors, ...name.split('/').flatMap((part) => problemsAt(at, part, dns1123SubdomainProblems(part)))];
}

/** `name` or `domain/name`. */
export function qualifiedName(name: string, at: string): FieldError[] {
  const parts = name.split('/');
  if (parts.length > 2) return [invalid(at, name, 'must not contain more than one slash')];
  const [first = '', second] = parts;
  if (second === undefined) return identifier(first, at);
  const domain = first === '' ? [invalid(at, '', 'the domain must not be empty')] : driverName(first, at);
  return [...domain, ...(second === '' ? [invalid(at, '', 'the name must not be empty')] : identifier(second, at))];
}

export function fullyQualifiedAttribute(name: string, at: string): FieldError[] {
  const errors = qualifiedName(name, at);
  if (!name.includes('/'))
    errors.push(invalid(at, name, 'a fully qualified name must be a domain and a name separated by a slash'));
  return errors;
}

function identifier(name: string, at: string): FieldError[] {
  const errors = name.length > IDENTIFIER_LIMIT ? [tooLong(at, IDENTIFIER_LIMIT)] : [];
  return [...errors, ...problemsAt(at, name, cIdentifierProblems(name))];
}

export function validateSelectors(selectors: readonly DeviceSelector[] | undefined, at: string): FieldError[] {
  return validateList(selectors, at, SELECTORS_LIMIT, ({ cel }, place) => {
    if (cel === undefined) return [required(`${place}.cel`)];
    const { expression = '' } = cel;
    if (expression === '') return [required(`${place}.cel.expression`)];
    if (Buffer.byteLength(expression) > EXPRESSION_LIMIT_BYTES)
      return [tooLong(`${place}.cel.expression`, EXPRESSION_LIMIT_BYTES)];
    return [];
  });
}

export function validateOpaque(opaque: OpaqueDeviceConfiguration | undefined, at: string): FieldError[] {
  if (opaque === undefined) return [required(at)];
  const errors = driverName(opaque.driver, `${at}.driver`);
  const parameters: unknown = opaque.parameters;
  const field = `${at}.parameters`;
  if (parameters === undefined || parameters === null) errors.push(required(field));
  else if (!isJsonObject(parameters)) errors.push(invalid(field, '<value omitted>', 'must be a valid JSON object'));
  else if (Buffer.byteLength(JSON.stringify(parameters)) > PARAMETERS_LIMIT_BYTES)
    errors.push(tooLong(field, PARAMETERS_LIMIT_BYTES));
  return errors;
}

export function validateTaint({ key = '', value = '', effect = '' }: DeviceTaint, at: string): FieldError[] {
  const errors = problemsAt(`${at}.key`, key, labelKeyProblems(key));
  if (value !== '') addFindings(errors, problemsAt(`${at}.value`, value, labelValueProblems(value)));
  if (effect === '') errors.push(required(`${at}.effect`));
  else if (!TAINT_EFFECTS.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, TAINT_EFFECTS));
  return errors;
}

export function validateToleration(toleration: DeviceToleration, at: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  const errors: FieldError[] = key === '' ? [] : problemsAt(`${at}.key`, key, labelKeyProblems(key));
  switch (operator) {
    case 'Exists':
      if (value !== '') errors.push(invalid(`${at}.value`, value, 'must be empty for operator `Exists`'));
      break;
    case 'Equal':
      if (key === '') errors.push(required(`${at}.key`));
      addFindings(errors, problemsAt(`${at}.value`, value, labelValueProblems(value)));
      break;
    default:
      errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
  }
  if (effect !== '' && !TAINT_EFFECTS.includes(effect))
    errors.push(notSupported(`${at}.effect`, effect, TAINT_EFFECTS));
  return errors;
}
