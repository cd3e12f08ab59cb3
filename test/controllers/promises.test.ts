// What the API promises about objects that belong together, against the real API server: owners and dependents, the CA of
// each namespace, budgets and what they are measured by.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OwnerReference, Pod, ReplicationController, Served } from '../../src/api/index.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  isNotFound,
  NAMESPACES,
  NODES,
  nameOf,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICATION_CONTROLLERS,
  SERVICE_ACCOUNTS,
} from '../../src/client/index.ts';
import { deployment } from './support/harness.ts';
import { eventually, playKubelets, type RealServer, startRealServer } from './support/real-server.ts';

let server: RealServer;
let kubelets: AbortController;
let playing: Promise<void>;

beforeEach(async () => {
  server = await startRealServer();
  kubelets = new AbortController();
  await eventually(() => server.client.get(SERVICE_ACCOUNTS, inDefault('default')));
  await server.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  playing = playKubelets(server, kubelets.signal);
});

afterEach(async () => {
  kubelets.abort();
  await playing;
  await server.stop();
});

const inDefault = (name: string) => ({ namespace: 'default', name });

function controller(name: string, replicas: number): ReplicationController {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'app:1' }] } };
  return { metadata: inDefault(name), spec: { replicas, selector: { app: name }, template } };
}

async function running(name: string, replicas: number): Promise<Served<ReplicationController>> {
  await server.client.create(REPLICATION_CONTROLLERS, controller(name, replicas));
  return eventually(async () => {
    const live = await server.client.get(REPLICATION_CONTROLLERS, inDefault(name));
    return live.status?.readyReplicas === replicas ? live : undefined;
  });
}

async function podsOf(name: string): Promise<readonly Served<Pod>[]> {
  return (await server.client.list<Pod>(PODS, { namespace: 'default', labelSelector: `app=${name}` })).items;
}

async function gone(check: () => Promise<unknown>): Promise<void> {
  await eventually(async () => {
    try {
      await check();
      return false;
    } catch (error) {
      return isNotFound(error);
    }
  });
}

const controllerGone = (name: string): Promise<void> =>
  gone(() => server.client.get(REPLICATION_CONTROLLERS, inDefault(name)));

describe('a ReplicationController that is deleted', () => {
  it('takes its pods along in the background', async () => {
    await running('web', 2);
    await server.client.delete(REPLICATION_CONTROLLERS, inDefault('web'), { propagationPolicy: 'Background' });
    await controllerGone('web');
    await eventually(async () => (await podsOf('web')).length === 0);
    expect(server.complaints).toEqual([]);
  });

  it('is there until its last pod is gone, in the foreground', async () => {
    await running('web', 2);
    const [pod] = await podsOf('web');
    if (pod === undefined) throw new Error('there should be a pod');
    const finalizers = ['example.com/hold'];
    await server.client.patch(PODS, nameOf(pod), 'merge', { metadata: { finalizers } });
    await server.client.delete(REPLICATION_CONTROLLERS, inDefault('web'), { propagationPolicy: 'Foreground' });
    await eventually(async () => (await podsOf('web')).length === 1);
    const waiting = await server.client.get(REPLICATION_CONTROLLERS, inDefault('web'));
    expect(waiting.metadata).toMatchObject({ finalizers: ['foregroundDeletion'] });
    await server.client.patch(PODS, nameOf(pod), 'merge', { metadata: { finalizers: null } });
    await controllerGone('web');
    expect(await podsOf('web')).toEqual([]);
    expect(server.complaints).toEqual([]);
  });

  it.each([
    ['when it is asked to', { propagationPolicy: 'Orphan' as const }],
    ['when nothing is said, as is the custom of its kind', {}],
  ])('leaves its pods %s', async (_, options) => {
    await running('web', 2);
    await server.client.delete(REPLICATION_CONTROLLERS, inDefault('web'), options);
    await controllerGone('web');
    const pods = await podsOf('web');
    expect(pods.map(({ metadata }) => [metadata.deletionTimestamp, metadata.ownerReferences ?? []])).toEqual([
      [undefined, []],
      [undefined, []],
    ]);
    expect(server.complaints).toEqual([]);
  });

  it('leaves pods that another owner still needs, which forget it', async () => {
    await running('going', 2);
    const staying = await running('staying', 1);
    const [shared] = await podsOf('going');
    if (shared === undefined) throw new Error('there should be a pod');
    const { name, uid } = staying.metadata;
    const reference = { apiVersion: 'v1', kind: 'ReplicationController', name, uid };
    const ownerReferences = [...(shared.metadata.ownerReferences ?? []), reference];
    await server.client.patch(PODS, nameOf(shared), 'merge', { metadata: { ownerReferences } });
    await server.client.delete(REPLICATION_CONTROLLERS, inDefault('going'), { propagationPolicy: 'Foreground' });
    await controllerGone('going');
    await eventually(async () => (await podsOf('going')).length === 1);
    const left = await server.client.get(PODS, nameOf(shared));
    expect(left.metadata.deletionTimestamp).toBeUndefined();
    expect(left.metadata.ownerReferences?.map((owner) => owner.uid)).toEqual([uid]);
    expect(server.complaints).toEqual([]);
  });
});

describe('pods that own each other in a circle', () => {
  it('all go when one of them is deleted', async () => {
    const make = (name: string) =>
      server.client.create(PODS, { metadata: inDefault(name), spec: { containers: [{ name: 'c', image: 'app:1' }] } });
    const pods = await Promise.all(['p1', 'p2', 'p3'].map(make));
    for (const [at, pod] of pods.entries()) {
      const owner = pods[(at + 2) % 3];
      if (owner === undefined) throw new Error('there are three');
      const { name, uid } = owner.metadata;
      const reference: OwnerReference = {
        apiVersion: 'v1',
        kind: 'Pod',
        name,
        uid,
        controller: true,
        blockOwnerDeletion: true,
      };
      await server.client.patch(PODS, nameOf(pod), 'merge', { metadata: { ownerReferences: [reference] } });
    }
    await server.client.delete(PODS, inDefault('p1'), { propagationPolicy: 'Foreground' });
    await eventually(async () => (await server.client.list(PODS, { namespace: 'default' })).items.length === 0);
    expect(server.complaints).toEqual([]);
  });
});

describe('the CA of a namespace', () => {
  const ca = { namespace: 'team', name: 'kube-root-ca.crt' };
  const data = async () => (await server.client.get(CONFIG_MAPS, ca)).data;

  it('is there again when it was deleted, and as it was when somebody changed it', async () => {
    await server.client.create(NAMESPACES, { metadata: { name: 'team' } });
    await eventually(async () => (await data())?.['ca.crt'] === 'CA');
    const { uid } = (await server.client.get(CONFIG_MAPS, ca)).metadata;
    await server.client.delete(CONFIG_MAPS, ca);
    await eventually(async () => (await server.client.get(CONFIG_MAPS, ca)).metadata.uid !== uid);
    expect(await data()).toEqual({ 'ca.crt': 'CA' });
    await server.client.patch(CONFIG_MAPS, ca, 'merge', { data: { 'ca.crt': 'forged', more: 'x' } });
    await eventually(async () => Object.keys((await data()) ?? {}).length === 1);
    expect(await data()).toEqual({ 'ca.crt': 'CA' });
    expect(server.complaints).toEqual([]);
  });
});

describe('a disruption budget', () => {
  const budget = inDefault('budget');

  it('follows the pods of a Deployment, and evictions count it down until it refuses', async () => {
    const { client } = server;
    await client.create(POD_DISRUPTION_BUDGETS, {
      metadata: { ...budget },
      spec: { selector: { matchLabels: { app: 'web' } }, maxUnavailable: 1 },
    });
    await client.create(DEPLOYMENTS, deployment('web', 3));
    const allowed = (count: number) =>
      eventually(async () => (await client.get(POD_DISRUPTION_BUDGETS, budget)).status?.disruptionsAllowed === count);
    await allowed(1);
    const pods = await podsOf('web');
    const evict = (pod: Served<Pod>) => {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: nameOf(pod) };
      return client.createSubresource(PODS, nameOf(pod), 'eviction', eviction, { timeoutMs: 2_000 });
    };
    const outcomes = await Promise.allSettled(pods.map(evict));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: 429 });
    // What was evicted is made anew, and then the budget allows one more.
    await allowed(1);
    const { status } = await client.get(POD_DISRUPTION_BUDGETS, budget);
    expect(status).toMatchObject({ expectedPods: 3, currentHealthy: 3, desiredHealthy: 2 });
    expect(server.complaints).toEqual([]);
  });

  it('measures pods of any controller that has a scale, and says which has none', async () => {
    const { client } = server;
    const owner = await client.create(DEPLOYMENTS, {
      ...deployment('direct', 4),
      spec: { ...deployment('direct', 4).spec, paused: true } as never,
    });
    const { name, uid } = owner.metadata;
    const settings = await client.create(CONFIG_MAPS, { metadata: inDefault('settings') });
    const pod = (podName: string, reference: OwnerReference) =>
      client.create(PODS, {
        metadata: {
          ...inDefault(podName),
          labels: { group: 'odd' },
          ownerReferences: [{ ...reference, controller: true }],
        },
        spec: { containers: [{ name: 'c', image: 'app:1' }] },
      });
    await pod('scaled', { apiVersion: 'apps/v1', kind: 'Deployment', name, uid });
    await client.create(POD_DISRUPTION_BUDGETS, {
      metadata: { ...budget },
      spec: { selector: { matchLabels: { group: 'odd' } }, maxUnavailable: '50%' },
    });
    await eventually(async () => (await client.get(POD_DISRUPTION_BUDGETS, budget)).status?.expectedPods === 4);
    const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', uid: settings.metadata.uid };
    await pod('unscaled', other);
    await eventually(async () => {
      const { conditions = [] } = (await client.get(POD_DISRUPTION_BUDGETS, budget)).status ?? {};
      return conditions.some(
        ({ reason, message }) =>
          reason === 'SyncFailed' && message === 'configmaps does not implement the scale subresource',
      );
    });
  });
});
