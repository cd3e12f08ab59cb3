// The rules of resource claims, their templates and device classes: which devices are asked for, what must hold between them,
// and what an allocation may say.
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceClaim,
  DeviceClass,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaim,
} from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import { addFindings, forbidden, invalid, notSupported, notSupportedAsListed, required } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import { validateConditions } from '../conditions.ts';
import { labelKeyProblems } from '../labels.ts';
import { validateNodeSelector } from '../scheduling.ts';
import {
  dnsLabel,
  dnsSubdomain,
  driverName,
  fullyQualifiedAttribute,
  poolName,
  validateList,
  validateOpaque,
  validateSelectors,
  validateToleration,
} from './common.ts';

const ITEMS_LIMIT = 32;
const FIRST_AVAILABLE_LIMIT = 8;
const RESERVED_LIMIT = 256;
const TOLERATIONS_LIMIT = 16;
const REFERENCE_FORM =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** `request`, and `request/subrequest` where there are any. */
function requestNames({ requests = [] }: DeviceClaim): ReadonlySet<string> {
  return new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((sub) => `${name}/${sub.name}`)]),
  );
}

export function validateDeviceClaim(claim: DeviceClaim | undefined, at: string): FieldError[] {
  const devices = claim ?? {};
  const names = requestNames(devices);
  const errors = validateList(devices.requests, `${at}.requests`, ITEMS_LIMIT, validateRequest, ({ name }) => name);
  const references = (list: readonly string[] | undefined, place: string): FieldError[] =>
    validateList(
      list,
      place,
      ITEMS_LIMIT,
      (name, field) => validateReference(name, field, names),
      (name) => name,
    );
  addFindings(
    errors,
    validateList(devices.constraints, `${at}.constraints`, ITEMS_LIMIT, (constraint, place) => [
      ...references(constraint.requests, `${place}.requests`),
      ...validateConstraint(constraint, place),
    ]),
    validateList(devices.config, `${at}.config`, ITEMS_LIMIT, ({ requests, opaque }, place) => [
      ...references(requests, `${place}.requests`),
      ...validateOpaque(opaque, `${place}.opaque`),
    ]),
  );
  return errors;
}

function validateReference(name: string, at: string, names: ReadonlySet<string>): FieldError[] {
  const segments = name.split('/');
  if (segments.length > 2) return [invalid(at, name, REFERENCE_FORM)];
  const errors = segments.flatMap((segment) => dnsLabel(segment, at));
  if (!names.has(name)) errors.push(invalid(at, name, REFERENCE_FORM));
  return errors;
}

function validateConstraint({ matchAttribute, distinctAttribute }: DeviceConstraint, at: string): FieldError[] {
  if (matchAttribute !== undefined) return fullyQualifiedAttribute(matchAttribute, `${at}.matchAttribute`);
  if (distinctAttribute !== undefined) return fullyQualifiedAttribute(distinctAttribute, `${at}.distinctAttribute`);
  return [
    required(at, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'),
  ];
}

function validateRequest({ name, exactly, firstAvailable = [] }: DeviceRequest, at: string): FieldError[] {
  const errors = dnsLabel(name, `${at}.name`);
  const choice = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly === undefined && firstAvailable.length === 0) errors.push(required(at, choice));
  else if (exactly !== undefined && firstAvailable.length > 0)
    errors.push(invalid(at, null, `${choice}, but multiple fields are set`));
  else if (exactly !== undefined) addFindings(errors, validateAsked(exactly, `${at}.exactly`));
  else {
    const validate = (sub: DeviceSubRequest, place: string): FieldError[] => [
      ...dnsLabel(sub.name, `${place}.name`),
      ...validateAsked(sub, place),
    ];
    const field = `${at}.firstAvailable`;
    addFindings(
      errors,
      validateList(firstAvailable, field, FIRST_AVAILABLE_LIMIT, validate, (sub) => sub.name),
    );
  }
  return errors;
}

function validateAsked(asked: ExactDeviceRequest | DeviceSubRequest, at: string): FieldError[] {
  const { deviceClassName, selectors, allocationMode = '', count = 0, tolerations } = asked;
  const errors = dnsSubdomain(deviceClassName, `${at}.deviceClassName`);
  addFindings(errors, validateSelectors(selectors, `${at}.selectors`));
  switch (allocationMode) {
    case 'All':
      if (count !== 0) errors.push(invalid(`${at}.count`, count, "must not be specified when allocationMode is 'All'"));
      break;
    case 'ExactCount':
      if (count <= 0) errors.push(invalid(`${at}.count`, count, 'must be greater than zero'));
      break;
    default:
      errors.push(notSupportedAsListed(`${at}.allocationMode`, allocationMode, ['All', 'ExactCount']));
  }
  addFindings(errors, validateList(tolerations, `${at}.tolerations`, TOLERATIONS_LIMIT, validateToleration));
  return errors;
}

export function defaultDeviceClaim(claim: DeviceClaim | undefined): void {
  for (const { exactly, firstAvailable = [] } of claim?.requests ?? []) {
    for (const asked of exactly === undefined ? firstAvailable : [exactly, ...firstAvailable]) {
      asked.allocationMode ||= 'ExactCount';
      if (asked.allocationMode === 'ExactCount') asked.count ||= 1;
      for (const toleration of asked.tolerations ?? []) toleration.operator ||= 'Equal';
    }
  }
}

export function validateDeviceClass({ spec = {} }: DeviceClass): FieldError[] {
  const errors = validateSelectors(spec.selectors, 'spec.selectors');
  addFindings(
    errors,
    validateList(spec.config, 'spec.config', ITEMS_LIMIT, ({ opaque }, at) => validateOpaque(opaque, `${at}.opaque`)),
  );
  const { extendedResourceName } = spec;
  if (extendedResourceName !== undefined && !isExtendedResourceName(extendedResourceName))
    errors.push(invalid('spec.extendedResourceName', extendedResourceName, 'must be a valid extended resource name'));
  return errors;
}

/** With a domain that is not Kubernetes' own, and such that a quota may name its requests. */
function isExtendedResourceName(name: string): boolean {
  if (!name.includes('/') || name.includes('kubernetes.io/') || name.startsWith('requests.')) return false;
  return labelKeyProblems(`requests.${name}`).length === 0;
}

export function validateClaimStatus(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { reservedFor = [], allocation, devices } = claim.status ?? {};
  const names = requestNames(claim.spec?.devices ?? {});
  const errors = validateList(
    reservedFor,
    'status.reservedFor',
    RESERVED_LIMIT,
    (consumer, at) =>
      (['resource', 'name', 'uid'] as const).flatMap((field) => (consumer[field] ? [] : [required(`${at}.${field}`)])),
    ({ uid }) => uid,
  );
  addFindings(errors, validateDevices(devices ?? [], allocation));
  if (reservedFor.length > 0 && allocation === undefined)
    errors.push(forbidden('status.reservedFor', 'may not be specified when `allocated` is not set'));
  const known = new Set((old.status?.reservedFor ?? []).map(({ uid }) => uid));
  if (claim.metadata?.deletionTimestamp !== undefined && reservedFor.some(({ uid }) => !known.has(uid))) {
    const detail = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
    errors.push(forbidden('status.reservedFor', detail));
  }
  if (allocation === undefined) return errors;
  const former = old.status?.allocation;
  if (former === undefined) addFindings(errors, validateAllocation(allocation, names));
  else if (!equalJson(former, allocation)) errors.push(invalid('status.allocation', allocation, 'field is immutable'));
  return errors;
}

interface DeviceIdentity {
  driver: string;
  pool: string;
  device: string;
  shareID?: string;
}

function identityOf({ driver, pool, device, shareID }: DeviceIdentity): string {
  return [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/');
}

function validateDevices(
  devices: readonly AllocatedDeviceStatus[],
  allocation: AllocationResult | undefined,
): FieldError[] {
  const allocated = new Set((allocation?.devices?.results ?? []).map((result) => identityOf(result)));
  const validate = (device: AllocatedDeviceStatus, at: string): FieldError[] => {
    const errors = driverName(device.driver, `${at}.driver`);
    addFindings(errors, poolName(device.pool, `${at}.pool`), dnsLabel(device.device, `${at}.device`));
    if (!allocated.has(identityOf(device)))
      errors.push(invalid(at, identityOf(device), 'must be an allocated device in the claim'));
    addFindings(errors, validateConditions(device.conditions, `${at}.conditions`));
    return errors;
  };
  return validateList(devices, 'status.devices', Number.POSITIVE_INFINITY, validate, identityOf);
}

function validateAllocation(allocation: AllocationResult, names: ReadonlySet<string>): FieldError[] {
  const at = 'status.allocation';
  const { results, config } = allocation.devices ?? {};
  const errors = validateList(results, `${at}.devices.results`, ITEMS_LIMIT, (result, place) => [
    ...validateReference(result.request ?? '', `${place}.request`, names),
    ...driverName(result.driver, `${place}.driver`),
    ...poolName(result.pool, `${place}.pool`),
    ...dnsLabel(result.device, `${place}.device`),
  ]);
  addFindings(
    errors,
    validateList(config, `${at}.devices.config`, 2 * ITEMS_LIMIT, ({ source = '', requests, opaque }, place) => [
      ...(source === '' ? [required(`${place}.source`)] : []),
      ...(source === '' || SOURCES.includes(source) ? [] : [notSupported(`${place}.source`, source, SOURCES)]),
      ...(requests ?? []).flatMap((name, index) => validateReference(name, `${place}.requests[${index}]`, names)),
      ...validateOpaque(opaque, `${place}.opaque`),
    ]),
  );
  if (allocation.nodeSelector !== undefined)
    addFindings(errors, validateNodeSelector(allocation.nodeSelector, `${at}.nodeSelector`));
  return errors;
}

const SOURCES = ['FromClaim', 'FromClass'];
