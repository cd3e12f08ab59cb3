// The first objects of a cluster: its namespaces, the service under which pods find the API, and how requests share a server.
// Idempotent.
import {
  ApiError,
  apiSchema,
  applyDefaults,
  cloneJson,
  type EndpointSlice,
  equalJson,
  type KubeObject,
  type ResourceDefinition,
} from '../../api/index.ts';
import { defined } from '../../lib/index.ts';
import { INSECURE } from '../authn/users.ts';
import type { ServerContext } from '../context.ts';
import { createObject } from '../handlers/create.ts';
import type { Operation } from '../handlers/operation.ts';
import { updateStep } from '../handlers/update.ts';
import { PLAIN_JSON } from '../http/negotiate.ts';
import { fromStored } from '../storage/codec.ts';
import { objectKey } from '../storage/keys.ts';
import { apiServiceIp } from '../storage/service-addresses.ts';
import { transact } from '../storage/transact.ts';
import { FLOW_CONTROL_STEPS, keptUpToDate } from './flow-control.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const SERVICE_NAME = 'kubernetes';

/** Creates what is missing. Throws what the store throws; calling it again goes on. */
export async function bootstrap(server: ServerContext, signal: AbortSignal): Promise<void> {
  for (const name of NAMESPACES) {
    await ensure(server, signal, ['', 'namespaces'], { kind: 'Namespace', apiVersion: 'v1', metadata: { name } });
  }
  await ensure(server, signal, ['', 'services'], apiService(server));
  await ensureCurrent(server, signal, ['discovery.k8s.io', 'endpointslices'], apiEndpointSlice(server));
  await ensureCurrent(server, signal, ['', 'endpoints'], apiEndpoints(server));
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
        await ensureCurrent(server, signal, id, cloneJson(one.object), (old) => keptUpToDate(old, one));
      }),
    );
  }
}

type ResourceId = readonly [group: string, plural: string];

/** Creates the object unless it is there. */
async function ensure(server: ServerContext, signal: AbortSignal, id: ResourceId, object: KubeObject): Promise<void> {
  const definition = definitionOf(server, id);
  const { namespace = '', name = '' } = object.metadata ?? {};
  if (server.options.store.snapshot().get(objectKey(definition, namespace, name)) !== undefined) return;
  try {
    await createObject(operationFor(server, signal, definition, object), object, 201);
  } catch (error) {
    if (!(error instanceof ApiError && error.status.reason === 'AlreadyExists')) throw error;
  }
}

/** The same, and brings an older one up to date: the cluster may have moved to another address. */
async function ensureCurrent(
  server: ServerContext,
  signal: AbortSignal,
  id: ResourceId,
  object: KubeObject,
  bringUpToDate?: (old: KubeObject) => KubeObject | undefined,
): Promise<void> {
  await ensure(server, signal, id, object);
  const definition = definitionOf(server, id);
  const operation = operationFor(server, signal, definition, object);
  const { namespace = '', name = '' } = object.metadata ?? {};
  await transact({
    store: server.options.store,
    signal,
    fence: undefined,
    definition,
    name,
    decide(snapshot) {
      const stored = snapshot.get(objectKey(definition, namespace, name));
      if (stored === undefined) return { kind: 'answer', value: undefined };
      const old = fromStored(stored);
      const next = bringUpToDate === undefined ? replaced(definition, old, object) : bringUpToDate(old);
      if (next === undefined) return { kind: 'answer', value: undefined };
      const step = updateStep(operation, next, { stored, object: old }, 'object', snapshot);
      return step.kind === 'answer' ? { kind: 'answer', value: undefined } : { ...step, done: () => undefined };
    },
  });
}

/** All but the metadata as `object` has it; undefined when that changes nothing. */
function replaced(definition: ResourceDefinition, old: KubeObject, object: KubeObject): KubeObject | undefined {
  const next: KubeObject = { ...cloneJson(object), metadata: { ...old.metadata } };
  applyDefaults(apiSchema(), definition, next);
  return equalJson({ ...next, metadata: undefined }, { ...old, metadata: undefined }) ? undefined : next;
}

function definitionOf(server: ServerContext, [group, plural]: ResourceId): ResourceDefinition {
  return defined(server.options.registry.find(group, 'v1', plural), `the resource ${plural}`);
}

/** The server itself as the caller. */
export function operationFor(
  server: ServerContext,
  signal: AbortSignal,
  definition: ResourceDefinition,
  object: KubeObject,
): Operation {
  const { namespace = '', name = '' } = object.metadata ?? {};
  const { group, version, plural: resource } = definition;
  return {
    server,
    definition,
    info: {
      kind: 'resource',
      verb: 'create',
      path: '',
      group,
      version,
      namespace,
      resource,
      name,
      subresource: '',
      rest: [],
    },
    query: new URLSearchParams(),
    user: INSECURE,
    signal,
    fence: undefined,
    dryRun: false,
    representation: PLAIN_JSON,
    contentType: undefined,
    warnings: new Set(),
    body: () => Promise.resolve(new Uint8Array(0)),
  };
}

const LABELS = { component: 'apiserver', provider: 'kubernetes' };

function apiService(server: ServerContext): KubeObject {
  const ip = apiServiceIp(server.options.serviceCidr);
  const service = {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: SERVICE_NAME, namespace: 'default', labels: LABELS },
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

function apiEndpointSlice(server: ServerContext): EndpointSlice {
  const { address, port } = server.options.advertise;
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: SERVICE_NAME, namespace: 'default', labels: { 'kubernetes.io/service-name': SERVICE_NAME } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
}

function apiEndpoints(server: ServerContext): KubeObject {
  const { address, port } = server.options.advertise;
  const endpoints = {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: {
      name: SERVICE_NAME,
      namespace: 'default',
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  };
  return endpoints;
}
