// What the server does around objects: namespaces and their contents, admission of pods, addresses, fences, subresources.
import { beforeEach, describe, expect, it } from 'vitest';
import { startBackground } from '../../src/apiserver/background/background.ts';
import { sweepEvents } from '../../src/apiserver/background/event-expiry.ts';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, PODS, pod, type TestApi, testApi } from './harness.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi({ clusterCa: 'PEM' });
});

describe('the objects that no cluster is without', () => {
  it('come back when somebody deletes them', async () => {
    const ending = new AbortController();
    startBackground(api.context, ending.signal);
    const service = '/api/v1/namespaces/default/services/kubernetes';
    try {
      expect((await api.call('DELETE', service)).status).toBe(200);
      await expect
        .poll(async () => {
          api.clock.advance(10_000);
          return (await api.call('GET', service)).body.spec?.clusterIP;
        })
        .toBe('10.96.0.1');
    } finally {
      ending.abort();
    }
  });
});

const MERGE = { 'content-type': 'application/merge-patch+json' };

describe('namespaces', () => {
  it('are born with an account and the CA, so that a pod can follow at once', async () => {
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    expect((await api.call('GET', '/api/v1/namespaces/n/configmaps/kube-root-ca.crt')).body.data).toEqual({
      'ca.crt': 'PEM',
    });
    expect((await api.call('POST', '/api/v1/namespaces/n/pods', pod('p'))).status).toBe(201);
  });

  it('take nothing new while they end, and end when they are finalized', async () => {
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    const deleted = await api.call('DELETE', '/api/v1/namespaces/n');
    expect(deleted.body).toMatchObject({ status: { phase: 'Terminating' }, spec: { finalizers: ['kubernetes'] } });
    const late = await api.call('POST', '/api/v1/namespaces/n/configmaps', configMap('a'));
    expect(late.body).toMatchObject({ code: 403, details: { causes: [{ reason: 'NamespaceTerminating' }] } });
    const finalized = { ...deleted.body, spec: { finalizers: [] } };
    expect((await api.call('PUT', '/api/v1/namespaces/n/finalize', finalized)).status).toBe(200);
    expect((await api.call('GET', '/api/v1/namespaces/n')).status).toBe(404);
  });
});

describe('pods', () => {
  it('get an account, its token, tolerations and a priority', async () => {
    const { spec } = (await api.call('POST', PODS, pod('p'))).body;
    expect(spec).toMatchObject({ serviceAccountName: 'default', priority: 0 });
    expect(spec.tolerations).toHaveLength(2);
    const [volume] = spec.volumes;
    expect(volume.name).toMatch(/^kube-api-access-.{5}$/);
    expect(volume.projected.sources).toHaveLength(3);
    expect(spec.containers[0].volumeMounts).toEqual([
      { name: volume.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ]);
    const without = await api.call('POST', PODS, pod('q', { automountServiceAccountToken: false }));
    expect(without.body.spec.volumes ?? []).toEqual([]);
  });

  it('are bound once, to a node that is there', async () => {
    await api.call('POST', '/api/v1/nodes', { metadata: { name: 'n1' } });
    await api.call('POST', PODS, pod('p'));
    const binding = { target: { kind: 'Node', name: 'n1' } };
    const answers = await Promise.all([1, 2, 3].map(() => api.call('POST', `${PODS}/p/binding`, binding)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const bound = (await api.call('GET', `${PODS}/p`)).body;
    expect(bound.spec.nodeName).toBe('n1');
    expect(bound.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    const listed = await api.call('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1');
    expect(listed.body.items).toHaveLength(1);
  });

  it('are evicted by a deletion', async () => {
    await api.call('POST', PODS, pod('p'));
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'default' } };
    expect((await api.call('POST', `${PODS}/p/eviction`, eviction)).status).toBe(201);
    expect((await api.call('GET', `${PODS}/p`)).status).toBe(404);
  });
});

describe('services', () => {
  const SERVICES = '/api/v1/namespaces/default/services';
  const service = (name: string, spec: object = {}): object => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });

  it('never share an address, and give it back', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) => api.call('POST', SERVICES, service(`s${at}`, { type: 'NodePort' }))),
    );
    expect(new Set(answers.map(({ body }) => body.spec.clusterIP)).size).toBe(40);
    expect(new Set(answers.map(({ body }) => body.spec.ports[0].nodePort)).size).toBe(40);
    const ip = answers[0]?.body.spec.clusterIP;
    const taken = await api.call('POST', SERVICES, service('x', { clusterIP: ip }));
    expect(taken.body).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.clusterIPs' }] } });
    await api.call('DELETE', `${SERVICES}/s0`);
    expect((await api.call('POST', SERVICES, service('x', { clusterIP: ip }))).status).toBe(201);
  });

  it('keep their address through an update that does not name it', async () => {
    const { body } = await api.call('POST', SERVICES, service('s', { type: 'NodePort' }));
    const updated = await api.call('PUT', `${SERVICES}/s`, service('s', { type: 'NodePort', selector: { a: 'b' } }));
    expect(updated.body.spec.clusterIP).toBe(body.spec.clusterIP);
    expect(updated.body.spec.ports[0].nodePort).toBe(body.spec.ports[0].nodePort);
    const plain = await api.call('PATCH', `${SERVICES}/s`, { spec: { type: 'ClusterIP' } }, MERGE);
    expect(plain.body.spec.ports[0].nodePort).toBeUndefined();
  });

  it('have a port for health checks when balancers are to ask each node, and give it back', async () => {
    const local = service('a', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const { spec } = (await api.call('POST', SERVICES, local)).body;
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
    expect(spec.healthCheckNodePort).not.toBe(spec.ports[0].nodePort);
    const asking = (name: string, healthCheckNodePort: number): object =>
      service(name, { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort });
    const taken = await api.call('POST', SERVICES, asking('b', spec.healthCheckNodePort));
    expect(taken.body).toMatchObject({
      code: 500,
      message: expect.stringContaining('provided port is already allocated'),
    });
    const outside = await api.call('POST', SERVICES, asking('b', 80));
    expect(outside.body.message).toContain(
      'failed to allocate requested HealthCheck NodePort 80: provided port is not in',
    );
    const shared = await api.call('PATCH', `${SERVICES}/a`, { spec: { externalTrafficPolicy: 'Cluster' } }, MERGE);
    expect(shared.body.spec.healthCheckNodePort).toBeUndefined();
    expect((await api.call('POST', SERVICES, asking('b', spec.healthCheckNodePort))).status).toBe(201);
  });

  it('say how the addresses of their balancers are reached', async () => {
    await api.call('POST', SERVICES, service('a', { type: 'LoadBalancer' }));
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'lb.example' }] } };
    const { body } = await api.call('PATCH', `${SERVICES}/a/status`, { status }, MERGE);
    expect(body.status.loadBalancer.ingress).toEqual([{ ip: '192.0.2.1', ipMode: 'VIP' }, { hostname: 'lb.example' }]);
  });

  it('have none when they are headless, and the first one is the API', async () => {
    expect((await api.call('POST', SERVICES, service('h', { clusterIP: 'None' }))).body.spec.clusterIPs).toEqual([
      'None',
    ]);
    expect((await api.call('GET', `${SERVICES}/kubernetes`)).body.spec.clusterIP).toBe('10.96.0.1');
  });
});

describe('fences', () => {
  const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  const lease = (holderIdentity: string, resourceVersion?: string): object => ({
    metadata: { name: 'l', ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { holderIdentity },
  });

  it('let the holder write, and nobody who held the lease before', async () => {
    const first = await api.call('POST', LEASES, lease('a'));
    const fence = first.headers.get('quorate-fence') ?? '';
    expect(fence).toMatch(/^kube-system\/l=\d+$/);
    expect((await api.call('POST', CONFIG_MAPS, configMap('a'), { 'quorate-fence': fence })).status).toBe(201);
    const renewed = await api.call('PUT', `${LEASES}/l`, {
      ...lease('a', first.body.metadata.resourceVersion),
      spec: { holderIdentity: 'a', leaseTransitions: 1 },
    });
    expect(renewed.headers.get('quorate-fence')).toBe(fence);
    const second = await api.call('PUT', `${LEASES}/l`, lease('b', renewed.body.metadata.resourceVersion));
    const raised = second.headers.get('quorate-fence') ?? '';
    expect(raised).not.toBe(fence);
    expect((await api.call('GET', `${LEASES}/l`)).headers.get('quorate-fence')).toBe(raised);
    const late = await api.call('POST', CONFIG_MAPS, configMap('b'), { 'quorate-fence': fence });
    expect(late.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect((await api.call('GET', `${CONFIG_MAPS}/b`)).status).toBe(404);
    expect((await api.call('POST', CONFIG_MAPS, configMap('b'), { 'quorate-fence': raised })).status).toBe(201);
  });
});

describe('scale', () => {
  it('reads and changes the replicas alone', async () => {
    await api.call('POST', DEPLOYMENTS, deployment('d', 2));
    const scale = (await api.call('GET', `${DEPLOYMENTS}/d/scale`)).body;
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=d' } });
    const scaled = await api.call('PUT', `${DEPLOYMENTS}/d/scale`, { ...scale, spec: { replicas: 5 } });
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
    expect((await api.call('PUT', `${DEPLOYMENTS}/d/scale`, { ...scale, spec: { replicas: 6 } })).status).toBe(409);
    const patched = await api.call('PATCH', `${DEPLOYMENTS}/d/scale`, { spec: { replicas: 0 } }, MERGE);
    // Zero is left out, as in Go.
    expect(patched.body.spec).toEqual({});
    expect((await api.call('GET', `${DEPLOYMENTS}/d`)).body).toMatchObject({
      spec: { replicas: 0 },
      metadata: { generation: 3 },
    });
  });
});

describe('events', () => {
  it('expire an hour after they last happened', async () => {
    const event = (name: string): object => ({
      metadata: { name },
      involvedObject: { namespace: 'default' },
      reason: 'R',
    });
    await api.call('POST', '/api/v1/namespaces/default/events', event('old'));
    api.clock.advance(30 * 60_000);
    await api.call('POST', '/api/v1/namespaces/default/events', event('new'));
    api.clock.advance(31 * 60_000);
    await sweepEvents(api.context, new AbortController().signal);
    const left = await api.call('GET', '/api/v1/events');
    expect(left.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['new']);
  });
});

describe('reviews', () => {
  it('say who is asking and what they may', async () => {
    const self = await api.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    expect(self.body.status.userInfo.groups).toContain('system:masters');
    const access = { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } };
    expect(
      (await api.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', access)).body.status.allowed,
    ).toBe(true);
  });
});
