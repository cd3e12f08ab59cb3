// The rules of limit ranges: names that fit what they limit, and bounds and defaults that do not contradict each other.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, required } from '../field-error.ts';
import { compareQuantities, formatQuantity, parseQuantity, type Quantity, quantityOf } from '../quantity.ts';
import type { LimitRange, LimitRangeItem } from '../types.ts';
import { labelKeyProblems } from './labels.ts';
import {
  isExtendedResource,
  isHugePages,
  validateContainerResourceName,
  validateResourceName,
} from './resource-names.ts';

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const ONE = quantityOf('1');

export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const errors: FieldError[] = [];
  const types = new Set<string>();
  for (const [index, item] of (spec?.limits ?? []).entries()) {
    const at = `spec.limits[${index}]`;
    addFindings(errors, validateType(item.type, `${at}.type`));
    if (types.has(item.type)) errors.push(duplicate(`${at}.type`, item.type));
    types.add(item.type);
    addFindings(errors, validateNames(item, at), validateBounds(item, at));
  }
  return errors;
}

function validateType(type: string, at: string): FieldError[] {
  const problems = labelKeyProblems(type);
  if (problems.length > 0) return problems.map((problem) => invalid(at, type, problem));
  if (type.includes('/') || TYPES.includes(type)) return [];
  return [invalid(at, type, 'must be a standard limit type or fully qualified')];
}

const AMOUNTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function validateNames(item: LimitRangeItem, at: string): FieldError[] {
  const ofContainers = item.type === 'Pod' || item.type === 'Container';
  const validate = ofContainers ? validateContainerResourceName : validateResourceName;
  const errors: FieldError[] = [];
  for (const field of AMOUNTS) {
    const names = Object.keys(item[field] ?? {});
    if (item.type === 'Pod' && (field === 'default' || field === 'defaultRequest')) {
      if (names.length > 0) errors.push(forbidden(`${at}.${field}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    for (const name of names) addFindings(errors, validate(name, `${at}.${field}[${name}]`));
  }
  if (
    item.type === 'PersistentVolumeClaim' &&
    item.min?.['storage'] === undefined &&
    item.max?.['storage'] === undefined
  ) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(`${at}.limits`, detail));
  }
  return errors;
}

function validateBounds(item: LimitRangeItem, at: string): FieldError[] {
  const names = new Set(AMOUNTS.flatMap((field) => Object.keys(item[field] ?? {})));
  return [...names].sort().flatMap((name) => validateBoundsOf(name, item, at));
}

function validateBoundsOf(name: string, item: LimitRangeItem, at: string): FieldError[] {
  const amount = (field: (typeof AMOUNTS)[number]): Quantity | undefined => {
    const text = item[field]?.[name];
    return text === undefined || (item.type === 'Pod' && field.startsWith('default')) ? undefined : parseQuantity(text);
  };
  const [max, min, limit, request, ratio] = AMOUNTS.map(amount);
  const errors: FieldError[] = [];
  const ordered = (
    low: Quantity | undefined,
    high: Quantity | undefined,
    field: (typeof AMOUNTS)[number],
    shown: Quantity | undefined,
    words: readonly [string, string],
  ): void => {
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return;
    const detail = `${words[0]} value ${formatQuantity(low)} is greater than ${words[1]} value ${formatQuantity(high)}`;
    errors.push(invalid(`${at}.${field}[${name}]`, shown === undefined ? '' : formatQuantity(shown), detail));
  };
  ordered(min, max, 'min', min, ['min', 'max']);
  ordered(min, request, 'defaultRequest', request, ['min', 'default request']);
  ordered(request, max, 'defaultRequest', request, ['default request', 'max']);
  ordered(request, limit, 'defaultRequest', request, ['default request', 'default limit']);
  ordered(min, limit, 'default', min, ['min', 'default']);
  ordered(limit, max, 'default', max, ['default', 'max']);
  if (ratio !== undefined) addFindings(errors, validateRatio(ratio, min, max, `${at}.maxLimitRequestRatio[${name}]`));
  const overcommits = !isHugePages(name) && !isExtendedResource(name);
  if (!overcommits && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0) {
    const detail = `default value ${formatQuantity(limit)} must equal to defaultRequest value ${formatQuantity(request)} in ${name}`;
    errors.push(invalid(`${at}.defaultRequest[${name}]`, formatQuantity(request), detail));
  }
  return errors;
}

function validateRatio(
  ratio: Quantity,
  min: Quantity | undefined,
  max: Quantity | undefined,
  at: string,
): FieldError[] {
  const text = formatQuantity(ratio);
  if (compareQuantities(ratio, ONE) < 0) return [invalid(at, text, `ratio ${text} is less than 1`)];
  if (min === undefined || max === undefined || min.nanos <= 0n) return [];
  // Compared exactly: ratio > max / min.
  if (ratio.nanos * min.nanos <= max.nanos * ONE.nanos) return [];
  const widest = Number(max.nanos) / Number(min.nanos);
  return [invalid(at, text, `ratio ${text} is greater than max/min = ${widest.toFixed(6)}`)];
}
