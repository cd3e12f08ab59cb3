// The first objects of a cluster: its namespaces, the priorities of its own pods, the range of its cluster IPs, the service under
// which pods find the API, and how requests share a server. Idempotent.
import { cloneJson, type KubeObject, SYSTEM_PRIORITY_CLASSES } from '../../api/index.ts';
import type { ServerContext } from '../context.ts';
import { fromStored } from '../storage/codec.ts';
import { objectKey } from '../storage/keys.ts';
import { apiServiceIp } from '../storage/service-addresses.ts';
import { API_SERVICE, publishApiEndpoints } from './api-endpoints.ts';
import { definitionOf, ensure, ensureCurrent, type ResourceId } from './ensure.ts';
import { FLOW_CONTROL_STEPS, keptUpToDate } from './flow-control.ts';
import { ensureServiceCidr } from './service-cidr.ts';

/** As the part of Kubernetes' server is called that keeps them. */
const PRODUCER = { manager: 'api-priority-and-fairness-config-producer-v1' };
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
  await ensureServiceCidr(server, signal);
  await ensure(server, signal, ['', 'services'], apiService(server));
  await publishApiEndpoints(server, signal);
  await ensureFlowControl(server, signal);
}

/** One commit for the levels, one for the schemas; none, and no question to the leader, when all is well. */
async function ensureFlowControl(server: ServerContext, signal: AbortSignal): Promise<void> {
  for (const step of FLOW_CONTROL_STEPS) {
    await Promise.all(
      step.map(async (one) => {
        const id: ResourceId = ['flowcontrol.apiserver.k8s.io', one.plural];
        const key = objectKey(definitionOf(server, id), '', one.object.metadata?.name ?? '');
        const stored = server.options.store.snapshot().get(key);
        if (stored !== undefined && keptUpToDate(fromStored(stored), one) === undefined) return;
        await ensureCurrent(server, signal, id, cloneJson(one.object), (old) => keptUpToDate(old, one), PRODUCER);
      }),
    );
  }
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
