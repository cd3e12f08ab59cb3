// The rules of device taint rules and of resource pool status requests.
import type { FieldError } from '../../definition.ts';
import { addFindings, invalid, required, tooMany } from '../../field-error.ts';
import type { DeviceTaintRule, PoolStatus, ResourcePoolStatusRequest } from '../../gated-types.ts';
import { equalJson } from '../../json.ts';
import { validateConditions } from '../conditions.ts';
import { dnsLabel, dnsSubdomain, driverName, poolName, validateTaint } from '../devices/common.ts';

const CONDITIONS_LIMIT = 8;
const POOLS_LIMIT = 1000;

export function validateTaintRule({ spec }: DeviceTaintRule): FieldError[] {
  const { driver, pool, device } = spec?.deviceSelector ?? {};
  return [
    ...(driver === undefined ? [] : driverName(driver, 'spec.deviceSelector.driver')),
    ...(pool === undefined ? [] : poolName(pool, 'spec.deviceSelector.pool')),
    ...(device === undefined ? [] : dnsLabel(device, 'spec.deviceSelector.device')),
    ...(spec?.taint === undefined ? [] : validateTaint(spec.taint, 'spec.taint')),
  ];
}

export function validateTaintRuleStatus({ status }: DeviceTaintRule): FieldError[] {
  const { conditions = [] } = status ?? {};
  const at = 'status.conditions';
  const errors = validateConditions(conditions, at);
  if (conditions.length > CONDITIONS_LIMIT) errors.push(tooMany(at, conditions.length, CONDITIONS_LIMIT));
  return errors;
}

export function validatePoolRequest({ spec }: ResourcePoolStatusRequest): FieldError[] {
  const { driver = '', poolName: pool, limit } = spec ?? {};
  const errors: FieldError[] = [];
  // That it must be there is the schema's to say.
  if (driver !== '') addFindings(errors, driverName(driver, 'spec.driver'));
  if (pool === '') errors.push(invalid('spec.poolName', pool, 'must not be empty when specified'));
  else if (pool !== undefined) addFindings(errors, poolName(pool, 'spec.poolName'));
  if (limit !== undefined && limit < 1) errors.push(invalid('spec.limit', limit, 'must be at least 1'));
  if (limit !== undefined && limit > POOLS_LIMIT)
    errors.push(invalid('spec.limit', limit, `must not exceed ${POOLS_LIMIT}`));
  return errors;
}

export function validatePoolRequestStatus(
  { status }: ResourcePoolStatusRequest,
  old: ResourcePoolStatusRequest,
): FieldError[] {
  if (old.status !== undefined)
    return equalJson(status ?? null, old.status) ? [] : [invalid('status', status ?? null, 'field is immutable')];
  if (status === undefined) return [];
  const errors: FieldError[] = [];
  for (const [index, pool] of (status.pools ?? []).entries())
    addFindings(errors, validatePool(pool, `status.pools[${index}]`));
  addFindings(errors, validateConditions(status.conditions, 'status.conditions'));
  if (status.poolCount === undefined) errors.push(required('status.poolCount'));
  else if (status.poolCount < 0) errors.push(invalid('status.poolCount', status.poolCount, 'must be non-negative'));
  return errors;
}

const COUNTS = ['totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices', 'generation'] as const;

function validatePool(pool: PoolStatus, at: string): FieldError[] {
  const errors = [...driverName(pool.driver, `${at}.driver`), ...poolName(pool.poolName, `${at}.poolName`)];
  if (pool.nodeName !== undefined) addFindings(errors, dnsSubdomain(pool.nodeName, `${at}.nodeName`));
  if (pool.generation === undefined) errors.push(required(`${at}.generation`));
  for (const field of COUNTS) {
    const count = pool[field];
    if (count !== undefined && count < 0) errors.push(invalid(`${at}.${field}`, count, 'must be non-negative'));
  }
  return errors;
}
