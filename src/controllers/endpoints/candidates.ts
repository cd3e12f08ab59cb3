// The pods behind a Service, as addresses with ports: what both EndpointSlices and the legacy Endpoints are made of. Pure.
import type { EndpointPort, Node, ObjectReference, Pod, Served, Service } from '../../api/index.ts';
import { isPodFinished, isPodReady } from '../shared/pods.ts';

export type AddressFamily = 'IPv4' | 'IPv6';

/** One pod as an address of a Service. */
export interface Candidate {
  readonly address: string;
  readonly ports: readonly EndpointPort[];
  /** Ready as the pod says. */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
  readonly hostname: string | undefined;
  readonly target: ObjectReference & { readonly uid: string };
}

export const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/** The families a Service has, first the one that legacy Endpoints show. */
export function familiesOf(service: Service): readonly AddressFamily[] {
  const families = (service.spec?.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6');
  if (families.length > 0) return families;
  return service.spec?.clusterIP?.includes(':') ? ['IPv6'] : ['IPv4'];
}

/** Endpoints are made for it: it selects pods, and is not a mere name for something outside. */
export function hasEndpoints(service: Service): boolean {
  const { selector, type } = service.spec ?? {};
  return selector !== undefined && Object.keys(selector).length > 0 && type !== 'ExternalName';
}

export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === 'None';
}

/** The pods that have an address of the family and have not ended, by address. */
export function candidatesOf(
  service: Service,
  family: AddressFamily,
  pods: readonly Served<Pod>[],
  nodeOf: (name: string) => Node | undefined,
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const pod of pods) {
    const address = addressOf(pod, family);
    if (address === undefined || isPodFinished(pod)) continue;
    const ports = portsOf(service, pod);
    const { nodeName, hostname, subdomain } = pod.spec ?? {};
    const { namespace, name, uid } = pod.metadata;
    candidates.push({
      address,
      ports,
      serving: isPodReady(pod),
      terminating: pod.metadata.deletionTimestamp !== undefined,
      nodeName,
      zone: nodeName === undefined ? undefined : nodeOf(nodeName)?.metadata?.labels?.['topology.kubernetes.io/zone'],
      hostname: subdomain !== undefined && subdomain === service.metadata?.name ? hostname : undefined,
      target: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    });
  }
  return candidates.sort((a, b) => compare(a.address, b.address) || compare(a.target.uid, b.target.uid));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function addressOf({ status }: Pod, family: AddressFamily): string | undefined {
  const addresses = [...(status?.podIPs ?? []).map(({ ip }) => ip), status?.podIP];
  return addresses.find((ip) => ip !== undefined && ip !== '' && ip.includes(':') === (family === 'IPv6'));
}

/** The Service's ports as the pod offers them; a named target port that the pod does not have is left out. */
function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const { name, port, protocol = 'TCP', targetPort, appProtocol } of service.spec?.ports ?? []) {
    const number = targetNumber(pod, targetPort ?? port, protocol);
    if (number === undefined) continue;
    ports.push({ name: name ?? '', port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return ports.sort((a, b) => compare(a.name ?? '', b.name ?? ''));
}

function targetNumber(pod: Pod, target: number | string, protocol: string): number | undefined {
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports } of [...(pod.spec?.containers ?? []), ...sidecars]) {
    const found = ports?.find((port) => port.name === target && (port.protocol ?? 'TCP') === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}
