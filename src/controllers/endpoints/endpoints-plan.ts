// The legacy Endpoints object of a Service: what `kubectl describe service` of older clients shows. Pure.
import {
  type EndpointAddress,
  type EndpointSubset,
  type Endpoints,
  equalJson,
  type Served,
  type Service,
} from '../../api/index.ts';
import { ENDPOINTS_ADDRESS_LIMIT } from '../limits.ts';
import { type Candidate, HEADLESS_LABEL, isHeadless } from './candidates.ts';

export const ENDPOINTS_MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

export type EndpointsAction =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'create'; readonly endpoints: Endpoints }
  | { readonly kind: 'update'; readonly endpoints: Served<Endpoints> };

export function planEndpoints(
  service: Served<Service>,
  current: Served<Endpoints> | undefined,
  candidates: readonly Candidate[],
): EndpointsAction {
  const tolerant = service.spec?.publishNotReadyAddresses === true;
  const shown = candidates.filter(({ terminating }) => tolerant || !terminating);
  const subsets = subsetsOf(service, shown.slice(0, ENDPOINTS_ADDRESS_LIMIT));
  const labels = {
    ...service.metadata.labels,
    [ENDPOINTS_MANAGED_BY]: MANAGER,
    [SKIP_MIRROR]: 'true',
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  };
  const truncated = shown.length > ENDPOINTS_ADDRESS_LIMIT;
  if (current === undefined) {
    const { name, namespace = '' } = service.metadata;
    const annotations = truncated ? { [OVER_CAPACITY]: 'truncated' } : {};
    const metadata = { name, namespace, labels, annotations };
    return { kind: 'create', endpoints: { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets } };
  }
  const { [OVER_CAPACITY]: _, ...others } = current.metadata.annotations ?? {};
  const annotations = truncated ? { ...others, [OVER_CAPACITY]: 'truncated' } : others;
  const same =
    equalJson(current.subsets ?? [], subsets) &&
    equalJson(current.metadata.labels ?? {}, labels) &&
    equalJson(current.metadata.annotations ?? {}, annotations);
  if (same) return { kind: 'nothing' };
  return { kind: 'update', endpoints: { ...current, metadata: { ...current.metadata, labels, annotations }, subsets } };
}

/** One subset per set of ports, ready and not ready addresses side by side. */
function subsetsOf(service: Service, candidates: readonly Candidate[]): EndpointSubset[] {
  const tolerant = service.spec?.publishNotReadyAddresses === true;
  const groups = new Map<
    string,
    { ports: Candidate['ports']; ready: EndpointAddress[]; notReady: EndpointAddress[] }
  >();
  for (const candidate of candidates) {
    // A pod without any of the ports is no endpoint, except of a headless Service that has none.
    if (candidate.ports.length === 0 && (service.spec?.ports?.length ?? 0) > 0) continue;
    const key = JSON.stringify(candidate.ports);
    const group = groups.get(key) ?? { ports: candidate.ports, ready: [], notReady: [] };
    groups.set(key, group);
    (candidate.serving || tolerant ? group.ready : group.notReady).push(addressOf(candidate));
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(ports.length === 0 ? {} : { ports: ports.map(legacyPort) }),
    }));
}

type LegacyPort = NonNullable<EndpointSubset['ports']>[number];

function legacyPort({ name, port = 0, protocol = 'TCP', appProtocol }: Candidate['ports'][number]): LegacyPort {
  return {
    port,
    protocol,
    ...(name ? { name } : {}),
    ...(appProtocol === undefined ? {} : { appProtocol }),
  };
}

function addressOf({ address, nodeName, hostname, target }: Candidate): EndpointAddress {
  return {
    ip: address,
    targetRef: target,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(hostname === undefined ? {} : { hostname }),
  };
}
