// The first objects of a cluster: its namespaces, the priorities of its own pods, and the service under which pods find the
// API. Idempotent.
import { type KubeObject, SYSTEM_PRIORITY_CLASSES } from '../../api/index.ts';
import type { ServerContext } from '../context.ts';
import { apiServiceIp } from '../storage/service-addresses.ts';
import { API_SERVICE, publishApiEndpoints } from './api-endpoints.ts';
import { ensure } from './ensure.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Creates what is missing. Throws what the store throws; calling it again goes on. */
export async function bootstrap(server: ServerContext, signal: AbortSignal): Promise<void> {
  for (const name of NAMESPACES) {
    await ensure(server, signal, ['', 'namespaces'], { kind: 'Namespace', apiVersion: 'v1', metadata: { name } });
  }
  for (const { name, value, description } of SYSTEM_PRIORITY_CLASSES) {
    const priorityClass = { apiVersion: 'scheduling.k8s.io/v1', metadata: { name }, value, description };
    await ensure(server, signal, ['scheduling.k8s.io', 'priorityclasses'], { kind: 'PriorityClass', ...priorityClass });
  }
  await ensure(server, signal, ['', 'services'], apiService(server));
  await publishApiEndpoints(server, signal);
}

const LABELS = { component: 'apiserver', provider: 'kubernetes' };

function apiService(server: ServerContext): KubeObject {
  const ip = apiServiceIp(server.options.serviceCidr);
  const service = {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { ...API_SERVICE, labels: LABELS },
    spec: {
      type: 'ClusterIP',
      clusterIP: ip,
      clusterIPs: [ip],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: server.options.advertise.port }],
    },
  };
  return service;
}
