// What a pod's spec says about its sandbox. Pure.
import type { Pod, Served } from '../../api/index.ts';
import type { HostPort, SandboxSpec } from '../runtime/port.ts';
import { allContainers, identityOf } from './spec.ts';

const HOSTNAME_LIMIT = 63;
const CLUSTER_DOMAIN = 'cluster.local';

export function sandboxSpec(pod: Served<Pod>, attempt: number): SandboxSpec {
  const { spec } = pod;
  const dns = spec?.dnsConfig;
  const subdomain = spec?.subdomain ?? '';
  return {
    pod: identityOf(pod),
    attempt,
    hostname: (spec?.hostname ?? pod.metadata.name).slice(0, HOSTNAME_LIMIT).replace(/[-.]+$/, ''),
    domain: subdomain === '' ? '' : `${subdomain}.${pod.metadata.namespace ?? ''}.svc.${CLUSTER_DOMAIN}`,
    hostNetwork: spec?.hostNetwork === true,
    hostIpc: spec?.hostIPC === true,
    hostPorts: hostPorts(pod),
    hostAliases: (spec?.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
    dns: {
      servers: dns?.nameservers ?? [],
      searches: dns?.searches ?? [],
      options: (dns?.options ?? []).flatMap(({ name, value }) =>
        name === undefined ? [] : [value === undefined ? name : `${name}:${value}`],
      ),
    },
    sysctls: Object.fromEntries((spec?.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
  };
}

function hostPorts(pod: Pod): readonly HostPort[] {
  return allContainers(pod).flatMap(({ container }) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP = '', containerPort, protocol }) =>
      hostPort === undefined || hostPort === 0
        ? []
        : [{ hostIp: hostIP, hostPort, containerPort, protocol: protocolOf(protocol) }],
    ),
  );
}

function protocolOf(protocol: string | undefined): HostPort['protocol'] {
  if (protocol === 'UDP') return 'udp';
  return protocol === 'SCTP' ? 'sctp' : 'tcp';
}
