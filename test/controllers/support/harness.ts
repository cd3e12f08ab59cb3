// Runs the real controller manager, with its real informers and queues, against the fake API on a clock that the test moves.
import type { ConfigMap, Deployment, KubeObject, Node, Pod, ReplicaSet, Served } from '../../../src/api/index.ts';
import { createInformerFactory, type ObjectName, PODS } from '../../../src/client/index.ts';
import { type ControllerName, runControllerManager } from '../../../src/controllers/index.ts';
import { prng, rfc3339, silentLogger } from '../../../src/lib/index.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { createFakeApi, type FakeApi } from './fake-api.ts';

export interface Harness {
  readonly api: FakeApi;
  readonly clock: ManualClock;
  /** Lets everything happen that happens without time passing, retries aside. */
  settle(): Promise<void>;
  /** Settles, moves time on in steps of five seconds at most, and settles after each. */
  pass(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startHarness(controllers: readonly ControllerName[], seed = 1): Promise<Harness> {
  const clock = manualClock();
  const api = createFakeApi(clock);
  const random = prng(seed);
  const stopping = new AbortController();
  const { signal } = stopping;
  const runtime = { client: api.client, clock, logger: silentLogger, random, freeze: true };
  const informers = createInformerFactory(runtime);
  const { client } = api;
  const options = { client, clock, logger: silentLogger, random, signal, controllers, informers, rootCa: 'CA' };
  const running = runControllerManager(options);
  const settle = async (): Promise<void> => {
    // Retries wait for milliseconds of the clock; a round without a write is quiet, and three are rest.
    for (let quiet = 0; quiet < 3; quiet++) {
      const before = api.writes.length;
      for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
      clock.advance(50);
      if (api.writes.length !== before) quiet = -1;
    }
  };
  await settle();
  return {
    api,
    clock,
    settle,
    async pass(ms) {
      await settle();
      for (let left = ms; left > 0; left -= 5_000) {
        clock.advance(Math.min(left, 5_000));
        await settle();
      }
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Plays scheduler and kubelet once: binds, starts and ends pods. Pods for which `broken` answers true never get ready. */
export async function kubelets(harness: Harness, broken: (pod: Pod) => boolean = () => false): Promise<void> {
  const { api, clock } = harness;
  for (const pod of api.list(PODS)) {
    if (pod.metadata.deletionTimestamp !== undefined) {
      await api.client.delete(PODS, nameIn(pod), { gracePeriodSeconds: 0 });
      continue;
    }
    if (pod.status?.phase !== 'Pending') continue;
    let bound = pod;
    if (!pod.spec?.nodeName)
      bound = await api.client.update(PODS, { ...pod, spec: { ...withSpec(pod), nodeName: 'n1' } });
    const index = Number(pod.metadata.uid.slice(4));
    const ready = broken(pod) ? 'False' : 'True';
    const status = {
      ...bound.status,
      phase: 'Running',
      podIP: `10.0.${index >> 8}.${index & 255}`,
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: rfc3339(clock.now()) }],
    };
    await api.client.update(PODS, { ...bound, status }, { subresource: 'status' });
  }
}

/** Lets controllers and kubelets take turns until nothing changes. */
export async function converge(harness: Harness, broken?: (pod: Pod) => boolean): Promise<void> {
  for (let before = -1; before !== harness.api.writes.length; ) {
    before = harness.api.writes.length;
    await harness.settle();
    await kubelets(harness, broken);
  }
}

function withSpec(pod: Pod): NonNullable<Pod['spec']> {
  return pod.spec ?? { containers: [] };
}

export function nameIn(object: Served<KubeObject>): ObjectName {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

export function deployment(name: string, replicas: number, image = 'app:1', rest: object = {}): Deployment {
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
      ...rest,
    },
  };
}

export function replicaSet(name: string, replicas: number): ReplicaSet {
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'app:1' }] } },
    },
  };
}

export function readyNode(name: string, clock: ManualClock): Node {
  const now = rfc3339(clock.now());
  const condition = { type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now };
  return { metadata: { name }, spec: {}, status: { conditions: [condition] } };
}

export function configMap(name: string, rest: object = {}): ConfigMap {
  return { metadata: { name, namespace: 'default', ...rest } };
}
