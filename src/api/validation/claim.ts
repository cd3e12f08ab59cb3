// The rules of PersistentVolumeClaims: what they ask for, also where a pod's volume or a StatefulSet carries the template of
// one; and what of it may change, which is next to nothing: size and attributes of a claim that is bound.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { cloneJson, equalJson, putBack } from '../json.ts';
import { compareQuantities, isWhole, parseQuantity } from '../quantity.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../types.ts';
import { dnsLabel, dnsSubdomain, present, qualifiedName } from './findings.ts';
import { validateLabelSelector } from './labels.ts';
import { oneOf } from './numbers.ts';

/** The annotation that named the class before spec.storageClassName did. */
export const BETA_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES: readonly string[] = ['Block', 'Filesystem'];

export function accessModes(modes: readonly string[], at: string, detail: string): FieldError[] {
  if (modes.length === 0) return [required(at, detail)];
  const errors = modes
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((mode) => notSupported(at, mode, ACCESS_MODES));
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode));
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod'))
    errors.push(forbidden(at, 'may not use ReadWriteOncePod with other access modes'));
  return errors;
}

/** A size of storage: more than nothing. */
export function positiveQuantity(text: string, at: string): FieldError[] {
  const quantity = parseQuantity(text);
  return quantity !== undefined && quantity.nanos > 0n ? [] : [invalid(at, text, 'must be greater than zero')];
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, at: string): FieldError[] {
  const errors = accessModes(spec.accessModes ?? [], `${at}.accessModes`, 'at least 1 access mode is required');
  addFindings(errors, validateLabelSelector(spec.selector, `${at}.selector`));
  const size = spec.resources?.requests?.['storage'];
  if (size === undefined) errors.push(required(`${at}.resources[storage]`));
  else {
    addFindings(errors, positiveQuantity(size, `${at}.resources[storage]`));
    const quantity = parseQuantity(size);
    if (quantity !== undefined && quantity.nanos > 0n && !isWhole(quantity))
      errors.push(invalid(`${at}.resources[storage]`, size, 'must be an integer'));
  }
  for (const field of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const name = spec[field];
    if (name) addFindings(errors, dnsSubdomain(name, `${at}.${field}`));
  }
  addFindings(errors, oneOf(spec.volumeMode, `${at}.volumeMode`, VOLUME_MODES, 'optional'));
  return [...errors, ...validateDataSources(spec, at)];
}

type DataSource = NonNullable<PersistentVolumeClaimSpec['dataSourceRef']>;

function validateDataSource({ name, kind, apiGroup = '', namespace }: DataSource, at: string): FieldError[] {
  const errors = [...present(name, `${at}.name`), ...present(kind, `${at}.kind`)];
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim')
    errors.push(invalid(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (apiGroup !== '') addFindings(errors, dnsSubdomain(apiGroup, `${at}.apiGroup`));
  if (namespace) addFindings(errors, dnsLabel(namespace, `${at}.namespace`));
  return errors;
}

function validateDataSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (dataSource !== undefined) addFindings(errors, validateDataSource(dataSource, `${at}.dataSource`));
  if (dataSourceRef !== undefined) addFindings(errors, validateDataSource(dataSourceRef, `${at}.dataSourceRef`));
  if (dataSource === undefined || dataSourceRef === undefined) return errors;
  if (dataSourceRef.namespace) {
    const detail = 'may not be specified when dataSourceRef.namespace is specified';
    errors.push(invalid(at, `${at}.dataSource`, detail));
  } else {
    const same = (['apiGroup', 'kind', 'name'] as const).every((field) => dataSource[field] === dataSourceRef[field]);
    if (!same) errors.push(invalid(at, `${at}.dataSource`, 'must match dataSourceRef'));
  }
  return errors;
}

const IMMUTABLE_MESSAGE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const { spec } = claim;
  const before = old.spec;
  if (spec === undefined || before === undefined) return [];
  const errors: FieldError[] = [];
  const annotation = claim.metadata?.annotations?.[BETA_CLASS_ANNOTATION] ?? '';
  const annotated = old.metadata?.annotations?.[BETA_CLASS_ANNOTATION];
  if (annotation !== (annotated ?? '')) {
    const place = `metadata.annotations[${BETA_CLASS_ANNOTATION}]`;
    errors.push(invalid(place, annotation, 'field is immutable'));
  }
  const kept = immutableRest(claim, before, annotated);
  if (!equalJson(kept, before)) errors.push(forbidden('spec', `${IMMUTABLE_MESSAGE}${differences(kept, before)}`));
  addFindings(errors, validateShrinking(claim, old));
  if (!equalJson(spec.volumeMode, before.volumeMode))
    errors.push(invalid('volumeMode', spec.volumeMode, 'field is immutable'));
  if (before.volumeAttributesClassName !== undefined && !spec.volumeAttributesClassName) {
    const found = spec.volumeAttributesClassName === undefined ? 'nil' : 'an empty string';
    const detail = `update from non-nil value to ${found} is forbidden`;
    errors.push(forbidden('spec.volumeAttributesClassName', detail));
  }
  return errors;
}

/** The new spec with everything put back that may change: what then still differs may not. */
function immutableRest(
  claim: PersistentVolumeClaim,
  before: PersistentVolumeClaimSpec,
  annotated: string | undefined,
): PersistentVolumeClaimSpec {
  const rest = cloneJson(claim.spec ?? {});
  // The volume is named once, by whoever binds; the class where there was none, by whoever sets a default.
  if (!before.volumeName) putBack(rest, before, 'volumeName');
  const fills = before.storageClassName === undefined && rest.storageClassName !== undefined;
  if (fills && (annotated === undefined || annotated === rest.storageClassName))
    putBack(rest, before, 'storageClassName');
  if (claim.status?.phase !== 'Bound') return rest;
  const size = before.resources?.requests?.['storage'];
  if (rest.resources?.requests !== undefined && size !== undefined) rest.resources.requests['storage'] = size;
  if (rest.volumeAttributesClassName !== undefined) putBack(rest, before, 'volumeAttributesClassName');
  return rest;
}

/** Names the fields, so that a user finds the one that was changed. */
function differences(spec: PersistentVolumeClaimSpec, before: PersistentVolumeClaimSpec): string {
  const keys = [...new Set([...Object.keys(spec), ...Object.keys(before)])] as (keyof PersistentVolumeClaimSpec)[];
  const changed = keys.filter((key) => !equalJson(spec[key], before[key])).sort();
  return `\nchanged: ${changed.map((key) => `spec.${key}`).join(', ')}`;
}

/** A request that grew too far may be taken back, but not below what the volume already has. */
function validateShrinking(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const size = parseQuantity(claim.spec?.resources?.requests?.['storage'] ?? '0');
  const before = parseQuantity(old.spec?.resources?.requests?.['storage'] ?? '0');
  const actual = parseQuantity(old.status?.capacity?.['storage'] ?? '0');
  if (size === undefined || before === undefined || actual === undefined) return [];
  if (compareQuantities(size, before) >= 0 || compareQuantities(size, actual) > 0) return [];
  return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}

const RESIZE_STATUSES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
];

export function validateClaimStatusUpdate({ status }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['capacity', 'allocatedResources'] as const) {
    for (const [name, text] of Object.entries(status?.[field] ?? {})) {
      const place = `status.${field}[${name}]`;
      if (field === 'allocatedResources') addFindings(errors, claimResource(name, `status.${field}`));
      if ((parseQuantity(text)?.nanos ?? 0n) < 0n)
        errors.push(invalid(place, text, 'must be greater than or equal to 0'));
    }
  }
  const at = 'status.allocatedResourceStatus';
  for (const [name, state] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    addFindings(errors, claimResource(name, at));
    if (!RESIZE_STATUSES.includes(state)) errors.push(notSupported(at, name, RESIZE_STATUSES));
  }
  return errors;
}

/** Of Kubernetes' own resources a claim has storage alone. */
function claimResource(name: string, at: string): FieldError[] {
  const errors = qualifiedName(name, at);
  const native = !name.includes('/') || name.includes('kubernetes.io/');
  if (errors.length === 0 && native && name !== 'storage') return [notSupported(at, name, ['storage'])];
  return errors;
}
