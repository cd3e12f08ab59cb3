// The informers of the process, made once and warm before it leads. A controller lives as long as one leadership, so it
// subscribes with the signal of that leadership and leaves nothing behind in an informer that lives on.
import type {
  ConfigMap,
  Deployment,
  EndpointSlice,
  Endpoints,
  KubeObject,
  Lease,
  Namespace,
  Node,
  Pod,
  ReplicaSet,
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
  type InformerHandlers,
  type InformerOptions,
  LEASES,
  type Lister,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  type ResourceRef,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../client/index.ts';
import { controllerOf } from './shared/owners.ts';

/** Index of pods by spec.nodeName. */
export const BY_NODE = 'node';
/** Index of pods and ReplicaSets by the uid of the object that controls them; '' holds the orphans. */
export const BY_CONTROLLER = 'controller';
/** Index of slices by `namespace/service`. */
export const BY_SERVICE = 'service';

/** A cache that handlers can leave again. */
export interface Cache<T extends KubeObject> {
  readonly lister: Lister<T>;
  synced(): boolean;
  /** Tells of what is there, then of changes, until `signal` aborts. */
  subscribe(handlers: InformerHandlers<T>, signal: AbortSignal): void;
  /** Starts the informer of a resource that was found after the others had started. */
  start(signal: AbortSignal): Promise<void>;
}

export interface Caches {
  readonly pods: Cache<Pod>;
  readonly nodes: Cache<Node>;
  readonly leases: Cache<Lease>;
  readonly namespaces: Cache<Namespace>;
  readonly services: Cache<Service>;
  readonly endpoints: Cache<Endpoints>;
  readonly endpointSlices: Cache<EndpointSlice>;
  readonly deployments: Cache<Deployment>;
  readonly replicaSets: Cache<ReplicaSet>;
  readonly serviceAccounts: Cache<ServiceAccount>;
  readonly configMaps: Cache<ConfigMap>;
  /** The cache of any resource: one of the above where it is one, so that no resource is watched twice. */
  of(ref: ResourceRef<KubeObject>): Cache<KubeObject>;
}

/** Asks the factory for every cache the controllers use. Nothing runs before the factory is started. */
export function createCaches(factory: InformerFactory): Caches {
  const known = new Map<string, Cache<KubeObject>>();
  const make = <T extends KubeObject>(ref: ResourceRef<T>, options?: InformerOptions<T>): Cache<T> => {
    const cache = cacheOf(factory.informer(ref, options));
    known.set(resourceKey(ref), cache as unknown as Cache<KubeObject>);
    return cache;
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
    serviceAccounts: make(SERVICE_ACCOUNTS),
    configMaps: make(CONFIG_MAPS),
    of: (ref) => known.get(resourceKey(ref)) ?? make(ref),
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

function cacheOf<T extends KubeObject>(informer: Informer<T>): Cache<T> {
  const subscribers = new Set<InformerHandlers<T>>();
  let attached = false;
  return {
    lister: informer.lister,
    synced: () => informer.synced(),
    start: (signal) => informer.start(signal),
    subscribe(handlers, signal) {
      if (signal.aborted) return;
      if (!attached) {
        attached = true;
        informer.addHandlers({
          added: (object) => subscribers.forEach((each) => void each.added?.(object)),
          updated: (object, old) => subscribers.forEach((each) => void each.updated?.(object, old)),
          deleted: (object) => subscribers.forEach((each) => void each.deleted?.(object)),
        });
      }
      subscribers.add(handlers);
      signal.addEventListener('abort', () => subscribers.delete(handlers), { once: true });
      for (const object of informer.lister.list()) handlers.added?.(object);
    },
  };
}
