// The resources that our components speak, each with the type of its objects. A constant is all a request needs to find
// its path; other resources can be named the same way by whoever needs them.
import type {
  Binding,
  ConfigMap,
  CoreEvent,
  Deployment,
  EndpointSlice,
  Endpoints,
  KubeObject,
  Lease,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  ResourceQuota,
  Secret,
  Served,
  Service,
  ServiceAccount,
} from '../api/index.ts';
import type { ObjectKey, ObjectName, ResourceRef } from './types.ts';

export const PODS: ResourceRef<Pod> = core('pods', 'Pod');
export const NODES: ResourceRef<Node> = core('nodes', 'Node', false);
export const NAMESPACES: ResourceRef<Namespace> = core('namespaces', 'Namespace', false);
export const SERVICES: ResourceRef<Service> = core('services', 'Service');
export const ENDPOINTS: ResourceRef<Endpoints> = core('endpoints', 'Endpoints');
export const CONFIG_MAPS: ResourceRef<ConfigMap> = core('configmaps', 'ConfigMap');
export const REPLICATION_CONTROLLERS: ResourceRef<ReplicationController> = core(
  'replicationcontrollers',
  'ReplicationController',
);
export const SECRETS: ResourceRef<Secret> = core('secrets', 'Secret');
/** core/v1 Events: what `kubectl describe` and `kubectl get events` read. */
export const EVENTS: ResourceRef<CoreEvent> = core('events', 'Event');
export const RESOURCE_QUOTAS: ResourceRef<ResourceQuota> = core('resourcequotas', 'ResourceQuota');
export const SERVICE_ACCOUNTS: ResourceRef<ServiceAccount> = core('serviceaccounts', 'ServiceAccount');
export const PERSISTENT_VOLUMES: ResourceRef<PersistentVolume> = core('persistentvolumes', 'PersistentVolume', false);
export const PERSISTENT_VOLUME_CLAIMS: ResourceRef<PersistentVolumeClaim> = core(
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
);
export const DEPLOYMENTS: ResourceRef<Deployment> = grouped('apps', 'deployments', 'Deployment');
export const REPLICA_SETS: ResourceRef<ReplicaSet> = grouped('apps', 'replicasets', 'ReplicaSet');
export const LEASES: ResourceRef<Lease> = grouped('coordination.k8s.io', 'leases', 'Lease');
export const ENDPOINT_SLICES: ResourceRef<EndpointSlice> = grouped(
  'discovery.k8s.io',
  'endpointslices',
  'EndpointSlice',
);
export const POD_DISRUPTION_BUDGETS: ResourceRef<PodDisruptionBudget> = grouped(
  'policy',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);

function core<T extends KubeObject>(plural: string, kind: string, namespaced = true): ResourceRef<T> {
  return { group: '', version: 'v1', plural, kind, namespaced };
}

function grouped<T extends KubeObject>(group: string, plural: string, kind: string): ResourceRef<T> {
  return { group, version: 'v1', plural, kind, namespaced: true };
}

/** `v1`, `apps/v1`: what apiVersion says in an object of this resource. */
export function apiVersionOf(ref: ResourceRef<KubeObject>): string {
  return ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
}

/** The name of an object that has one; parts that are absent are ''. */
export function nameOf(object: KubeObject): ObjectName {
  return { namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' };
}

/** The work-queue key of an object: `namespace/name`, or `name` when it has no namespace. */
export function keyOf(object: KubeObject): ObjectKey {
  return keyOfName(nameOf(object));
}

export function keyOfName({ namespace, name }: ObjectName): ObjectKey {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The inverse of keyOf. */
export function nameOfKey(key: ObjectKey): ObjectName {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Whether two versions of an object are of the same incarnation. */
export function sameObject(a: Served<KubeObject>, b: Served<KubeObject>): boolean {
  return a.metadata.uid === b.metadata.uid;
}

/** A Binding: what `createSubresource(PODS, pod, 'binding', …)` sends. */
export function bindingOf(pod: Served<Pod>, node: string): Binding {
  return {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  };
}
