// ServiceAccount: a pod runs as an account of its namespace, and its containers find a token, the cluster's CA and the
// namespace where clients look for them. The account's existence becomes a condition of the commit.
import {
  type Container,
  forbiddenError,
  type Pod,
  type ResourceDefinition,
  type ServiceAccount,
  safeSuffix,
  type Volume,
} from '../../api/index.ts';
import { type Condition, type Snapshot, storeKey } from '../../store/index.ts';
import { fromStored } from '../storage/codec.ts';
import { ROOT_CA_CONFIG_MAP } from '../storage/namespace-contents.ts';
import type { AdmissionPlugin } from './plugin.ts';

export const TOKEN_MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_VOLUME_PREFIX = 'kube-api-access-';
/** Kubernetes asks for an hour and 7 seconds, so that its own tokens can be told from others'. */
const TOKEN_SECONDS = 3_607;
const VOLUME_MODE = 0o644;
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export const SERVICE_ACCOUNT: AdmissionPlugin = {
  of: ['pods'],
  on: ['create'],
  admit({ operation, object, snapshot }, { conditions }) {
    const { definition, server } = operation;
    conditions.push(...admitServiceAccount(definition, object as Pod, snapshot, () => server.options.random.uint32()));
  },
};

/** Changes `pod` in place. Throws ApiError 403 without the account. */
function admitServiceAccount(
  definition: ResourceDefinition,
  pod: Pod,
  snapshot: Snapshot,
  random: () => number,
): readonly Condition[] {
  const { spec } = pod;
  // A mirror pod reports what a node runs by itself: nothing may be added to it.
  if (spec === undefined || pod.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) return [];
  const namespace = pod.metadata?.namespace ?? '';
  const name = spec.serviceAccountName || spec.serviceAccount || 'default';
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
  const account = accountOf(definition, pod, namespace, name, snapshot);
  const mounts = spec.automountServiceAccountToken ?? account.object.automountServiceAccountToken ?? true;
  if (mounts) mountToken(pod, random);
  if ((spec.imagePullSecrets ?? []).length === 0 && account.object.imagePullSecrets !== undefined)
    spec.imagePullSecrets = account.object.imagePullSecrets;
  return [account.condition];
}

function accountOf(
  definition: ResourceDefinition,
  pod: Pod,
  namespace: string,
  name: string,
  snapshot: Snapshot,
): { object: ServiceAccount; condition: Condition } {
  const lookUp = `error looking up service account ${namespace}/${name}`;
  const podName = pod.metadata?.name ?? '';
  if (name.includes('/')) throw forbiddenError(definition, podName, `${lookUp}: the name is not valid`);
  const key = storeKey('serviceaccounts', namespace, name);
  const stored = snapshot.get(key);
  if (stored === undefined) throw forbiddenError(definition, podName, `${lookUp}: serviceaccount "${name}" not found`);
  return { object: fromStored<ServiceAccount>(stored), condition: { kind: 'exists', key } };
}

function mountToken(pod: Pod, random: () => number): void {
  const { spec } = pod;
  if (spec === undefined) return;
  const containers: Container[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const lacking = containers.filter(
    (container) => !(container.volumeMounts ?? []).some((mount) => mount.mountPath === TOKEN_MOUNT_PATH),
  );
  if (lacking.length === 0) return;
  const existing = (spec.volumes ?? []).find((volume) => volume.name.startsWith(TOKEN_VOLUME_PREFIX));
  const name = existing?.name ?? `${TOKEN_VOLUME_PREFIX}${safeSuffix(5, random)}`;
  if (existing === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
  for (const container of lacking) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_MOUNT_PATH }];
  }
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: VOLUME_MODE,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: ROOT_CA_CONFIG_MAP, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}
