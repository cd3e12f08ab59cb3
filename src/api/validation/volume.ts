// The rules of a pod's volumes: names, and exactly one source each, which must be complete.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, isFull, problemsAt, required } from '../field-error.ts';
import type { ObjectMeta } from '../object.ts';
import { parseQuantity } from '../quantity.ts';
import type { Volume } from '../types.ts';
import { validateClaimSpec } from './claim.ts';
import { dnsLabel, dnsSubdomain, present } from './findings.ts';
import { validateAnnotations, validateLabels } from './labels.ts';
import { dns1123SubdomainProblems } from './names.ts';
import { oneOf } from './numbers.ts';
import { descendingPath } from './paths.ts';
import { downwardFile, fileMode, keyToPath, projected } from './projected-volume.ts';
import * as sources from './volume-sources.ts';

type Sources = Required<Omit<Volume, 'name'>>;
type SourceRule<Name extends keyof Sources> = (source: Sources[Name], at: string) => FieldError[];
type SourceRules = { readonly [Name in keyof Sources]: SourceRule<Name> };

/** In Kubernetes' order: of several sources the first is taken for the one that was meant. */
const SOURCES: SourceRules = {
  emptyDir: ({ sizeLimit }, at) =>
    (parseQuantity(sizeLimit ?? '0')?.nanos ?? 0n) < 0n
      ? [forbidden(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: sources.hostPath,
  gitRepo: ({ repository, directory = '' }, at) => [
    ...present(repository, `${at}.repository`),
    ...descendingPath(directory, `${at}.directory`),
  ],
  gcePersistentDisk: sources.gcePersistentDisk,
  awsElasticBlockStore: sources.awsElasticBlockStore,
  secret: ({ secretName, defaultMode, items = [] }, at) => [
    ...present(secretName, `${at}.secretName`),
    ...fileMode(defaultMode, `${at}.defaultMode`),
    ...items.flatMap((item, index) => keyToPath(item, `${at}.items[${index}]`)),
  ],
  nfs: sources.nfs,
  iscsi: sources.iscsi,
  glusterfs: sources.glusterfs,
  flocker: sources.flocker,
  persistentVolumeClaim: ({ claimName }, at) => present(claimName, `${at}.claimName`),
  rbd: sources.rbd,
  cinder: ({ volumeID, secretRef }, at) => [
    ...present(volumeID, `${at}.volumeID`),
    ...(secretRef === undefined ? [] : present(secretRef.name, `${at}.secretRef.name`)),
  ],
  cephfs: sources.cephfs,
  quobyte: sources.quobyte,
  downwardAPI: ({ defaultMode, items = [] }, at) => [
    ...fileMode(defaultMode, `${at}.defaultMode`),
    ...items.flatMap((file) => downwardFile(file, at)),
  ],
  fc: sources.fc,
  flexVolume: sources.flexVolume,
  configMap: ({ name, defaultMode, items = [] }, at) => [
    ...present(name, `${at}.name`),
    ...fileMode(defaultMode, `${at}.defaultMode`),
    ...items.flatMap((item, index) => keyToPath(item, `${at}.items[${index}]`)),
  ],
  azureFile: sources.azureFile,
  vsphereVolume: sources.vsphereVolume,
  photonPersistentDisk: sources.photonPersistentDisk,
  portworxVolume: sources.portworxVolume,
  azureDisk: sources.azureDisk,
  storageos: (source, at) => [
    ...sources.storageos(source, at),
    ...(source.secretRef === undefined ? [] : present(source.secretRef.name, `${at}.secretRef.name`)),
  ],
  projected,
  scaleIO: sources.scaleIO,
  csi: ({ driver, nodePublishSecretRef: secret }, at) => [
    ...sources.csiDriverName(driver, `${at}.driver`),
    ...(secret === undefined ? [] : present(secret.name, `${at}.nodePublishSecretRef.name`)),
    ...(secret?.name ? dnsSubdomain(secret.name, `${at}.name`) : []),
  ],
  ephemeral: ({ volumeClaimTemplate }, at) =>
    volumeClaimTemplate === undefined
      ? [required(`${at}.volumeClaimTemplate`)]
      : claimTemplate(volumeClaimTemplate, `${at}.volumeClaimTemplate`),
  image: ({ reference, pullPolicy }, at) => [
    ...present(reference, `${at}.reference`),
    ...oneOf(pullPolicy, `${at}.pullPolicy`, ['Always', 'IfNotPresent', 'Never'], 'required'),
  ],
};
const SOURCE_NAMES = Object.keys(SOURCES) as (keyof Sources)[];
/** Paths that Kubernetes writes otherwise than the fields are called. */
const INNER_PATHS: Readonly<Partial<Record<keyof Sources, string>>> = { gcePersistentDisk: 'persistentDisk' };
const SURPLUS_PATHS: Readonly<Partial<Record<keyof Sources, string>>> = {
  cephfs: 'cephFS',
  downwardAPI: 'downwarAPI',
};

type ClaimTemplate = NonNullable<NonNullable<Volume['ephemeral']>['volumeClaimTemplate']>;

function claimTemplate({ metadata, spec }: ClaimTemplate, at: string): FieldError[] {
  const { annotations, labels, ...others } = metadata ?? {};
  const errors = validateAnnotations(annotations, `${at}.metadata.annotations`);
  addFindings(errors, validateLabels(labels, `${at}.metadata.labels`));
  for (const field of Object.keys(others) as (keyof ObjectMeta)[])
    if (metadata?.[field] !== undefined) errors.push(forbidden(`${at}.metadata.${field}`, 'cannot be set'));
  return [...errors, ...validateClaimSpec(spec ?? {}, `${at}.spec`)];
}

/** `podName` is '' for a template's volumes: the names of claims that will be made are not known yet. */
export function validateVolumes(volumes: readonly Volume[], at: string, podName = ''): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const made = new Set(podName === '' ? [] : volumes.filter(isEphemeral).map(({ name }) => `${podName}-${name}`));
  for (const [index, volume] of volumes.entries()) {
    if (isFull(errors)) break;
    const place = `${at}[${index}]`;
    addFindings(errors, validateSource(volume, place, podName));
    addFindings(errors, volume.name ? dnsLabel(volume.name, `${place}.name`) : [required(`${place}.name`)]);
    if (volume.name && names.has(volume.name)) errors.push(duplicate(`${place}.name`, volume.name));
    names.add(volume.name);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && made.has(claim)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(invalid(`${place}.persistentVolumeClaim.claimName`, claim, detail));
    }
  }
  return errors;
}

function isEphemeral({ ephemeral }: Volume): boolean {
  return ephemeral !== undefined;
}

function validateSource(volume: Volume, at: string, podName: string): FieldError[] {
  const [used, ...surplus] = SOURCE_NAMES.filter((name) => volume[name] !== undefined);
  if (used === undefined) return [required(at, 'must specify a volume type')];
  const errors = checkSource(volume, used, `${at}.${INNER_PATHS[used] ?? used}`);
  for (const extra of surplus)
    errors.push(forbidden(`${at}.${SURPLUS_PATHS[extra] ?? extra}`, 'may not specify more than 1 volume type'));
  if (used === 'ephemeral' && podName !== '' && volume.name) {
    const claim = `${podName}-${volume.name}`;
    const problems = dns1123SubdomainProblems(claim).map((problem) => `PVC name ${JSON.stringify(claim)}: ${problem}`);
    addFindings(errors, problemsAt(`${at}.name`, volume.name, problems));
  }
  if (volume.iscsi?.initiatorName !== undefined && `${volume.name}:${volume.iscsi.targetPortal}`.length > 64)
    errors.push(invalid(`${at}.name`, volume.name, ISCSI_NAME_MESSAGE));
  return errors;
}

export const ISCSI_NAME_MESSAGE =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

function checkSource<Name extends keyof Sources>(volume: Partial<Sources>, name: Name, at: string): FieldError[] {
  const source = volume[name];
  const rule: SourceRule<Name> = SOURCES[name];
  return source === undefined ? [] : rule(source, at);
}
