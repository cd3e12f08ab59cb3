// The rules of volume sources that pods and PersistentVolumes share, one function a source. Most of these volumes are served
// by drivers outside of Kubernetes today; what their objects may look like has not changed.
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, notSupported, problemsAt, required, tooLong } from '../field-error.ts';
import type { Volume } from '../types.ts';
import { dnsLabel, present } from './findings.ts';
import { dns1123SubdomainProblems } from './names.ts';
import { noBacksteps } from './paths.ts';

type Source<Name extends keyof Volume> = NonNullable<Volume[Name]>;

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function hostPath({ path, type }: Source<'hostPath'>, at: string): FieldError[] {
  if (!path) return [required(`${at}.path`)];
  const errors = noBacksteps(path, `${at}.path`);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type))
    errors.push(notSupported(`${at}.type`, type, HOST_PATH_TYPES));
  return errors;
}

const PARTITION_MESSAGE = 'must be between 0 and 255, inclusive';

/** A number in one byte: partitions and LUNs. */
function byteSized(value: number | undefined, at: string): FieldError[] {
  return value !== undefined && (value < 0 || value > 255) ? [invalid(at, value, PARTITION_MESSAGE)] : [];
}

export function gcePersistentDisk({ pdName, partition }: Source<'gcePersistentDisk'>, at: string): FieldError[] {
  return [...present(pdName, `${at}.pdName`), ...byteSized(partition, `${at}.partition`)];
}

export function awsElasticBlockStore(source: Source<'awsElasticBlockStore'>, at: string): FieldError[] {
  return [...present(source.volumeID, `${at}.volumeID`), ...byteSized(source.partition, `${at}.partition`)];
}

export function nfs({ server, path }: Source<'nfs'>, at: string): FieldError[] {
  const errors = [...present(server, `${at}.server`), ...present(path, `${at}.path`)];
  if (!path?.startsWith('/')) errors.push(invalid(`${at}.path`, path ?? '', 'must be an absolute path'));
  return errors;
}

const ISCSI_NAMES: Readonly<Record<string, RegExp>> = {
  iqn: /^iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/,
  eui: /^eui\.[A-Za-z0-9]{16}$/,
  naa: /^naa\.[A-Za-z0-9]{32}$/,
};

function iscsiName(name: string, at: string, unknownScheme: string): FieldError[] {
  const pattern = ISCSI_NAMES[name.slice(0, 3)];
  if (pattern === undefined) return [invalid(at, name, unknownScheme)];
  return pattern.test(name) ? [] : [invalid(at, name, 'must be valid format')];
}

const SCHEME_MESSAGE = 'must be valid format starting with iqn, eui, or naa';

export function iscsi(source: Source<'iscsi'>, at: string, unknownScheme = SCHEME_MESSAGE): FieldError[] {
  const { targetPortal, iqn, lun, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source;
  const errors = present(targetPortal, `${at}.targetPortal`);
  if (!iqn) errors.push(required(`${at}.iqn`));
  else addFindings(errors, iscsiName(iqn, `${at}.iqn`, unknownScheme));
  addFindings(errors, byteSized(lun, `${at}.lun`));
  if ((chapAuthDiscovery === true || chapAuthSession === true) && secretRef === undefined)
    errors.push(required(`${at}.secretRef`));
  if (initiatorName !== undefined) addFindings(errors, iscsiName(initiatorName, `${at}.initiatorname`, unknownScheme));
  return errors;
}

export function glusterfs({ endpoints, path }: Source<'glusterfs'>, at: string): FieldError[] {
  return [...present(endpoints, `${at}.endpoints`), ...present(path, `${at}.path`)];
}

export function flocker({ datasetName = '', datasetUUID = '' }: Source<'flocker'>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (datasetName === '' && datasetUUID === '')
    errors.push(required(at, 'one of datasetName and datasetUUID is required'));
  if (datasetName !== '' && datasetUUID !== '')
    errors.push(invalid(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  if (datasetName.includes('/')) errors.push(invalid(`${at}.datasetName`, datasetName, "must not contain '/'"));
  return errors;
}

export function rbd({ monitors, image }: Pick<Source<'rbd'>, 'monitors' | 'image'>, at: string): FieldError[] {
  const errors = (monitors ?? []).length === 0 ? [required(`${at}.monitors`)] : [];
  return [...errors, ...present(image, `${at}.image`)];
}

export function cephfs({ monitors }: Pick<Source<'cephfs'>, 'monitors'>, at: string): FieldError[] {
  return (monitors ?? []).length === 0 ? [required(`${at}.monitors`)] : [];
}

const REGISTRY_MESSAGE = 'must be a host:port pair or multiple pairs separated by commas';

export function quobyte({ registry, tenant = '', volume }: Source<'quobyte'>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!registry) errors.push(required(`${at}.registry`, REGISTRY_MESSAGE));
  else if (tenant.length >= 65)
    errors.push(required(`${at}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else {
    const wrong = registry.split(',').filter((pair) => !/^(\[[^\]]*\]|[^:]*):[^:]*$/.test(pair));
    addFindings(
      errors,
      wrong.map(() => invalid(`${at}.registry`, registry, REGISTRY_MESSAGE)),
    );
  }
  return [...errors, ...present(volume, `${at}.volume`)];
}

export function fc({ targetWWNs = [], wwids = [], lun }: Source<'fc'>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (targetWWNs.length === 0 && wwids.length === 0)
    errors.push(required(`${at}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length > 0 && wwids.length > 0) {
    const detail = 'targetWWNs and wwids can not be specified simultaneously';
    errors.push(invalid(`${at}.targetWWNs`, targetWWNs, detail));
  }
  if (targetWWNs.length > 0 && lun === undefined)
    errors.push(required(`${at}.lun`, 'lun is required if targetWWNs is specified'));
  else if (targetWWNs.length > 0) addFindings(errors, byteSized(lun, `${at}.lun`));
  return errors;
}

export function flexVolume(
  { driver, options = {} }: Pick<Source<'flexVolume'>, 'driver' | 'options'>,
  at: string,
): FieldError[] {
  const errors = present(driver, `${at}.driver`);
  for (const key of Object.keys(options)) {
    const namespace = `.${(key.split('/')[0] ?? '').toLowerCase()}`;
    if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io'))
      errors.push(invalid(`${at}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
  return errors;
}

export function azureFile(
  { secretName, shareName }: Pick<Source<'azureFile'>, 'secretName' | 'shareName'>,
  at: string,
): FieldError[] {
  return [...present(secretName, `${at}.secretName`), ...present(shareName, `${at}.shareName`)];
}

const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite'];
const DISK_KINDS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_URI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

export function azureDisk(
  { diskName, diskURI = '', cachingMode, kind }: Source<'azureDisk'>,
  at: string,
): FieldError[] {
  const errors = [...present(diskName, `${at}.diskName`), ...present(diskURI, `${at}.diskURI`)];
  if (cachingMode !== undefined && !CACHING_MODES.includes(cachingMode))
    errors.push(notSupported(`${at}.cachingMode`, cachingMode, CACHING_MODES));
  if (kind !== undefined && !DISK_KINDS.includes(kind)) errors.push(notSupported(`${at}.kind`, kind, DISK_KINDS));
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/'))
    errors.push(notSupported(`${at}.diskURI`, diskURI, [MANAGED_URI]));
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://'))
    errors.push(notSupported(`${at}.diskURI`, diskURI, [BLOB_URI]));
  return errors;
}

export function vsphereVolume({ volumePath }: Source<'vsphereVolume'>, at: string): FieldError[] {
  return present(volumePath, `${at}.volumePath`);
}

export function photonPersistentDisk({ pdID }: Source<'photonPersistentDisk'>, at: string): FieldError[] {
  return present(pdID, `${at}.pdID`);
}

export function portworxVolume({ volumeID }: Source<'portworxVolume'>, at: string): FieldError[] {
  return present(volumeID, `${at}.volumeID`);
}

export function scaleIO(
  source: { readonly gateway?: string; readonly system?: string; readonly volumeName?: string },
  at: string,
): FieldError[] {
  const { gateway, system, volumeName } = source;
  return [
    ...present(gateway, `${at}.gateway`),
    ...present(system, `${at}.system`),
    ...present(volumeName, `${at}.volumeName`),
  ];
}

export function storageos(
  { volumeName, volumeNamespace }: Pick<Source<'storageos'>, 'volumeName' | 'volumeNamespace'>,
  at: string,
): FieldError[] {
  const errors = volumeName ? dnsLabel(volumeName, `${at}.volumeName`) : [required(`${at}.volumeName`)];
  if (volumeNamespace) addFindings(errors, dnsLabel(volumeNamespace, `${at}.volumeNamespace`));
  return errors;
}

const DRIVER_NAME_LIMIT = 63;

/** The name of a CSI driver. */
export function csiDriverName(name: string | undefined, at: string): FieldError[] {
  const value = name ?? '';
  const errors = present(value, at);
  if (value.length > DRIVER_NAME_LIMIT) errors.push(tooLong(at, DRIVER_NAME_LIMIT));
  return [...errors, ...problemsAt(at, value, dns1123SubdomainProblems(value.toLowerCase()))];
}
