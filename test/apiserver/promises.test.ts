// Conformance of kinds and subresources that controllers rest on: scale and status of ReplicationControllers, finalizers and
// status of namespaces, status and collections of services and endpoints.
import { beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, testApi } from './harness.ts';

const CONTROLLERS = '/api/v1/namespaces/default/replicationcontrollers';
const SERVICES = '/api/v1/namespaces/default/services';
const ENDPOINTS = '/api/v1/namespaces/default/endpoints';
const MERGE = { 'content-type': 'application/merge-patch+json' };

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const names = (body: { items: { metadata: { name: string } }[] }): string[] =>
  body.items.map(({ metadata }) => metadata.name);

describe('a ReplicationController', () => {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'busybox:1.35' }] },
  };
  beforeEach(async () => {
    const made = await api.call('POST', CONTROLLERS, { metadata: { name: 'web' }, spec: { replicas: 2, template } });
    expect(made.status).toBe(201);
  });

  it('is scaled by its subresource, which tells its selector as text', async () => {
    const scale = (await api.call('GET', `${CONTROLLERS}/web/scale`)).body;
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=web' },
    });
    const scaled = await api.call('PUT', `${CONTROLLERS}/web/scale`, { ...scale, spec: { replicas: 4 } });
    expect(scaled.body.spec.replicas).toBe(4);
    await api.call('PATCH', `${CONTROLLERS}/web/scale`, { spec: { replicas: 1 } }, MERGE);
    expect((await api.call('GET', `${CONTROLLERS}/web`)).body).toMatchObject({
      spec: { replicas: 1 },
      metadata: { generation: 3 },
    });
  });

  it('has a status apart from its spec', async () => {
    const patched = await api.call(
      'PATCH',
      `${CONTROLLERS}/web/status`,
      { status: { readyReplicas: 0, replicas: 1 }, spec: { replicas: 9 } },
      MERGE,
    );
    expect(patched.body).toMatchObject({ status: { replicas: 1 }, spec: { replicas: 2 } });
    const wrong = await api.call('PATCH', `${CONTROLLERS}/web/status`, { status: { readyReplicas: 5 } }, MERGE);
    expect(wrong.body.message).toContain(
      'status.readyReplicas: Invalid value: 5: cannot be greater than status.replicas',
    );
  });

  it('waits for its dependents to be cut loose when its deletion does not say what becomes of them', async () => {
    const deleted = await api.call('DELETE', `${CONTROLLERS}/web`);
    expect(deleted.body.metadata.finalizers).toEqual(['orphan']);
    expect((await api.call('DELETE', `${CONTROLLERS}/web?propagationPolicy=Background`)).status).toBe(200);
    expect((await api.call('GET', `${CONTROLLERS}/web`)).status).toBe(404);
  });

  it('is found by its short name and its category', async () => {
    const { resources } = (await api.call('GET', '/api/v1')).body;
    expect(resources).toContainEqual(
      expect.objectContaining({ name: 'replicationcontrollers', shortNames: ['rc'], categories: ['all'] }),
    );
    const { resources: policy } = (await api.call('GET', '/apis/policy/v1')).body;
    expect(policy.map(({ name }: { name: string }) => name)).toEqual([
      'poddisruptionbudgets',
      'poddisruptionbudgets/status',
    ]);
  });
});

describe('a namespace', () => {
  it('takes a further finalizer, and gives it up, by its subresource', async () => {
    const made = (await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } })).body;
    const finalizers = ['kubernetes', 'example.com/mine'];
    const added = await api.call('PUT', '/api/v1/namespaces/n/finalize', { ...made, spec: { finalizers } });
    expect(added.body.spec.finalizers).toEqual(finalizers);
    const removed = await api.call('PUT', '/api/v1/namespaces/n/finalize', {
      ...added.body,
      spec: { finalizers: ['kubernetes'] },
    });
    expect(removed.body.spec.finalizers).toEqual(['kubernetes']);
    expect((await api.call('GET', '/api/v1/namespaces/n')).body.status.phase).toBe('Active');
  });

  it('takes conditions by its status, patched or updated', async () => {
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    const condition = { type: 'StatusPatch', status: 'True', reason: 'E2E', message: 'patched' };
    const patch = { metadata: { annotations: { a: 'b' } }, status: { conditions: [condition] } };
    const patched = (await api.call('PATCH', '/api/v1/namespaces/n/status', patch, MERGE)).body;
    expect(patched).toMatchObject({
      metadata: { annotations: { a: 'b' } },
      status: { phase: 'Active', conditions: [condition] },
    });
    const conditions = [condition, { ...condition, type: 'StatusUpdate' }];
    const updated = await api.call('PUT', '/api/v1/namespaces/n/status', {
      ...patched,
      status: { ...patched.status, conditions },
    });
    expect(updated.body.status.conditions).toHaveLength(2);
  });
});

describe('services and endpoints', () => {
  it('a service has a status that is patched and updated, and is patched itself', async () => {
    await api.call('POST', SERVICES, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
    const patch = {
      metadata: { annotations: { a: 'b' } },
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } },
    };
    const patched = (await api.call('PATCH', `${SERVICES}/s/status`, patch, MERGE)).body;
    expect(patched).toMatchObject({ metadata: { annotations: { a: 'b' } }, status: patch.status });
    const conditions = [
      { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ];
    const updated = await api.call('PUT', `${SERVICES}/s/status`, {
      ...patched,
      status: { ...patched.status, conditions },
    });
    expect(updated.body.status).toMatchObject({ conditions, loadBalancer: patch.status.loadBalancer });
    const labelled = await api.call('PATCH', `${SERVICES}/s`, { metadata: { labels: { x: 'y' } } }, MERGE);
    expect(labelled.body).toMatchObject({ metadata: { labels: { x: 'y' } }, status: { conditions } });
  });

  it('collections go by label, and leave the rest', async () => {
    for (const [name, group] of [
      ['a', 'one'],
      ['b', 'one'],
      ['c', 'two'],
    ] as const) {
      await api.call('POST', SERVICES, { metadata: { name, labels: { group } }, spec: { ports: [{ port: 80 }] } });
      await api.call('POST', ENDPOINTS, {
        metadata: { name, labels: { group } },
        subsets: [{ addresses: [{ ip: '10.0.0.9' }], ports: [{ port: 80 }] }],
      });
    }
    for (const collection of [SERVICES, ENDPOINTS]) {
      expect((await api.call('DELETE', `${collection}?labelSelector=group%3Done`)).status).toBe(200);
      expect(names((await api.call('GET', collection)).body)).toEqual(['c', 'kubernetes']);
    }
    const all = (await api.call('GET', '/api/v1/services')).body.items as {
      metadata: { namespace: string; name: string };
      spec: { ports: unknown[] };
    }[];
    const own = all.find(({ metadata }) => metadata.namespace === 'default' && metadata.name === 'kubernetes');
    expect(own?.spec.ports).toMatchObject([{ name: 'https', port: 443, protocol: 'TCP' }]);
  });
});
