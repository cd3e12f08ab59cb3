// The downward API: fields of a pod, and requests and limits of its containers, as text. Pure.
import type { Pod, Served } from '../../api/index.ts';
import { ConfigError } from './objects.ts';
import { quantityValue } from './quantity.ts';
import { allContainers } from './spec.ts';

export interface DownwardFacts {
  readonly pod: Served<Pod>;
  readonly podIp: string;
  readonly hostIp: string;
  /** What stands in for limits that are not set. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** The value of a fieldRef. Throws ConfigError for a field that there is not. */
export function fieldValue(path: string, { pod, podIp, hostIp }: DownwardFacts): string {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) {
    const values = keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    return values?.[keyed[2] ?? ''] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return podIp;
    default:
      throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** `key="value"` lines, sorted, with the value quoted as Go does. */
function formatMap(values: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(values ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** The value of a resourceFieldRef, divided by its divisor and rounded up. */
export function resourceValue(
  reference: { readonly containerName?: string; readonly resource: string; readonly divisor?: string },
  owner: string,
  { pod, allocatable }: DownwardFacts,
): string {
  const name = reference.containerName ?? owner;
  const container = allContainers(pod).find((roled) => roled.container.name === name)?.container;
  if (container === undefined) throw new ConfigError(`container ${name} not found`);
  const match = /^(limits|requests)\.(.+)$/.exec(reference.resource);
  if (match === null) throw new ConfigError(`unsupported container resource : ${reference.resource}`);
  const resource = match[2] ?? '';
  const limit = container.resources?.limits?.[resource];
  const set =
    match[1] === 'limits' ? (limit ?? allocatable[resource]) : (container.resources?.requests?.[resource] ?? limit);
  const divisor = quantityValue(reference.divisor) || 1;
  return String(Math.ceil((quantityValue(set) ?? 0) / divisor - 1e-9));
}
