// The informers of the process, made once and warm before it leads. A controller lives as long as one leadership, so its
// handlers are added with the signal of that leadership, and leave nothing behind in an informer that lives on.
import type {
  ConfigMap,
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
  Service,
  ServiceAccount,
} from '../api/index.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  type Informer,
  type InformerFactory,
  type InformerOptions,
  LEASES,
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  RESOURCE_QUOTAS,
  type ResourceRef,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../client/index.ts';
import { ROOT_CA } from './serviceaccount/plan.ts';
import { controllerOf } from './shared/owners.ts';

/** Index of pods by spec.nodeName. */
export const BY_NODE = 'node';
/** Index of pods and ReplicaSets by the uid of the object that controls them; '' holds the orphans. */
export const BY_CONTROLLER = 'controller';
/** Index of slices by `namespace/service`. */
export const BY_SERVICE = 'service';

export interface Caches {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly leases: Informer<Lease>;
  readonly namespaces: Informer<Namespace>;
  readonly services: Informer<Service>;
  readonly endpoints: Informer<Endpoints>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly deployments: Informer<Deployment>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly replicationControllers: Informer<ReplicationController>;
  readonly podDisruptionBudgets: Informer<PodDisruptionBudget>;
  readonly resourceQuotas: Informer<ResourceQuota>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  readonly persistentVolumes: Informer<PersistentVolume>;
  readonly persistentVolumeClaims: Informer<PersistentVolumeClaim>;
  /** Only those with the cluster's CA, of which each namespace has one: what people keep in the others is of no interest. */
  readonly rootCas: Informer<ConfigMap>;
  /** The one of the above that holds all objects of a resource; undefined: none does. */
  complete(ref: ResourceRef<KubeObject>): Informer<KubeObject> | undefined;
}

/** Asks the factory for every cache the controllers use. Nothing runs before the factory is started. */
export function createCaches(factory: InformerFactory): Caches {
  const known = new Map<string, Informer<KubeObject>>();
  const make = <T extends KubeObject>(ref: ResourceRef<T>, options?: InformerOptions<T>): Informer<T> => {
    const informer = factory.informer(ref, options);
    if (options?.fieldSelector === undefined) known.set(resourceKey(ref), informer as unknown as Informer<KubeObject>);
    return informer;
  };
  const byController = (object: KubeObject): readonly string[] => [controllerOf(object)?.uid ?? ''];
  return {
    pods: make(PODS, {
      indexes: { [BY_NODE]: (pod) => [pod.spec?.nodeName ?? ''], [BY_CONTROLLER]: byController },
    }),
    nodes: make(NODES),
    leases: make(LEASES),
    namespaces: make(NAMESPACES),
    services: make(SERVICES),
    endpoints: make(ENDPOINTS),
    endpointSlices: make(ENDPOINT_SLICES, { indexes: { [BY_SERVICE]: serviceOfSlice } }),
    deployments: make(DEPLOYMENTS),
    replicaSets: make(REPLICA_SETS, { indexes: { [BY_CONTROLLER]: byController } }),
    replicationControllers: make(REPLICATION_CONTROLLERS),
    podDisruptionBudgets: make(POD_DISRUPTION_BUDGETS),
    resourceQuotas: make(RESOURCE_QUOTAS),
    serviceAccounts: make(SERVICE_ACCOUNTS),
    persistentVolumes: make(PERSISTENT_VOLUMES),
    persistentVolumeClaims: make(PERSISTENT_VOLUME_CLAIMS),
    rootCas: make(CONFIG_MAPS, { fieldSelector: `metadata.name=${ROOT_CA}` }),
    complete: (ref) => known.get(resourceKey(ref)),
  };
}

/** group/plural: versions of a resource are the same objects. */
export function resourceKey(ref: ResourceRef<KubeObject>): string {
  return `${ref.group}/${ref.plural}`;
}

/** The keys that a slice is indexed by: the Service it names, if any. */
function serviceOfSlice(slice: EndpointSlice): readonly string[] {
  const service = slice.metadata?.labels?.['kubernetes.io/service-name'];
  return service === undefined ? [] : [`${slice.metadata?.namespace ?? ''}/${service}`];
}
