// The rules of volumes whose files Kubernetes writes itself: secrets, config maps, the pod's own fields, tokens, and all of
// them projected into one volume.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, problemsAt, required } from '../field-error.ts';
import type { EnvVar, Volume } from '../types.ts';
import { present, qualifiedName } from './findings.ts';
import { validateLabelSelector } from './labels.ts';
import { dns1123SubdomainProblems } from './names.ts';
import { oneOf } from './numbers.ts';
import { localPath } from './paths.ts';

type DownwardFile = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];
type KeyToPath = NonNullable<NonNullable<Volume['configMap']>['items']>[number];
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];
export type FieldRef = NonNullable<NonNullable<EnvVar['valueFrom']>['fieldRef']>;
export type ResourceFieldRef = NonNullable<NonNullable<EnvVar['valueFrom']>['resourceFieldRef']>;

const MODE_MESSAGE = 'must be a number between 0 and 0777 (octal), both inclusive';

export function fileMode(mode: number | undefined, at: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(at, mode, MODE_MESSAGE)] : [];
}

export function keyToPath({ key, path, mode }: KeyToPath, at: string): FieldError[] {
  const errors = [...present(key, `${at}.key`), ...present(path, `${at}.path`)];
  addFindings(errors, localPath(path ?? '', `${at}.path`), fileMode(mode, `${at}.mode`));
  return errors;
}

const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** A field of the pod, as the downward API offers it; `known` are those without a subscript. */
export function fieldRef(reference: FieldRef, at: string, known: readonly string[]): FieldError[] {
  const path = reference.fieldPath;
  if (!path) return [required(`${at}.fieldPath`)];
  const subscript = /^(metadata\.(?:labels|annotations))\['([^']*)'\]$/.exec(path);
  if (subscript !== null) {
    const key = subscript[2] ?? '';
    return qualifiedName(subscript[1] === 'metadata.annotations' ? key.toLowerCase() : key, at);
  }
  return known.includes(path) ? [] : [notSupported(`${at}.fieldPath`, path, known)];
}

const RESOURCE_FIELDS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const DIVISORS: Readonly<Record<string, { readonly values: readonly string[]; readonly text: string }>> = {
  cpu: { values: ['1m', '1'], text: 'values 1m and 1 are supported with the cpu resource' },
  memory: { values: BYTE_DIVISORS, text: `values ${BYTE_DIVISORS.join(', ')} are supported with the memory resource` },
  'ephemeral-storage': {
    values: BYTE_DIVISORS,
    text: `values ${BYTE_DIVISORS.join(', ')} are supported with the local ephemeral storage resource`,
  },
  hugepages: {
    values: BYTE_DIVISORS,
    text: `values ${BYTE_DIVISORS.join(', ')} are supported with the hugepages resource`,
  },
};

/** A container's resource in the downward API; only an environment variable may leave out whose. */
export function resourceFieldRef(
  reference: ResourceFieldRef,
  at: string,
  containerName: 'optional' | 'required',
): FieldError[] {
  const { resource, divisor = '0' } = reference;
  const errors: FieldError[] = [];
  const pages = /^(requests|limits)\.hugepages-/.test(resource);
  if (containerName === 'required' && !reference.containerName) errors.push(required(`${at}.containerName`));
  else if (!resource) errors.push(required(`${at}.resource`));
  else if (!RESOURCE_FIELDS.includes(resource) && !pages)
    errors.push(notSupported(`${at}.resource`, resource, RESOURCE_FIELDS));
  const rule = DIVISORS[pages ? 'hugepages' : (resource ?? '').replace(/^(requests|limits)\./, '')];
  if (divisor !== '0' && rule !== undefined && !rule.values.includes(divisor))
    errors.push(invalid(`${at}.divisor`, resource, `only divisor's ${rule.text}`));
  return errors;
}

export function downwardFile(file: DownwardFile, at: string): FieldError[] {
  const errors = present(file.path, `${at}.path`);
  addFindings(errors, localPath(file.path ?? '', `${at}.path`));
  if (file.fieldRef !== undefined) {
    addFindings(errors, fieldRef(file.fieldRef, `${at}.fieldRef`, VOLUME_FIELDS));
    if (file.resourceFieldRef !== undefined) {
      const detail = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(invalid(at, 'resource', detail));
    }
  } else if (file.resourceFieldRef !== undefined) {
    addFindings(errors, resourceFieldRef(file.resourceFieldRef, `${at}.resourceFieldRef`, 'required'));
  } else {
    errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'));
  }
  return [...errors, ...fileMode(file.mode, `${at}.mode`)];
}

const PROJECTIONS = [
  'secret',
  'configMap',
  'downwardAPI',
  'serviceAccountToken',
  'clusterTrustBundle',
  'podCertificate',
] as const;

export function projected({ defaultMode, sources = [] }: NonNullable<Volume['projected']>, at: string): FieldError[] {
  const errors = fileMode(defaultMode, `${at}.defaultMode`);
  const paths = new Set<string>();
  for (const [index, source] of sources.entries()) {
    const place = `${at}.sources[${index}]`;
    addFindings(errors, filesOf(source, place, at));
    for (const { path, value } of pathsOf(source)) {
      if (paths.has(path)) errors.push(invalid(at, value, 'conflicting duplicate paths'));
      paths.add(path);
    }
    if (PROJECTIONS.filter((name) => source[name] !== undefined).length > 1)
      errors.push(forbidden(place, 'may not specify more than 1 volume type per source'));
  }
  return errors;
}

/** Where a projection writes, with the value that Kubernetes shows when somebody else writes there too. */
function pathsOf(source: Projection): { readonly path: string; readonly value: string }[] {
  const { secret, configMap, downwardAPI, clusterTrustBundle } = source;
  const keyed = [secret, configMap].flatMap((one) =>
    (one?.items ?? []).map(({ path }) => ({ path, value: one?.name ?? '' })),
  );
  const own = [...(downwardAPI?.items ?? []), ...(clusterTrustBundle === undefined ? [] : [clusterTrustBundle])];
  return [...keyed, ...own.map(({ path }) => ({ path, value: path }))].filter(({ path }) => Boolean(path));
}

function filesOf(source: Projection, at: string, volumeAt: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['secret', 'configMap'] as const) {
    const one = source[name];
    if (one === undefined) continue;
    addFindings(errors, present(one.name, `${at}.${name}.name`));
    for (const [index, item] of (one.items ?? []).entries())
      addFindings(errors, keyToPath(item, `${at}.${name}.items[${index}]`));
  }
  for (const file of source.downwardAPI?.items ?? []) addFindings(errors, downwardFile(file, `${at}.downwardAPI`));
  const { serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  if (serviceAccountToken !== undefined)
    addFindings(errors, tokenFile(serviceAccountToken, `${at}.serviceAccountToken`, volumeAt));
  if (clusterTrustBundle !== undefined)
    addFindings(errors, trustBundle(clusterTrustBundle, `${at}.clusterTrustBundle`));
  if (podCertificate !== undefined) addFindings(errors, certificate(podCertificate, `${at}.podCertificate`));
  return errors;
}

const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 2 ** 32;

function tokenFile(token: NonNullable<Projection['serviceAccountToken']>, at: string, volumeAt: string): FieldError[] {
  const { expirationSeconds: seconds = 0, path } = token;
  const errors: FieldError[] = [];
  if (seconds < TOKEN_SECONDS_MIN)
    errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > TOKEN_SECONDS_MAX)
    errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
  addFindings(errors, path ? localPath(path, `${volumeAt}.path`) : [required(`${volumeAt}.path`)]);
  return errors;
}

function trustBundle(bundle: NonNullable<Projection['clusterTrustBundle']>, at: string): FieldError[] {
  const { name, signerName, labelSelector, path } = bundle;
  const errors: FieldError[] = [];
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalid(at, bundle, 'only one of name and signerName may be used'));
  } else if (name !== undefined) {
    if (name === '') errors.push(required(`${at}.name`, 'must be a valid object name'));
    // The part before the last colon names a signer.
    const problems = dns1123SubdomainProblems(name.slice(name.lastIndexOf(':') + 1));
    addFindings(
      errors,
      problemsAt(
        `${at}.name`,
        name,
        problems.map((problem) => `not a valid clustertrustbundlename: ${problem}`),
      ),
    );
    if (labelSelector !== undefined)
      errors.push(invalid(`${at}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified'));
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(`${at}.signerName`, 'must be a valid signer name'));
    addFindings(errors, signer(signerName, `${at}.signerName`));
    addFindings(errors, validateLabelSelector(labelSelector, `${at}.labelSelector`));
  } else {
    errors.push(required(at, 'either name or signerName must be specified'));
  }
  return [...errors, ...present(path, `${at}.path`), ...localPath(path ?? '', `${at}.path`)];
}

/** A signer of certificates: `domain/path`. */
function signer(name: string, at: string): FieldError[] {
  const [domain = '', ...path] = name.split('/');
  if (domain === '' || path.length !== 1 || path[0] === '')
    return [invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  return problemsAt(at, name, dns1123SubdomainProblems(domain));
}

const KEY_TYPES = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096'];

function certificate(source: NonNullable<Projection['podCertificate']>, at: string): FieldError[] {
  const errors = source.signerName ? signer(source.signerName, `${at}.signerName`) : [required(`${at}.signerName`)];
  addFindings(errors, oneOf(source.keyType, `${at}.keyType`, KEY_TYPES, 'required'));
  const files = (['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const).filter((file) => source[file]);
  for (const file of files) addFindings(errors, localPath(source[file] ?? '', `${at}.${file}`));
  if (files.length === 0)
    errors.push(required(at, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'));
  return errors;
}
