// The rules of resource slices: whose devices they list, where these are, and what is said of each.
import type { Device, DeviceAttribute, DeviceCapacity, ResourceSlice, ResourceSliceSpec } from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import { addFindings, forbidden, invalid, problemsAt, required, tooLong } from '../../field-error.ts';
import { dns1123SubdomainProblems } from '../names.ts';
import { validateNodeSelector } from '../scheduling.ts';
import { dnsLabel, driverName, poolName, qualifiedName, validateList, validateTaint } from './common.ts';

const DEVICES_LIMIT = 128;
/** Where devices have taints, counters or lists of values. */
const ADVANCED_DEVICES_LIMIT = 64;
const ATTRIBUTES_LIMIT = 32;
const VALUE_LIMIT = 64;
const TAINTS_LIMIT = 16;
const COUNTER_SETS_LIMIT = 8;
const LISTS = ['bools', 'ints', 'strings', 'versions'] as const;
const SCALARS = ['bool', 'int', 'string', 'version'] as const;

export function validateSlice({ spec }: ResourceSlice): FieldError[] {
  if (spec === undefined) return [required('spec.driver'), required('spec.pool.name')];
  const errors = driverName(spec.driver, 'spec.driver');
  const { name, resourceSliceCount = 0, generation = 0 } = spec.pool ?? {};
  addFindings(errors, poolName(name, 'spec.pool.name'));
  if (resourceSliceCount <= 0)
    errors.push(invalid('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero'));
  if (generation < 0) errors.push(invalid('spec.pool.generation', generation, 'must be greater than or equal to zero'));
  addFindings(errors, validatePlace(spec, 'spec'));
  const { devices = [], sharedCounters = [], perDeviceNodeSelection } = spec;
  if (devices.length > 0 && sharedCounters.length > 0)
    errors.push(invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed'));
  const limit = devices.some((device) => isAdvanced(device)) ? ADVANCED_DEVICES_LIMIT : DEVICES_LIMIT;
  const validate = (device: Device, at: string): FieldError[] =>
    validateDevice(device, at, perDeviceNodeSelection === true);
  addFindings(
    errors,
    validateList(devices, 'spec.devices', limit, validate, (device) => device.name),
  );
  addFindings(
    errors,
    validateList(
      sharedCounters,
      'spec.sharedCounters',
      COUNTER_SETS_LIMIT,
      (set, at) => [...dnsLabel(set.name, `${at}.name`), ...validateCounters(set.counters, `${at}.counters`)],
      (set) => set.name,
    ),
  );
  return errors;
}

export function validateSliceUpdate({ spec }: ResourceSlice, { spec: old }: ResourceSlice): FieldError[] {
  const errors: FieldError[] = [];
  const same = (field: string, value: unknown, former: unknown): void => {
    if (value !== former) errors.push(invalid(field, value, 'field is immutable'));
  };
  same('spec.pool.name', spec?.pool?.name, old?.pool?.name);
  same('spec.driver', spec?.driver, old?.driver);
  same('spec.nodeName', spec?.nodeName, old?.nodeName);
  return errors;
}

type Placed = Pick<ResourceSliceSpec, 'allNodes' | 'nodeName' | 'nodeSelector' | 'perDeviceNodeSelection'>;

function validatePlace(place: Placed, at: string): FieldError[] {
  const { nodeName, nodeSelector } = place;
  const errors: FieldError[] = [];
  const set: string[] = [];
  if (nodeName === '')
    errors.push(invalid(`${at}.nodeName`, nodeName, 'must be either unset or set to a non-empty string'));
  else if (nodeName !== undefined) {
    set.push('`nodeName`');
    addFindings(errors, problemsAt(`${at}.nodeName`, nodeName, dns1123SubdomainProblems(nodeName)));
  }
  if (nodeSelector !== undefined) {
    set.push('`nodeSelector`');
    addFindings(errors, validateNodeSelector(nodeSelector, `${at}.nodeSelector`));
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    if (terms.length !== 1) {
      const field = `${at}.nodeSelector.nodeSelectorTerms`;
      errors.push(invalid(field, terms, 'must have exactly one node selector term'));
    }
  }
  for (const field of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (place[field] === true) set.push(`\`${field}\``);
    if (place[field] === false) errors.push(invalid(`${at}.${field}`, false, 'must be either unset or set to true'));
  }
  const one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  if (set.length === 0) errors.push(required(at, one));
  if (set.length > 1) errors.push(invalid(at, `{${set.join(', ')}}`, `${one}, but multiple fields are set`));
  return errors;
}

function isAdvanced({ taints = [], consumesCounters = [], attributes = {} }: Device): boolean {
  const lists = Object.values(attributes).some((attribute) => LISTS.some((list) => attribute[list] !== undefined));
  return taints.length > 0 || consumesCounters.length > 0 || lists;
}

function validateDevice(device: Device, at: string, placed: boolean): FieldError[] {
  const errors = dnsLabel(device.name, `${at}.name`);
  const { attributes = {}, capacity = {} } = device;
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > ATTRIBUTES_LIMIT) {
    const detail = `the total number of attributes and capacities must not exceed ${ATTRIBUTES_LIMIT}`;
    errors.push(invalid(at, count, detail));
  }
  for (const [name, attribute] of Object.entries(attributes)) {
    const place = `${at}.attributes[${name}]`;
    addFindings(errors, qualifiedName(name, place), validateAttribute(attribute, place));
  }
  for (const [name, value] of Object.entries(capacity)) {
    const place = `${at}.capacity[${name}]`;
    addFindings(errors, qualifiedName(name, place), validateCapacity(value, place, device));
  }
  addFindings(errors, validateList(device.taints, `${at}.taints`, TAINTS_LIMIT, validateTaint));
  for (const [index, { counterSet, counters }] of (device.consumesCounters ?? []).entries()) {
    const place = `${at}.consumesCounters[${index}]`;
    addFindings(errors, dnsLabel(counterSet, `${place}.counterSet`), validateCounters(counters, `${place}.counters`));
  }
  addFindings(errors, validateDevicePlace(device, at, placed));
  return errors;
}

function validateDevicePlace(device: Device, at: string, placed: boolean): FieldError[] {
  const { nodeName, nodeSelector, allNodes } = device;
  const set = (['nodeName', 'nodeSelector', 'allNodes'] as const).filter((field) => device[field] !== undefined);
  if (!placed) {
    const detail =
      '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
    return set.length === 0 ? [] : [invalid(at, null, detail)];
  }
  const errors: FieldError[] = [];
  if (nodeName === '') errors.push(invalid(`${at}.nodeName`, nodeName, 'must not be empty'));
  else if (nodeName !== undefined)
    addFindings(errors, problemsAt(`${at}.nodeName`, nodeName, dns1123SubdomainProblems(nodeName)));
  if (nodeSelector !== undefined) addFindings(errors, validateNodeSelector(nodeSelector, `${at}.nodeSelector`));
  if (allNodes === false) errors.push(invalid(`${at}.allNodes`, false, 'must be either unset or set to true'));
  const one =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  if (set.length === 0) errors.push(required(at, one));
  if (set.length > 1) errors.push(invalid(at, `{${set.map((field) => `\`${field}\``).join(', ')}}`, one));
  return errors;
}

/** Semantic Versioning 2.0.0; each alternative ends where the next begins, so that matching is linear. */
const SEMVER =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

function validateAttribute(attribute: DeviceAttribute, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const checked = (field: string, value: string, version: boolean): void => {
    if (version && !SEMVER.test(value))
      errors.push(invalid(field, value, 'must be a string compatible with semver.org spec 2.0.0'));
    if (value.length > VALUE_LIMIT) errors.push(tooLong(field, VALUE_LIMIT));
  };
  if (attribute.string !== undefined) checked(`${at}.string`, attribute.string, false);
  if (attribute.version !== undefined) checked(`${at}.version`, attribute.version, true);
  for (const [index, value] of (attribute.strings ?? []).entries()) checked(`${at}.strings[${index}]`, value, false);
  for (const [index, value] of (attribute.versions ?? []).entries()) checked(`${at}.versions[${index}]`, value, true);
  const set = [...SCALARS, ...LISTS].filter((field) => attribute[field] !== undefined).length;
  if (set !== 1) errors.push(invalid(at, set === 0 ? '' : attribute, 'exactly one value must be specified'));
  return errors;
}

function validateCapacity({ requestPolicy }: DeviceCapacity, at: string, device: Device): FieldError[] {
  if (requestPolicy === undefined) return [];
  const field = `${at}.requestPolicy`;
  if (device.allowMultipleAllocations !== true) return [forbidden(field, 'allowMultipleAllocations must be true')];
  const { validValues = [], validRange } = requestPolicy;
  if (validValues.length > 0 && validRange !== undefined) {
    const detail =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    return [forbidden(field, detail)];
  }
  if (requestPolicy.default !== undefined) return [];
  if (validValues.length > 0) return [required(`${field}.default`, 'required when validValues is defined')];
  if (validRange !== undefined) return [required(`${field}.default`, 'required when validRange is defined')];
  return [];
}

function validateCounters(counters: Readonly<Record<string, unknown>> | undefined, at: string): FieldError[] {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) return [required(at)];
  return names.flatMap((name) => dnsLabel(name, `${at}[${name}]`));
}
