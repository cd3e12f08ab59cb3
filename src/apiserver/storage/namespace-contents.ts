// What every namespace is born with, in the same command: its account `default`, and the ConfigMap with the cluster's CA
// that pods mount. No controller has to follow, so that a pod can be created right after its namespace.
import { randomUUID } from 'node:crypto';
import type { ConfigMap, KubeObject, ResourceDefinition, ServiceAccount } from '../../api/index.ts';
import { defined, rfc3339 } from '../../lib/index.ts';
import type { Write } from '../../store/index.ts';
import { CONTROLLER_MANAGER, trackOther } from '../handlers/field-manager.ts';
import type { Operation } from '../handlers/operation.ts';
import { toEnvelope } from './codec.ts';
import { objectKey } from './keys.ts';

export const ROOT_CA_CONFIG_MAP = 'kube-root-ca.crt';
export const DEFAULT_ACCOUNT = 'default';
const CA_DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc.';

/** The writes that go along with the creation of a namespace; none for any other object. */
export function namespaceContents(operation: Operation, object: KubeObject): Write[] {
  const { definition, server } = operation;
  if (definition.group !== '' || definition.kind !== 'Namespace') return [];
  const namespace = object.metadata?.name ?? '';
  const { registry, clusterCa, clock } = server.options;
  const metadata = (name: string): NonNullable<KubeObject['metadata']> => ({
    name,
    namespace,
    uid: randomUUID(),
    creationTimestamp: rfc3339(clock.now()),
  });
  const account: ServiceAccount = { kind: 'ServiceAccount', apiVersion: 'v1', metadata: metadata(DEFAULT_ACCOUNT) };
  const bundle: ConfigMap = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { ...metadata(ROOT_CA_CONFIG_MAP), annotations: { 'kubernetes.io/description': CA_DESCRIPTION } },
    // Over plain HTTP there is nothing to verify: the file is there, and empty, so that every pod can mount it.
    data: { 'ca.crt': clusterCa ?? '' },
  };
  const nowMs = clock.now();
  return [
    putOf(defined(registry.find('', 'v1', 'serviceaccounts'), 'service accounts'), account, nowMs),
    putOf(defined(registry.find('', 'v1', 'configmaps'), 'config maps'), bundle, nowMs),
  ];
}

function putOf(definition: ResourceDefinition, object: KubeObject, nowMs: number): Write {
  trackOther(definition, undefined, object, { manager: CONTROLLER_MANAGER, subresource: '', nowMs });
  const { namespace = '', name = '' } = object.metadata ?? {};
  return { kind: 'put', key: objectKey(definition, namespace, name), envelope: toEnvelope(definition, object) };
}
