// The rules of PersistentVolumes, and of the volume that a VolumeAttachment may carry inline: one source, a capacity, where it
// can be reached from. The source never changes.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { cloneJson, equalJson } from '../json.ts';
import { parseQuantity } from '../quantity.ts';
import type { PersistentVolume, PersistentVolumeSpec } from '../types.ts';
import { accessModes, positiveQuantity, VOLUME_MODES } from './claim.ts';
import { dnsLabel, dnsSubdomain, present } from './findings.ts';
import { oneOf } from './numbers.ts';
import { noBacksteps } from './paths.ts';
import { validateNodeSelector } from './scheduling.ts';
import { ISCSI_NAME_MESSAGE } from './volume.ts';
import * as sources from './volume-sources.ts';

const OTHER_FIELDS = [
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
] as const;
type Sources = Required<Omit<PersistentVolumeSpec, (typeof OTHER_FIELDS)[number]>>;
type SourceRule<Name extends keyof Sources> = (
  source: Sources[Name],
  at: string,
  volume: PersistentVolumeSpec,
  name: string,
) => FieldError[];
type SourceRules = { readonly [Name in keyof Sources]: SourceRule<Name> };

/** In Kubernetes' order: of several sources the first is taken for the one that was meant. */
const SOURCES: SourceRules = {
  hostPath: sources.hostPath,
  gcePersistentDisk: sources.gcePersistentDisk,
  awsElasticBlockStore: sources.awsElasticBlockStore,
  glusterfs: (source, at) => [
    ...sources.glusterfs(source, at),
    ...(source.endpointsNamespace === undefined
      ? []
      : endpointsNamespace(source.endpointsNamespace, `${at}.endpointsNamespace`)),
  ],
  flocker: sources.flocker,
  nfs: sources.nfs,
  rbd: sources.rbd,
  quobyte: sources.quobyte,
  cephfs: sources.cephfs,
  iscsi: (source, at, _volume, name) => [
    ...sources.iscsi(source, at, 'must be valid format'),
    ...(source.secretRef === undefined ? [] : present(source.secretRef.name, `${at}.secretRef.name`)),
    ...(source.initiatorName !== undefined && `${name}:${source.targetPortal}`.length > 64
      ? [invalid(`${at}.targetportal`, source.targetPortal, ISCSI_NAME_MESSAGE)]
      : []),
  ],
  cinder: ({ volumeID, secretRef }, at) => [...present(volumeID, `${at}.volumeID`), ...secret(secretRef, at)],
  fc: sources.fc,
  flexVolume: sources.flexVolume,
  azureFile: (source, at) => [
    ...sources.azureFile(source, at),
    ...(source.secretNamespace === '' ? [required(`${at}.secretNamespace`)] : []),
  ],
  vsphereVolume: sources.vsphereVolume,
  photonPersistentDisk: sources.photonPersistentDisk,
  portworxVolume: sources.portworxVolume,
  azureDisk: sources.azureDisk,
  scaleIO: sources.scaleIO,
  local: ({ path }, at, { nodeAffinity }) => [
    ...(path ? noBacksteps(path, `${at}.path`) : [required(`${at}.path`)]),
    ...(nodeAffinity?.required === undefined
      ? [required(`${at.slice(0, at.lastIndexOf('.'))}.nodeAffinity`, 'Local volume requires node affinity')]
      : []),
  ],
  storageos: (source, at) => [...sources.storageos(source, at), ...secret(source.secretRef, at)],
  csi: (source, at) => [
    ...sources.csiDriverName(source.driver, `${at}.driver`),
    ...present(source.volumeHandle, `${at}.volumeHandle`),
    ...CSI_SECRETS.flatMap((field) => csiSecret(source[field], `${at}.${field}`)),
  ],
};
const SOURCE_NAMES = Object.keys(SOURCES) as (keyof Sources)[];
const CSI_SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

type SecretReference = { readonly name?: string; readonly namespace?: string };

function secret(reference: SecretReference | undefined, at: string): FieldError[] {
  if (reference === undefined) return [];
  return [
    ...present(reference.name, `${at}.secretRef.name`),
    ...present(reference.namespace, `${at}.secretRef.namespace`),
  ];
}

function csiSecret(reference: SecretReference | undefined, at: string): FieldError[] {
  if (reference === undefined) return [];
  const { name, namespace } = reference;
  return [
    ...(name ? dnsSubdomain(name, `${at}.name`) : [required(`${at}.name`)]),
    ...(namespace ? dnsLabel(namespace, `${at}.namespace`) : [required(`${at}.namespace`)]),
  ];
}

function endpointsNamespace(namespace: string, at: string): FieldError[] {
  if (namespace !== '') return dnsLabel(namespace, at);
  return [invalid(at, namespace, 'if the endpointnamespace is set, it must be a valid namespace name')];
}

function validateSource(spec: PersistentVolumeSpec, at: string, name: string): FieldError[] {
  const [used, ...surplus] = SOURCE_NAMES.filter((source) => spec[source] !== undefined);
  if (used === undefined) return [required(at, 'must specify a volume type')];
  const errors = checkSource(spec, used, `${at}.${used === 'gcePersistentDisk' ? 'persistentDisk' : used}`, name);
  for (const extra of surplus) {
    const place = `${at}.${extra === 'cephfs' ? 'cephFS' : extra}`;
    errors.push(forbidden(place, 'may not specify more than 1 volume type'));
  }
  return errors;
}

function checkSource<Name extends keyof Sources>(
  spec: PersistentVolumeSpec,
  source: Name,
  at: string,
  name: string,
): FieldError[] {
  const value = (spec as Partial<Sources>)[source];
  const rule: SourceRule<Name> = SOURCES[source];
  return value === undefined ? [] : rule(value, at, spec, name);
}

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

export function validatePersistentVolume({ metadata, spec }: PersistentVolume): FieldError[] {
  const at = 'spec';
  if (spec === undefined) return [required('spec.accessModes'), required('spec.capacity'), required(at)];
  const errors = accessModes(spec.accessModes ?? [], `${at}.accessModes`, '');
  addFindings(errors, validateCapacity(spec.capacity ?? {}, `${at}.capacity`));
  const policy = spec.persistentVolumeReclaimPolicy;
  addFindings(errors, oneOf(policy, `${at}.persistentVolumeReclaimPolicy`, RECLAIM_POLICIES, 'optional'));
  addFindings(errors, validateAffinity(spec.nodeAffinity, `${at}.nodeAffinity`));
  addFindings(errors, validateSource(spec, at, metadata?.name ?? ''));
  if (spec.hostPath !== undefined && policy === 'Recycle' && isRoot(spec.hostPath.path)) {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbidden(`${at}.persistentVolumeReclaimPolicy`, detail));
  }
  if (spec.storageClassName) addFindings(errors, dnsSubdomain(spec.storageClassName, `${at}.storageClassName`));
  addFindings(errors, oneOf(spec.volumeMode, `${at}.volumeMode`, VOLUME_MODES, 'optional'));
  return [...errors, ...validateAttributesClass(spec, at)];
}

/** `/`, however it is spelt. */
function isRoot(path: string): boolean {
  return path.startsWith('/') && path.split('/').every((part) => part === '' || part === '.');
}

function validateCapacity(capacity: Readonly<Record<string, string>>, at: string): FieldError[] {
  const names = Object.keys(capacity);
  const errors = names.length === 0 ? [required(at)] : [];
  if (!names.includes('storage') || names.length > 1) errors.push(notSupported(at, capacity, ['storage']));
  for (const [name, text] of Object.entries(capacity)) {
    if ((parseQuantity(text)?.nanos ?? 0n) < 0n)
      errors.push(invalid(`${at}[${name}]`, text, 'must be greater than or equal to 0'));
    addFindings(errors, positiveQuantity(text, `${at}[${name}]`));
  }
  return errors;
}

function validateAffinity(affinity: PersistentVolumeSpec['nodeAffinity'], at: string): FieldError[] {
  if (affinity === undefined) return [];
  if (affinity.required === undefined) return [required(`${at}.required`, 'must specify required node constraints')];
  return validateNodeSelector(affinity.required, `${at}.required`);
}

function validateAttributesClass(spec: PersistentVolumeSpec, at: string): FieldError[] {
  const name = spec.volumeAttributesClassName;
  if (name === undefined) return [];
  const place = `${at}.volumeAttributesClassName`;
  const errors = name === '' ? [required(place, 'an empty string is disallowed')] : dnsSubdomain(name, place);
  if (spec.csi === undefined)
    errors.push(required(`${at}.csi`, 'has to be specified when using volumeAttributesClassName'));
  return errors;
}

const INLINE = 'in the context of inline volumes';

/** The volume of a pod's inline CSI source, as a VolumeAttachment carries it: a source and access modes only. */
export function validateInlineVolume(spec: PersistentVolumeSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['claimRef', 'nodeAffinity', 'storageClassName'] as const)
    if (spec[field]) errors.push(forbidden(`${at}.${field}`, `may not be specified ${INLINE}`));
  if (Object.keys(spec.capacity ?? {}).length > 0)
    errors.push(forbidden(`${at}.capacity`, `may not be specified ${INLINE}`));
  if (spec.csi === undefined) errors.push(required(`${at}.csi`, `has to be specified ${INLINE}`));
  addFindings(errors, accessModes(spec.accessModes ?? [], `${at}.accessModes`, ''));
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && policy !== 'Retain')
    errors.push(forbidden(`${at}.persistentVolumeReclaimPolicy`, `may only be Retain ${INLINE}`));
  addFindings(errors, validateSource(spec, at, ''));
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem')
    errors.push(forbidden(`${at}.volumeMode`, `may not specify volumeMode other than Filesystem ${INLINE}`));
  return errors;
}

export function validatePersistentVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const { spec } = volume;
  const before = old.spec;
  if (spec === undefined || before === undefined) return [];
  const errors: FieldError[] = [];
  const source = cloneJson(sourceOf(spec));
  // A secret for expansion may be added to a volume that has none.
  if (before.csi?.controllerExpandSecretRef === undefined) delete source.csi?.controllerExpandSecretRef;
  if (!equalJson(source, sourceOf(before))) {
    const detail = 'spec.persistentvolumesource is immutable after creation';
    errors.push(forbidden('spec.persistentvolumesource', `${detail}\nchanged: ${changedSources(spec, before)}`));
  }
  if (!equalJson(spec.volumeMode, before.volumeMode))
    errors.push(invalid('volumeMode', spec.volumeMode, 'field is immutable'));
  if (before.nodeAffinity !== undefined && !equalJson(spec.nodeAffinity, before.nodeAffinity))
    errors.push(invalid('nodeAffinity', spec.nodeAffinity, 'field is immutable'));
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    const detail = 'update from non-nil value to nil is forbidden';
    errors.push(forbidden('spec.volumeAttributesClassName', detail));
  }
  return errors;
}

function sourceOf(spec: PersistentVolumeSpec): Partial<Sources> {
  const present = SOURCE_NAMES.filter((name) => spec[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, spec[name]]));
}

function changedSources(spec: PersistentVolumeSpec, before: PersistentVolumeSpec): string {
  const changed = SOURCE_NAMES.filter((name) => !equalJson(spec[name], before[name]));
  return changed.map((name) => `spec.${name}`).join(', ');
}
