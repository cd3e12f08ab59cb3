// Every write says in metadata.managedFields who wrote what: by the query's fieldManager, or by what the User-Agent begins with;
// the server's own writes, and those that go along in the command of another, under the names that Kubernetes' components have.
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeDangling } from '../../../src/apiserver/background/flow-schema-status.ts';
import { CONFIG_MAPS, DEPLOYMENTS, deployment, PODS, pod, type TestApi, testApi } from '../harness.ts';
import { apply, configMap, MERGE, ownersOf, ownersOfField } from './support.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const get = async (path: string) => (await api.call('GET', path)).body;

describe('the manager of a write', () => {
  it('is the fieldManager, else the User-Agent up to its slash, else unknown', async () => {
    const agent = { 'user-agent': 'kubectl/v1.33.0 (linux/amd64) kubernetes/abc' };
    await api.call('POST', `${CONFIG_MAPS}?fieldManager=me`, configMap('a', { k: '1' }), agent);
    await api.call('POST', CONFIG_MAPS, configMap('b', { k: '1' }), agent);
    await api.call('POST', CONFIG_MAPS, configMap('c', { k: '1' }), { 'user-agent': `${'x'.repeat(200)}/1` });
    await api.call('POST', CONFIG_MAPS, configMap('d', { k: '1' }), { 'user-agent': '' });
    expect(ownersOf(await get(`${CONFIG_MAPS}/a`))).toEqual(['me Update v1: data.k']);
    expect(ownersOf(await get(`${CONFIG_MAPS}/b`))).toEqual(['kubectl Update v1: data.k']);
    expect(ownersOf(await get(`${CONFIG_MAPS}/c`))).toEqual([`${'x'.repeat(128)} Update v1: data.k`]);
    expect(ownersOf(await get(`${CONFIG_MAPS}/d`))).toEqual(['unknown Update v1: data.k']);
  });

  it('of a creation owns what was sent and its defaults, not what the server adds', async () => {
    await api.call('POST', `${PODS}?fieldManager=me`, pod('p'));
    const body = await get(`${PODS}/p`);
    expect(ownersOfField(body, 'spec.restartPolicy')).toEqual(['me']);
    expect(ownersOfField(body, 'spec.containersk:{"name":"c"}.imagePullPolicy')).toEqual(['me']);
    const text = JSON.stringify(body.metadata.managedFields);
    for (const added of ['serviceAccount', 'tolerations', 'volumes', 'f:status', 'nodeName'])
      expect(text).not.toContain(added);
  });

  it('of an update, whole or by any patch, owns what it changes', async () => {
    await api.call('POST', `${CONFIG_MAPS}?fieldManager=first`, configMap('a', { a: '1', b: '1', c: '1', d: '1' }));
    const put = { ...configMap('a', { a: '2', b: '1', c: '1', d: '1' }) };
    await api.call('PUT', `${CONFIG_MAPS}/a?fieldManager=put`, put);
    await api.call('PATCH', `${CONFIG_MAPS}/a?fieldManager=merge`, { data: { b: '2' } }, MERGE);
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
    await api.call('PATCH', `${CONFIG_MAPS}/a?fieldManager=strategic`, { data: { c: '2' } }, strategic);
    const json = [{ op: 'replace', path: '/data/d', value: '2' }];
    const patched = await api.call('PATCH', `${CONFIG_MAPS}/a?fieldManager=json`, json, {
      'content-type': 'application/json-patch+json',
    });
    expect(['a', 'b', 'c', 'd'].map((key) => ownersOfField(patched.body, `data.${key}`))).toEqual([
      ['put'],
      ['merge'],
      ['strategic'],
      ['json'],
    ]);
  });

  it('of a status, a scale, or a part of a pod is told by its subresource', async () => {
    await api.call('POST', `${DEPLOYMENTS}?fieldManager=me`, deployment('d', 1));
    await api.call('PATCH', `${DEPLOYMENTS}/d/status?fieldManager=controller`, { status: { replicas: 1 } }, MERGE);
    await api.call('PATCH', `${DEPLOYMENTS}/d/scale?fieldManager=scaler`, { spec: { replicas: 3 } }, MERGE);
    const owners = ownersOf(await get(`${DEPLOYMENTS}/d`));
    expect(owners).toContain('controller Update apps/v1/status: status.replicas');
    expect(owners).toContain('scaler Update apps/v1/scale: spec.replicas');
    await api.call('POST', `${PODS}?fieldManager=me`, pod('p'));
    const debug = { spec: { ephemeralContainers: [{ name: 'e', image: 'busybox' }] } };
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
    await api.call('PATCH', `${PODS}/p/ephemeralcontainers?fieldManager=debugger`, debug, strategic);
    const added = ownersOf(await get(`${PODS}/p`)).find((owner) => owner.startsWith('debugger'));
    expect(added).toMatch(
      /^debugger Update v1\/ephemeralcontainers: spec\.ephemeralContainersk:\{"name":"e"\}\.image /,
    );
    const text = ownersOf(await get(`${PODS}/p`)).join();
    expect(text).not.toMatch(/debugger[^,]*spec\.containers/);
  });

  it('does not come of a binding or a deletion', async () => {
    await api.call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
    await api.call('POST', `${PODS}?fieldManager=me`, { ...pod('p'), metadata: { name: 'p', finalizers: ['x.io/y'] } });
    const before = ownersOf(await get(`${PODS}/p`));
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } };
    expect((await api.call('POST', `${PODS}/p/binding`, binding)).status).toBe(201);
    await api.call('DELETE', `${PODS}/p`);
    const after = await get(`${PODS}/p`);
    expect(after.metadata.deletionTimestamp).toBeDefined();
    expect(ownersOf(after)).toEqual(before);
  });

  it('is shown by reviews and token requests, of which nothing is stored', async () => {
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' };
    const spec = { resourceAttributes: { verb: 'get', resource: 'pods' } };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?fieldManager=me';
    expect(ownersOf((await api.call('POST', path, { ...review, spec })).body)).toEqual([
      'me Update authorization.k8s.io/v1: spec.resourceAttributes.resource spec.resourceAttributes.verb',
    ]);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const issuing = await testApi({ authentication: { insecure: true, serviceAccountKeys: [key] } });
    const token = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 900 } };
    const accounts = '/api/v1/namespaces/default/serviceaccounts/default/token?fieldManager=me';
    expect(ownersOf((await issuing.call('POST', accounts, token)).body)).toEqual([
      'me Update authentication.k8s.io/v1/token: spec.expirationSeconds',
    ]);
  });
});

describe('what the server writes itself', () => {
  it('is kube-apiserver’s', async () => {
    const namespace = await get('/api/v1/namespaces/default');
    expect(ownersOf(namespace)).toEqual(['kube-apiserver Update v1: metadata.labels.kubernetes.io/metadata.name']);
    const slice = await get('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes');
    expect(ownersOfField(slice, 'endpoints')).toEqual(['kube-apiserver']);
  });

  it('for priority and fairness has names of its own', async () => {
    const path = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/probes';
    expect(ownersOfField(await get(path), 'spec.matchingPrecedence')).toEqual([
      'api-priority-and-fairness-config-producer-v1',
    ]);
    await writeDangling(api.context, new AbortController().signal);
    for (const owner of ownersOf(await get(path)).filter((one) => one.includes('/status')))
      expect(owner).toMatch(
        /^api-priority-and-fairness-config-consumer-v1 Update flowcontrol\.apiserver\.k8s\.io\/v1\/status/,
      );
  });

  it('in a new namespace is kube-controller-manager’s', async () => {
    await api.call('POST', '/api/v1/namespaces?fieldManager=me', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'n' },
    });
    expect(ownersOf(await get('/api/v1/namespaces/n'))).toEqual([
      'me Update v1: metadata.labels.kubernetes.io/metadata.name',
    ]);
    const bundle = await get('/api/v1/namespaces/n/configmaps/kube-root-ca.crt');
    expect(ownersOf(bundle)).toEqual([
      'kube-controller-manager Update v1: data.ca.crt metadata.annotations.kubernetes.io/description',
    ]);
  });

  it('to a quota that an object is charged to is kube-apiserver’s, in its status', async () => {
    const quotas = '/api/v1/namespaces/default/resourcequotas';
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q' },
      spec: { hard: { configmaps: '9' } },
    };
    await api.call('POST', `${quotas}?fieldManager=me`, quota);
    const status = { hard: { configmaps: '9' }, used: { configmaps: '1' } };
    await api.call('PATCH', `${quotas}/q/status?fieldManager=kube-controller-manager`, { status }, MERGE);
    await api.call('POST', CONFIG_MAPS, configMap('a'));
    const charged = await get(`${quotas}/q`);
    expect(charged.status.used).toEqual({ configmaps: '2' });
    expect(ownersOfField(charged, 'status.used.configmaps')).toEqual(['kube-apiserver']);
    expect(ownersOfField(charged, 'status.hard.configmaps')).toEqual(['kube-controller-manager']);
  });
});

describe('managedFields in a body', () => {
  const entry = {
    manager: 'somebody',
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:k': {} } },
  };
  const update = async (managedFields: unknown) => {
    await api.call('POST', `${CONFIG_MAPS}?fieldManager=me`, configMap('a', { k: '1' }));
    const metadata = { name: 'a', managedFields };
    return api.call('PUT', `${CONFIG_MAPS}/a?fieldManager=other`, { ...configMap('a', { k: '1' }), metadata });
  };

  it('of a client that knows nothing of it stay as they are', async () => {
    expect(ownersOf((await update(undefined)).body)).toEqual(['me Update v1: data.k']);
  });

  // kubernetes/apimachinery pkg/util/managedfields/internal/fieldmanager.go (isResetManagedFields).
  describe.each([
    ['an empty list', []],
    ['a list of one empty entry', [{}]],
  ])('are forgotten where a client sends %s', (_, reset) => {
    const metadata = { managedFields: reset };

    it('in an update', async () => {
      const answer = await update(reset);
      expect(answer.body.data).toEqual({ k: '1' });
      expect(ownersOf(answer.body)).toEqual([]);
      // Who applies to it then shares it with whoever was there before.
      const applied = await apply(api, `${CONFIG_MAPS}/a`, 'me', configMap('a', { k: '1' }));
      expect(ownersOf(applied.body)).toEqual(['me Apply v1: data.k', 'before-first-apply Update v1: data.k']);
    });

    it.each([
      ['merge-patch', { metadata }],
      ['strategic-merge-patch', { metadata }],
      ['json-patch', [{ op: 'replace', path: '/metadata/managedFields', value: reset }]],
    ])('in a %s', async (kind, patch) => {
      await api.call('POST', `${CONFIG_MAPS}?fieldManager=me`, configMap('a', { k: '1' }));
      const patched = await api.call('PATCH', `${CONFIG_MAPS}/a`, patch, {
        'content-type': `application/${kind}+json`,
      });
      expect(patched.status).toBe(200);
      expect(patched.body.metadata).not.toHaveProperty('managedFields');
      expect(patched.body.data).toEqual({ k: '1' });
      // It stays without owners until somebody applies to it.
      const again = await api.call('PATCH', `${CONFIG_MAPS}/a`, { data: { k: '2' } }, MERGE);
      expect(ownersOf(again.body)).toEqual([]);
    });

    it('in a creation, which is its sender’s then', async () => {
      const body = {
        ...configMap('a', { k: '1' }),
        metadata: { name: 'a', ...metadata },
      };
      const created = await api.call('POST', `${CONFIG_MAPS}?fieldManager=me`, body);
      expect(ownersOf(created.body)).toEqual(['me Update v1: data.k']);
    });

    it('but not through a subresource, nor in a template', async () => {
      const template = deployment('d') as {
        spec: { template: { metadata: object } };
      };
      Object.assign(template.spec.template.metadata, metadata);
      const created = await api.call('POST', `${DEPLOYMENTS}?fieldManager=me`, template);
      if (reset.length === 0) expect(created.body.spec.template.metadata).not.toHaveProperty('managedFields');
      const patch = { metadata, status: { replicas: 1 } };
      const patched = await api.call('PATCH', `${DEPLOYMENTS}/d/status?fieldManager=other`, patch, MERGE);
      expect(ownersOf(patched.body).map((owner) => owner.split(':')[0])).toEqual([
        'me Update apps/v1',
        'other Update apps/v1/status',
      ]);
    });
  });

  it('are taken where they can be read, and ignored where they cannot', async () => {
    expect(ownersOf((await update([entry])).body)).toEqual(['somebody Update v1: data.k']);
    for (const broken of [{ fieldsType: 'FieldsV2' }, { operation: 'Delete' }, { fieldsV1: { 'k:nothing': {} } }]) {
      await api.call('DELETE', `${CONFIG_MAPS}/a`);
      expect(ownersOf((await update([{ ...entry, ...broken }])).body)).toEqual(['me Update v1: data.k']);
    }
  });

  it('are refused with names that no manager may have', async () => {
    const long = await update([{ ...entry, manager: 'm'.repeat(129) }]);
    expect(long.body).toMatchObject({
      code: 422,
      message: 'ConfigMap "a" is invalid: metadata.managedFields[0].manager: Too long: may not be more than 128 bytes',
    });
  });
});
