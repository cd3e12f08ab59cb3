// An API server over the memory store: called as an application without a socket, or started on a loopback port.
import { createApiRegistry, type KubeObject } from '../../src/api/index.ts';
import { bootstrap } from '../../src/apiserver/background/bootstrap.ts';
import type { ServerContext } from '../../src/apiserver/context.ts';
import { createApp } from '../../src/apiserver/http/app.ts';
import type { ApiServerOptions } from '../../src/apiserver/index.ts';
import { createServerContext } from '../../src/apiserver/server.ts';
import { createRegistry, prng, silentLogger } from '../../src/lib/index.ts';
import { createMemoryStore, type ObjectStore } from '../../src/store/index.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface TestApi {
  readonly context: ServerContext;
  readonly store: ObjectStore;
  readonly clock: ManualClock;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export function testOptions(store: ObjectStore, overrides: Partial<ApiServerOptions> = {}): ApiServerOptions {
  return {
    store,
    registry: createApiRegistry(),
    clock: manualClock(),
    logger: silentLogger,
    random: prng(7),
    listen: [{ host: '127.0.0.1', port: 0 }],
    tls: undefined,
    authentication: { insecure: true },
    serviceCidr: '10.96.0.0/16',
    kubeletTls: undefined,
    clusterCa: undefined,
    metrics: createRegistry('apiserver'),
    advertise: { address: '127.0.0.1', port: 6443 },
    memberId: 'm1',
    ...overrides,
  };
}

/** A bootstrapped cluster behind `call`. */
export async function testApi(overrides: Partial<ApiServerOptions> = {}, store?: ObjectStore): Promise<TestApi> {
  const clock = manualClock();
  const used = store ?? createMemoryStore({ clock });
  await used.start();
  const context = createServerContext(testOptions(used, { clock, ...overrides }));
  const app = createApp(context);
  await bootstrap(context, new AbortController().signal);
  // Tests count config maps: the namespace's own is out of their way.
  await app.request(`${CONFIG_MAPS}/kube-root-ca.crt`, { method: 'DELETE' });
  return {
    context,
    store: used,
    clock,
    call: (method, path, body, headers) => callApp(app, method, path, body, headers),
  };
}

/** A request to an application without a socket; a body that is no text is sent as JSON. */
export async function callApp(
  app: ReturnType<typeof createApp>,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await app.request(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: sent as string }),
  });
  const text = await response.text();
  const json = (response.headers.get('content-type') ?? '').startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: json && text !== '' ? JSON.parse(text) : undefined,
  };
}

export const PODS = '/api/v1/namespaces/default/pods';
export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

export function pod(name: string, more: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    ...{ spec: { containers: [{ name: 'c', image: 'busybox:1.35' }], ...more } },
  };
}

export function configMap(
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

export function deployment(name: string, replicas = 1): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'c', image: 'busybox:1.35' }] },
      },
    },
  };
}
