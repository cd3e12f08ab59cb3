// Resource quotas at the server: what is charged, by which writes, and that nobody spends the same twice.
import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/apiserver/http/app.ts';
import { createServerContext } from '../../src/apiserver/server.ts';
import { RaftWorld } from '../store/raft-world.ts';
import {
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  PODS,
  pod,
  type TestApi,
  testApi,
  testOptions,
} from './harness.ts';

const NAMESPACE = '/api/v1/namespaces/default';
const QUOTAS = `${NAMESPACE}/resourcequotas`;
const SERVICES = `${NAMESPACE}/services`;
const MERGE = { 'content-type': 'application/merge-patch+json' };

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

/** A quota as it is once the controller has seen it. */
async function observed(
  name: string,
  hard: Record<string, string>,
  spec: object = {},
  used: object = {},
): Promise<void> {
  expect((await api.call('POST', QUOTAS, { metadata: { name }, spec: { hard, ...spec } })).status).toBe(201);
  const zero = Object.fromEntries(Object.keys(hard).map((each) => [each, '0']));
  const status = { hard, used: { ...zero, ...used } };
  expect((await api.call('PATCH', `${QUOTAS}/${name}/status`, { status }, MERGE)).status).toBe(200);
}

const used = async (name: string): Promise<unknown> => (await api.call('GET', `${QUOTAS}/${name}`)).body.status.used;
const wants = (requests: object, limits: object = {}) => ({
  containers: [{ name: 'c', image: 'busybox:1.35', resources: { requests, limits } }],
});
const service = (name: string, type: string, ports = [80]): object => ({
  metadata: { name },
  spec: { type, ports: ports.map((port) => ({ name: `p${port}`, port })) },
});

describe('a quota', () => {
  it('charges a pod, and refuses the one that exceeds it with what is used and limited', async () => {
    await observed('q', { pods: '2', 'requests.cpu': '1' });
    expect((await api.call('POST', PODS, pod('a', wants({ cpu: '600m' })))).status).toBe(201);
    expect(await used('q')).toEqual({ pods: '1', 'requests.cpu': '600m' });
    const { body } = await api.call('POST', PODS, pod('b', wants({ cpu: '500m' })));
    expect(body).toMatchObject({ code: 403, reason: 'Forbidden', details: { name: 'b', kind: 'pods' } });
    expect(body.message).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    );
    expect((await api.call('POST', PODS, pod('c', wants({ cpu: '400m' })))).status).toBe(201);
    const last = await api.call('POST', PODS, pod('d', wants({ cpu: '0' })));
    expect(last.body.message).toBe(
      'pods "d" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    );
  });

  it('wants to know what it limits', async () => {
    await observed('q', { 'requests.memory': '1Gi' });
    const { body } = await api.call('POST', PODS, pod('a'));
    expect(body.message).toBe('pods "a" is forbidden: failed quota: q: must specify requests.memory for: c');
  });

  it('charges nothing for what is invalid, a dry run, a name that is taken, or what is refused otherwise', async () => {
    await observed('q', { configmaps: '5', pods: '5' });
    expect((await api.call('POST', CONFIG_MAPS, configMap('a', { '..': 'x' }))).status).toBe(422);
    expect((await api.call('POST', `${CONFIG_MAPS}?dryRun=All`, configMap('a'))).status).toBe(201);
    expect((await api.call('POST', CONFIG_MAPS, configMap('a'))).status).toBe(201);
    expect((await api.call('POST', CONFIG_MAPS, configMap('a'))).status).toBe(409);
    expect((await api.call('POST', PODS, pod('p', { priorityClassName: 'none' }))).status).toBe(403);
    expect(await used('q')).toEqual({ configmaps: '1', pods: '0' });
  });

  it('that nobody has observed enforces nothing', async () => {
    await api.call('POST', QUOTAS, { metadata: { name: 'q' }, spec: { hard: { configmaps: '0' } } });
    expect((await api.call('POST', CONFIG_MAPS, configMap('a'))).status).toBe(201);
    expect((await api.call('GET', `${QUOTAS}/q`)).body.status).toEqual({});
  });

  it('counts any kind by its name, itself included, and no events', async () => {
    await observed('q', { 'count/deployments.apps': '1', resourcequotas: '2', 'count/events': '0' });
    expect((await api.call('POST', DEPLOYMENTS, deployment('d'))).status).toBe(201);
    expect((await api.call('POST', DEPLOYMENTS, deployment('e'))).body.message).toBe(
      'deployments.apps "e" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1',
    );
    const event = { metadata: { name: 'x' }, involvedObject: { namespace: 'default' }, reason: 'R' };
    expect((await api.call('POST', `${NAMESPACE}/events`, event)).status).toBe(201);
    expect((await api.call('POST', QUOTAS, { metadata: { name: 'r' }, spec: {} })).status).toBe(201);
    expect(await used('q')).toMatchObject({ resourcequotas: '1' });
  });

  it('charges a service for what it becomes', async () => {
    await observed('q', { services: '3', 'services.nodeports': '2', 'services.loadbalancers': '1' });
    expect((await api.call('POST', SERVICES, service('a', 'ClusterIP', [80, 81]))).status).toBe(201);
    expect((await api.call('POST', SERVICES, service('b', 'NodePort'))).status).toBe(201);
    expect(await used('q')).toEqual({ services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
    const grown = await api.call('PATCH', `${SERVICES}/a`, { spec: { type: 'LoadBalancer' } }, MERGE);
    expect(grown.body.message).toContain(
      'exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=1',
    );
    const balanced = { spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false } };
    expect((await api.call('PATCH', `${SERVICES}/a`, balanced, MERGE)).status).toBe(200);
    expect(await used('q')).toEqual({ services: '2', 'services.nodeports': '1', 'services.loadbalancers': '1' });
    // What shrinks is given back by the controller; relabelling costs nothing.
    expect((await api.call('PATCH', `${SERVICES}/b`, { metadata: { labels: { a: 'b' } } }, MERGE)).status).toBe(200);
    expect(await used('q')).toMatchObject({ 'services.nodeports': '1' });
  });

  it('counts the pods in its scope alone, by what limit ranges have made of them', async () => {
    await observed('best', { pods: '5' }, { scopes: ['BestEffort'] });
    await observed('not', { pods: '5' }, { scopes: ['NotBestEffort'] });
    await observed('ending', { pods: '5' }, { scopes: ['Terminating'] });
    await api.call('POST', PODS, pod('a', { activeDeadlineSeconds: 9 }));
    await api.call('POST', `${NAMESPACE}/limitranges`, {
      metadata: { name: 'l' },
      spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '1' } }] },
    });
    await api.call('POST', PODS, pod('b'));
    expect([await used('best'), await used('not'), await used('ending')]).toEqual([
      { pods: '1' },
      { pods: '1' },
      { pods: '1' },
    ]);
  });

  it('leaves pods alone once they are there: what they want cannot be edited', async () => {
    await observed('q', { 'requests.cpu': '1' });
    await api.call('POST', PODS, pod('a', wants({ cpu: '600m' })));
    const edited = {
      spec: { containers: [{ name: 'c', image: 'busybox:1.35', resources: { requests: { cpu: '1' } } }] },
    };
    expect((await api.call('PATCH', `${PODS}/a`, edited, MERGE)).status).toBe(422);
    expect(await used('q')).toEqual({ 'requests.cpu': '600m' });
  });

  it('answers with the quota when it is deleted', async () => {
    await observed('q', { pods: '1' });
    expect((await api.call('DELETE', `${QUOTAS}/q`)).body).toMatchObject({ kind: 'ResourceQuota' });
    expect((await api.call('POST', PODS, pod('a'))).status).toBe(201);
  });
});

describe('many that spend at once', () => {
  it('spend what there is, on one server', async () => {
    await observed('q', { configmaps: '30' });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => api.call('POST', CONFIG_MAPS, configMap(`m${at}`))),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(30);
    expect(statuses.filter((status) => status === 403)).toHaveLength(70);
    expect(await used('q')).toEqual({ configmaps: '30' });
  });

  it('through three servers leave exactly as many as the quota allows', async () => {
    const world = await RaftWorld.start();
    const apps = world.stores().map((store) => createApp(createServerContext(testOptions(store))));
    const send = async (at: number, method: string, path: string, body?: unknown) => {
      const headers = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
      const response = await apps[at % apps.length]?.request(path, { method, headers, body: JSON.stringify(body) });
      return { status: response?.status, body: (await response?.json()) as Record<string, unknown> };
    };
    /** Lets the three work until the answers are there. */
    const settled = async <T>(answers: Promise<T>): Promise<T> => {
      let there = false;
      void answers.finally(() => {
        there = true;
      });
      await world.until(() => there);
      return answers;
    };
    const call = (...request: Parameters<typeof send>) => settled(send(...request));
    try {
      expect((await call(0, 'POST', '/api/v1/namespaces', { metadata: { name: 'default' } })).status).toBe(201);
      const hard = { 'count/configmaps': '10' };
      expect((await call(1, 'POST', QUOTAS, { metadata: { name: 'q' }, spec: { hard } })).status).toBe(201);
      const status = { hard, used: { 'count/configmaps': '0' } };
      expect((await call(2, 'PATCH', `${QUOTAS}/q/status`, { status })).status).toBe(200);
      const creates = Array.from({ length: 50 }, (_, at) => send(at, 'POST', CONFIG_MAPS, configMap(`m${at}`)));
      const statuses = (await settled(Promise.all(creates))).map((each) => each.status);
      expect(statuses.filter((each) => each === 201)).toHaveLength(10);
      expect(statuses.filter((each) => each === 403)).toHaveLength(40);
      for (const [at] of apps.entries()) {
        const list = await call(at, 'GET', CONFIG_MAPS);
        // The namespace's own is older than the quota.
        expect(list.body['items']).toHaveLength(11);
        const { body } = await call(at, 'GET', `${QUOTAS}/q`);
        expect(body['status']).toEqual({ hard, used: { 'count/configmaps': '10' } });
      }
    } finally {
      for (const store of world.stores()) await store.stop();
    }
  });
});
