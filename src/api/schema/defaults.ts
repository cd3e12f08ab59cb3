// Defaults by type, wherever the type occurs: a container's in a pod and in a deployment's template alike. Defaults that
// hold for one kind only are its strategy's. Setting them twice changes nothing.
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { relevance } from './required.ts';
import type { Shape, TypeSchema } from './shapes.ts';

/** Raised whenever a default below or in a strategy changes: it is part of the schema's hash. */
export const DEFAULTS_REVISION = 5;

export type Defaulter = (value: JsonObject) => void;

export function compileDefaults(
  lookup: (name: string) => TypeSchema | undefined,
): (type: string) => Defaulter | undefined {
  const compiled = new Map<string, Defaulter>();
  const relevant = relevance(lookup, (type) => Object.hasOwn(TYPE_DEFAULTS, type.name));

  const ofType = (name: string): Defaulter | undefined => {
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const type = lookup(name);
    if (type === undefined || !relevant(name)) return undefined;
    const own = Object.hasOwn(TYPE_DEFAULTS, name) ? TYPE_DEFAULTS[name] : undefined;
    const inner: { readonly name: string; readonly visit: (value: Json) => void }[] = [];
    const apply: Defaulter = (value) => {
      own?.(value);
      for (const field of inner) {
        const member = value[field.name];
        if (member !== undefined) field.visit(member);
      }
    };
    compiled.set(name, apply);
    for (const field of type.fields.values()) {
      const visit = ofShape(field.shape);
      if (visit !== undefined) inner.push({ name: field.name, visit });
    }
    return apply;
  };

  const ofShape = (shape: Shape): ((value: Json) => void) | undefined => {
    if (shape.kind === 'scalar') return undefined;
    if (shape.kind === 'type') {
      const apply = ofType(shape.type);
      return apply && ((value) => isJsonObject(value) && apply(value));
    }
    const item = ofShape(shape.item);
    if (item === undefined) return undefined;
    return (value) => {
      if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) item(member);
    };
  };
  return ofType;
}

/** Sets what is absent, and what is '' where the default is a text: Go cannot tell the two apart. */
function constants(defaults: JsonObject): Defaulter {
  const entries = Object.entries(defaults);
  return (value) => {
    for (const [field, content] of entries) {
      const present = value[field];
      if (present === undefined || (present === '' && typeof content === 'string')) {
        value[field] = typeof content === 'object' ? structuredClone(content) : content;
      } else if (present === 0 && typeof content === 'number' && ZERO_MEANS_UNSET.has(field)) {
        value[field] = content;
      }
    }
  };
}
const ZERO_MEANS_UNSET = new Set(['timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']);

const container = constants({ terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' });
const anyContainer: Defaulter = (value) => {
  container(value);
  // An empty image is refused by validation; it has no tag to decide by.
  value['imagePullPolicy'] ||= pullPolicyOf(value['image']);
  value['resources'] ??= {};
};

function pullPolicyOf(image: Json | undefined): string {
  return tagOf(String(image ?? '')) === 'latest' ? 'Always' : 'IfNotPresent';
}

/** The tag of an image reference: `latest` when there is neither tag nor digest, '' for a digest alone. */
export function tagOf(image: string): string {
  const [name = '', digest] = image.split('@');
  const colon = name.lastIndexOf(':');
  if (colon > name.lastIndexOf('/')) return name.slice(colon + 1);
  return digest === undefined ? 'latest' : '';
}

const VOLUME_SOURCE_COUNT = 1;
const volume: Defaulter = (value) => {
  if (Object.keys(value).length <= VOLUME_SOURCE_COUNT && value['name'] !== undefined) value['emptyDir'] = {};
};
const defaultMode = constants({ defaultMode: 0o644 });

const podSpecConstants = constants({
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  securityContext: {},
  schedulerName: 'default-scheduler',
});

/** The service account has an older name too, which old clients read: it says the same, in pods and in their templates. */
function podSpec(spec: JsonObject): void {
  podSpecConstants(spec);
  const account = spec['serviceAccountName'] || spec['serviceAccount'];
  if (account) spec['serviceAccount'] = spec['serviceAccountName'] = account;
}

const CORE = 'io.k8s.api.core.v1';
const STORAGE = 'io.k8s.api.storage.v1';
const TYPE_DEFAULTS: Readonly<Record<string, Defaulter>> = {
  [`${CORE}.Container`]: anyContainer,
  [`${CORE}.EphemeralContainer`]: anyContainer,
  [`${CORE}.ContainerPort`]: constants({ protocol: 'TCP' }),
  [`${CORE}.EndpointPort`]: constants({ protocol: 'TCP' }),
  [`${CORE}.Probe`]: constants({ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }),
  [`${CORE}.HTTPGetAction`]: constants({ path: '/', scheme: 'HTTP' }),
  [`${CORE}.GRPCAction`]: constants({ service: '' }),
  [`${CORE}.PodSpec`]: podSpec,
  [`${CORE}.Volume`]: volume,
  [`${CORE}.SecretVolumeSource`]: defaultMode,
  [`${CORE}.ConfigMapVolumeSource`]: defaultMode,
  [`${CORE}.DownwardAPIVolumeSource`]: defaultMode,
  [`${CORE}.ProjectedVolumeSource`]: defaultMode,
  [`${CORE}.ImageVolumeSource`]: (value) => {
    value['pullPolicy'] ||= pullPolicyOf(value['reference']);
  },
  [`${CORE}.HostPathVolumeSource`]: constants({ type: '' }),
  [`${CORE}.ServiceAccountTokenProjection`]: constants({ expirationSeconds: 3600 }),
  [`${CORE}.ObjectFieldSelector`]: constants({ apiVersion: 'v1' }),
  [`${CORE}.ResourceFieldSelector`]: constants({ divisor: '0' }),
  [`${CORE}.ISCSIVolumeSource`]: constants({ iscsiInterface: 'default' }),
  [`${CORE}.RBDVolumeSource`]: constants({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }),
  [`${CORE}.ScaleIOVolumeSource`]: constants({ storageMode: 'ThinProvisioned', fsType: 'xfs' }),
  [`${CORE}.PersistentVolumeClaimSpec`]: constants({ volumeMode: 'Filesystem' }),
  [`${CORE}.PersistentVolumeSpec`]: constants({ persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }),
  [`${CORE}.PersistentVolumeStatus`]: constants({ phase: 'Pending' }),
  [`${CORE}.PersistentVolumeClaimStatus`]: constants({ phase: 'Pending' }),
  [`${CORE}.AzureDiskVolumeSource`]: constants({
    cachingMode: 'ReadWrite',
    kind: 'Shared',
    fsType: 'ext4',
    readOnly: false,
  }),
  [`${CORE}.ISCSIPersistentVolumeSource`]: constants({ iscsiInterface: 'default' }),
  [`${CORE}.RBDPersistentVolumeSource`]: constants({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }),
  [`${CORE}.ScaleIOPersistentVolumeSource`]: constants({ storageMode: 'ThinProvisioned', fsType: 'xfs' }),
  [`${STORAGE}.StorageClass`]: constants({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  [`${STORAGE}.CSIDriver`]: constants({ spec: {} }),
  [`${STORAGE}.CSINode`]: constants({ spec: {} }),
  [`${STORAGE}.CSINodeSpec`]: constants({ drivers: [] }),
  [`${STORAGE}.CSIDriverSpec`]: constants({
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: ['Persistent'],
    requiresRepublish: false,
    seLinuxMount: false,
  }),
};
