// The real API server over HTTP on a store in memory, the real client, and the controllers: nothing between is pretended but
// the kubelets. For tests of what an API in memory could get wrong: patches, preconditions, finalizers, discovery.
import { createApiRegistry, type KubeObject, type Pod, type Served } from '../../../src/api/index.ts';
import { createApiServer } from '../../../src/apiserver/index.ts';
import {
  type ApiClient,
  createClient,
  createLeaderElector,
  isConflict,
  isNotFound,
  type LeaderElector,
  nameOf,
  PODS,
} from '../../../src/client/index.ts';
import { runControllerManager } from '../../../src/controllers/index.ts';
import {
  createRegistry,
  type Logger,
  prng,
  rfc3339,
  silentLogger,
  sleep,
  systemClock,
} from '../../../src/lib/index.ts';
import { createMemoryStore } from '../../../src/store/index.ts';

export interface RealServer {
  readonly client: ApiClient;
  /** Starts another controller manager, which stands by under an election; the function ends it. */
  standBy(identity: string): { readonly elector: LeaderElector; end(): Promise<void> };
  /** What the controllers complained of. */
  readonly complaints: readonly string[];
  stop(): Promise<void>;
}

const clock = systemClock();

/** `alone`: one manager runs without an election; otherwise none does until `standBy` is called. */
export async function startRealServer(alone = true): Promise<RealServer> {
  const random = prng(42);
  const store = createMemoryStore({ clock });
  const server = createApiServer({
    store,
    registry: createApiRegistry(),
    clock,
    logger: silentLogger,
    random,
    listen: [{ host: '127.0.0.1', port: 0 }],
    tls: undefined,
    authentication: { insecure: true },
    serviceCidr: '10.96.0.0/16',
    kubeletTls: undefined,
    clusterCa: undefined,
    metrics: createRegistry('apiserver'),
    advertise: { address: '127.0.0.1', port: 6443 },
    memberId: 'test',
  });
  const { url } = await server.start();
  const client = createClient({ endpoints: [url], clock, logger: silentLogger, random, userAgent: 'test/1' });
  const complaints: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void complaints.push(`${message} ${JSON.stringify(fields)}`),
    error: (fields, message) => void complaints.push(`${message} ${JSON.stringify(fields)}`),
    child: () => logger,
  };
  const stopping = new AbortController();
  const options = { client, clock, logger, random, rootCa: 'CA' };
  const running = alone ? runControllerManager({ ...options, signal: stopping.signal }) : Promise.resolve();
  return {
    client,
    complaints,
    standBy(identity) {
      const ending = new AbortController();
      const lease = { namespace: 'kube-system', name: 'kube-controller-manager' };
      const elector = createLeaderElector({ client, lease, identity, clock, logger, random });
      const ended = runControllerManager({ ...options, signal: ending.signal, elector });
      return {
        elector,
        end() {
          ending.abort();
          return ended;
        },
      };
    },
    async stop() {
      stopping.abort();
      await running;
      await client.close();
      await server.stop();
      await store.stop();
    },
  };
}

/** Waits until `check` answers something; fails with what it threw last. */
export async function eventually<T>(check: () => Promise<T | undefined | false>, limitMs = 20_000): Promise<T> {
  const untilMs = clock.monotonic() + limitMs;
  let last: unknown;
  while (clock.monotonic() < untilMs) {
    try {
      const answer = await check();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await sleep(clock, 25);
  }
  throw last ?? new Error('it did not happen in time');
}

/** Plays the kubelets until the signal aborts: binds, starts and ends pods. */
export async function playKubelets({ client }: RealServer, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { items } = await client.list<Pod>(PODS);
    for (const pod of items) await quietly(() => playOne(client, pod));
    await sleep(clock, 25, signal);
  }
}

async function playOne(client: ApiClient, pod: Served<Pod>): Promise<void> {
  if (pod.metadata.deletionTimestamp !== undefined) {
    await client.delete(PODS, nameOf(pod), { uid: pod.metadata.uid, gracePeriodSeconds: 0 });
  } else if (!pod.spec?.nodeName) {
    const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: pod.metadata.name }, target };
    await client.createSubresource(PODS, nameOf(pod), 'binding', binding as KubeObject);
  } else if (pod.status?.phase === 'Pending') {
    const now = rfc3339(clock.now());
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: now }];
    const podIP = `10.1.0.${(Number(pod.metadata.resourceVersion) % 250) + 1}`;
    const status = { ...pod.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
    await client.update(PODS, { ...pod, status }, { subresource: 'status' });
  }
}

async function quietly(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
