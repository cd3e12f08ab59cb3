// The rules of what a container sees of the pod's volumes: as files (mounts) or as block devices.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notFound, notSupported } from '../field-error.ts';
import type { Container, Volume, VolumeDevice, VolumeMount } from '../types.ts';
import { present } from './findings.ts';
import { descendingPath, noBacksteps } from './paths.ts';

type Mounting = Pick<Container, 'securityContext' | 'volumeDevices' | 'volumeMounts'>;

export function validateMounts(container: Mounting, at: string, volumes: ReadonlyMap<string, Volume>): FieldError[] {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [index, mount] of mounts.entries()) {
    const place = `${at}[${index}]`;
    const { name, mountPath } = mount;
    addFindings(errors, present(name, `${place}.name`));
    if (!volumes.has(name)) errors.push(notFound(`${place}.name`, name ?? ''));
    addFindings(errors, present(mountPath, `${place}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalid(`${place}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    if (devices.some((device) => device.name === name))
      errors.push(invalid(`${place}.name`, name, 'must not already exist in volumeDevices'));
    if (devices.some(({ devicePath }) => devicePath === mountPath))
      errors.push(invalid(`${place}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    addFindings(errors, validateSubPaths(mount, place, at));
    addFindings(errors, validatePropagation(mount, at, container.securityContext?.privileged === true));
  }
  return errors;
}

/** Kubernetes names the list, not the mount, where the path itself is wrong. */
function validateSubPaths({ subPath, subPathExpr }: VolumeMount, place: string, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (subPath) addFindings(errors, descendingPath(subPath, `${at}.subPath`));
  if (!subPathExpr) return errors;
  if (subPath)
    errors.push(invalid(`${place}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  return [...errors, ...descendingPath(subPathExpr, `${at}.subPathExpr`)];
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIONS = ['Disabled', 'Enabled', 'IfPossible'];

function validatePropagation(mount: VolumeMount, at: string, privileged: boolean): FieldError[] {
  const { mountPropagation, recursiveReadOnly, readOnly } = mount;
  const errors: FieldError[] = [];
  if (mountPropagation !== undefined && !PROPAGATIONS.includes(mountPropagation))
    errors.push(notSupported(`${at}.mountPropagation`, mountPropagation, PROPAGATIONS));
  if (mountPropagation === 'Bidirectional' && !privileged) {
    const detail = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbidden(`${at}.mountPropagation`, detail));
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return errors;
  const place = `${at}.recursiveReadOnly`;
  if (!RECURSIONS.includes(recursiveReadOnly)) return [...errors, notSupported(place, recursiveReadOnly, RECURSIONS)];
  if (readOnly !== true) errors.push(forbidden(place, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None')
    errors.push(forbidden(place, 'may only be specified when mountPropagation is None or not specified'));
  return errors;
}

export function validateDevices(container: Mounting, at: string, volumes: ReadonlyMap<string, Volume>): FieldError[] {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [index, device] of devices.entries()) {
    const place = `${at}[${index}]`;
    const { name, devicePath } = device;
    addFindings(errors, validateDevice(device, place, volumes));
    if (names.has(name)) errors.push(invalid(`${place}.name`, name, 'must be unique'));
    if (paths.has(devicePath)) errors.push(invalid(`${place}.devicePath`, devicePath, 'must be unique'));
    names.add(name);
    paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name))
      errors.push(invalid(`${place}.name`, name, 'must not already exist in volumeMounts'));
    if (mounts.some(({ mountPath }) => mountPath === devicePath))
      errors.push(invalid(`${place}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'));
  }
  return errors;
}

function validateDevice(
  { name, devicePath }: VolumeDevice,
  at: string,
  volumes: ReadonlyMap<string, Volume>,
): FieldError[] {
  const errors = present(name, `${at}.name`);
  const volume = volumes.get(name);
  if (volume === undefined) errors.push(notFound(`${at}.name`, name ?? ''));
  else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
    const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
    errors.push(invalid(`${at}.name`, name, detail));
  }
  addFindings(errors, present(devicePath, `${at}.devicePath`));
  if (devicePath && noBacksteps(devicePath, at).length > 0)
    errors.push(invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
  return errors;
}
