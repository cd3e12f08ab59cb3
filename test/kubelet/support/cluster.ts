// A real API server over the memory store, a real client over HTTP, and a real kubelet on a runtime of the test's choice.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiRegistry, type KubeObject, type Pod, type Served } from '../../../src/api/index.ts';
import { createApiServer } from '../../../src/apiserver/index.ts';
import {
  type ApiClient,
  createClient,
  EVENTS,
  isAlreadyExists,
  isNotFound,
  PODS,
  SERVICE_ACCOUNTS,
} from '../../../src/client/index.ts';
import { type ContainerRuntime, runKubelet } from '../../../src/kubelet/index.ts';
import { createRegistry, prng, silentLogger, sleep, systemClock } from '../../../src/lib/index.ts';
import { createMemoryStore } from '../../../src/store/index.ts';

export const clock = systemClock();

export interface TestCluster {
  readonly client: ApiClient;
  readonly url: string;
  readonly directory: string;
  /** Starts a kubelet; `stop` ends it and leaves its pods running. */
  kubelet(runtime: ContainerRuntime, nodeName?: string): Promise<{ readonly port: number; stop(): Promise<void> }>;
  pod(name: string): Promise<Served<Pod> | undefined>;
  /** Waits until the pod satisfies `holds`; fails with its last status after ten seconds. */
  podWhen(name: string, holds: (pod: Served<Pod>) => boolean): Promise<Served<Pod>>;
  gone(name: string): Promise<void>;
  logs(name: string, query?: string): Promise<string>;
  events(name: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startCluster(): Promise<TestCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-kubelet-'));
  const store = createMemoryStore({ clock });
  await store.start();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = createApiServer({
    store,
    registry: createApiRegistry(),
    clock,
    logger: silentLogger,
    random: prng(1),
    listen: [{ host: '127.0.0.1', port: 0 }],
    tls: undefined,
    authentication: {
      insecure: true,
      serviceAccountKeys: [privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    },
    serviceCidr: '10.96.0.0/16',
    kubeletTls: undefined,
    clusterCa: 'test CA',
    metrics: createRegistry('test'),
    advertise: { address: '127.0.0.1', port: 6443 },
    memberId: 'test',
  });
  const { url } = await server.start();
  const shared = { clock, logger: silentLogger, random: prng(2) };
  const client = createClient({ endpoints: [url], userAgent: 'kubelet-test', ...shared });
  await serviceAccount(client);
  const stops: (() => Promise<void>)[] = [];
  const get = (name: string) =>
    client.get(PODS, { namespace: 'default', name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  return {
    client,
    url,
    directory,
    async kubelet(runtime, nodeName = 'node1') {
      const ending = new AbortController();
      let ended: Promise<void> = Promise.resolve();
      const { port } = await new Promise<{ readonly port: number }>((resolve, reject) => {
        ended = runKubelet({
          nodeName,
          client,
          runtime,
          ...shared,
          signal: ending.signal,
          directory: join(directory, nodeName),
          listen: { host: '127.0.0.1', port: 0 },
          nodeAddress: '127.0.0.1',
          apiAddressForPods: { host: '172.17.0.1', port: 6443, caPem: 'test CA' },
          started: resolve,
        });
        ended.catch(reject);
      });
      const stop = async (): Promise<void> => {
        ending.abort();
        await ended;
      };
      stops.push(stop);
      return { port, stop };
    },
    pod: get,
    podWhen: (name, holds) => podWhen(get, name, holds),
    async gone(name) {
      await until(async () => (await get(name)) === undefined, `pod ${name} is still there`);
    },
    async logs(name, query = '') {
      const answer = await fetch(`${url}/api/v1/namespaces/default/pods/${name}/log?${query}`);
      return answer.text();
    },
    async events(name) {
      const { items } = await client.list(EVENTS, { namespace: 'default' });
      return items
        .filter((event) => event.involvedObject.name === name)
        .map((event) => `${event.reason}: ${event.message}`);
    },
    async stop() {
      for (const stop of stops) await stop();
      await client.close();
      await server.stop();
      await store.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function serviceAccount(client: ApiClient): Promise<void> {
  const metadata = { namespace: 'default', name: 'default' };
  const create = () =>
    client.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  // The namespace is made by the server's bootstrap.
  await until(
    () =>
      create().then(
        () => true,
        () => false,
      ),
    'the service account cannot be made',
  );
}

export async function until(holds: () => Promise<boolean>, complaint: string, patienceMs = 15_000): Promise<void> {
  const endMs = clock.monotonic() + patienceMs;
  while (!(await holds())) {
    if (clock.monotonic() > endMs) throw new Error(complaint);
    await sleep(clock, 25);
  }
}

async function podWhen(
  get: (name: string) => Promise<Served<Pod> | undefined>,
  name: string,
  holds: (pod: Served<Pod>) => boolean,
): Promise<Served<Pod>> {
  let last: Served<Pod> | undefined;
  const endMs = clock.monotonic() + 15_000;
  while (clock.monotonic() < endMs) {
    last = await get(name);
    if (last !== undefined && holds(last)) return last;
    await sleep(clock, 25);
  }
  throw new Error(`pod ${name} did not come so far: ${JSON.stringify(last?.status, null, 1)}`);
}

/** A pod bound to node1, with containers by name. */
export function podObject(
  name: string,
  spec: NonNullable<Pod['spec']>,
  rest: Partial<KubeObject['metadata']> = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, ...rest },
    spec: { nodeName: 'node1', ...spec },
  };
}

export const isReady = (pod: Served<Pod>): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
