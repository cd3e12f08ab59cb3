// Distributes the endpoints of a Service over EndpointSlices of at most a hundred. An endpoint stays in the slice it is in,
// so that one pod's change costs one slice's write and not a new deal of all. Pure.
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  equalJson,
  type Served,
  type Service,
  safeEncode,
} from '../../api/index.ts';
import { ENDPOINTS_PER_SLICE } from '../limits.ts';
import { fnv1a } from '../shared/hash.ts';
import { type AddressFamily, type Candidate, HEADLESS_LABEL, isHeadless } from './candidates.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';

export type SliceAction =
  | { readonly kind: 'create'; readonly slice: EndpointSlice }
  | { readonly kind: 'update'; readonly slice: Served<EndpointSlice> }
  | { readonly kind: 'delete'; readonly slice: Served<EndpointSlice> };

export interface SliceInput {
  readonly service: Served<Service>;
  /** Those that this controller manages for the Service. */
  readonly slices: readonly Served<EndpointSlice>[];
  readonly candidates: ReadonlyMap<AddressFamily, readonly Candidate[]>;
}

/** What to write so that the slices show the candidates. */
export function planSlices({ service, slices, candidates }: SliceInput): readonly SliceAction[] {
  const ours = slices.filter((slice) => isOwnedBy(slice, service));
  const actions: SliceAction[] = slices
    .filter((slice) => !ours.includes(slice))
    .map((slice): SliceAction => ({ kind: 'delete', slice }));
  const names = new Set(slices.map(({ metadata }) => metadata.name));
  const untouched = new Set(ours);
  for (const [family, found] of candidates) {
    const first = ours.find(({ addressType }) => addressType === family);
    for (const { ports, endpoints } of groupByPorts(service, found, first?.ports ?? [])) {
      const here = ours.filter((slice) => slice.addressType === family && equalJson(slice.ports ?? [], ports));
      for (const slice of here) untouched.delete(slice);
      actions.push(...distribute(service, family, ports, endpoints, here, names));
    }
  }
  for (const slice of untouched) actions.push({ kind: 'delete', slice });
  return actions;
}

function isOwnedBy(slice: Served<EndpointSlice>, service: Served<Service>): boolean {
  return (slice.metadata.ownerReferences ?? []).some(({ uid }) => uid === service.metadata.uid);
}

interface PortGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

/** Pods that resolve named ports differently cannot share a slice. Without pods one empty group keeps a slice in place. */
function groupByPorts(
  service: Service,
  candidates: readonly Candidate[],
  portsOfNobody: readonly EndpointPort[],
): readonly PortGroup[] {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Map<string, Endpoint> }>();
  for (const candidate of candidates) {
    const key = JSON.stringify(candidate.ports);
    const group = groups.get(key) ?? { ports: candidate.ports, endpoints: new Map() };
    groups.set(key, group);
    const endpoint = endpointOf(service, candidate);
    group.endpoints.set(endpointKey(endpoint), endpoint);
  }
  return groups.size === 0 ? [{ ports: portsOfNobody, endpoints: new Map() }] : [...groups.values()];
}

export function endpointOf(service: Service, candidate: Candidate): Endpoint {
  const { address, serving, terminating, nodeName, zone, hostname, target } = candidate;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    targetRef: target,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hostname === undefined ? {} : { hostname }),
  };
}

function endpointKey({ addresses, targetRef }: Endpoint): string {
  return `${targetRef?.uid ?? ''} ${addresses[0] ?? ''}`;
}

function distribute(
  service: Served<Service>,
  family: AddressFamily,
  ports: readonly EndpointPort[],
  endpoints: ReadonlyMap<string, Endpoint>,
  slices: readonly Served<EndpointSlice>[],
  names: Set<string>,
): readonly SliceAction[] {
  const left = new Map(endpoints);
  const kept = slices.map((slice) => {
    const stay: Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpointKey(endpoint);
      const now = left.get(key);
      if (now !== undefined) stay.push(now);
      left.delete(key);
    }
    return { slice, endpoints: stay };
  });
  const waiting = [...left.values()];
  // The fullest first: slices fill up, and the emptiest can be given up in time.
  for (const target of [...kept].sort((a, b) => b.endpoints.length - a.endpoints.length)) {
    target.endpoints.push(...waiting.splice(0, Math.max(0, ENDPOINTS_PER_SLICE - target.endpoints.length)));
  }
  const actions: SliceAction[] = [];
  let filled = 0;
  for (const { slice, endpoints: now } of kept) {
    // The last slice stays, empty, as the sign that somebody looks after the Service.
    if (now.length === 0 && (filled > 0 || slice !== kept.at(-1)?.slice)) actions.push({ kind: 'delete', slice });
    else {
      filled++;
      const next = { ...slice, endpoints: now, metadata: { ...slice.metadata, labels: labelsOf(service) } };
      if (!equalJson(next, { ...slice, endpoints: slice.endpoints ?? [] }))
        actions.push({ kind: 'update', slice: next });
    }
  }
  while (waiting.length > 0 || filled === 0) {
    const slice = newSlice(service, family, ports, waiting.splice(0, ENDPOINTS_PER_SLICE), names);
    actions.push({ kind: 'create', slice });
    filled++;
  }
  return actions;
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...service.metadata?.labels,
    [SERVICE_NAME]: service.metadata?.name ?? '',
    [MANAGED_BY]: MANAGER,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  };
}

/** Names are deterministic: repeated on a cache that lags, a creation meets itself instead of making a twin. */
function newSlice(
  service: Served<Service>,
  family: AddressFamily,
  ports: readonly EndpointPort[],
  endpoints: Endpoint[],
  names: Set<string>,
): EndpointSlice {
  const { name: serviceName, uid } = service.metadata;
  const nameAt = (ordinal: number): string =>
    `${serviceName.slice(0, 50)}-${safeEncode(String(fnv1a(`${uid}/${family}/${ordinal}`)))}`;
  let ordinal = 0;
  while (names.has(nameAt(ordinal))) ordinal++;
  const name = nameAt(ordinal);
  names.add(name);
  const owner = { apiVersion: 'v1', kind: 'Service', name: serviceName, uid };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: service.metadata.namespace ?? '',
      labels: labelsOf(service),
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    addressType: family,
    endpoints,
    ports: [...ports],
  };
}
