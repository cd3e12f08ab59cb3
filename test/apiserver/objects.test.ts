// Create, get, update, patch and delete, as a client sees them.
import { beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, PODS, pod, type TestApi, testApi } from './harness.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

describe('create', () => {
  it('gives an object its identity and serves the same bytes to a get', async () => {
    const created = await api.call('POST', CONFIG_MAPS, configMap('a', { k: 'v' }));
    expect(created.status).toBe(201);
    expect(created.body.metadata).toMatchObject({ name: 'a', namespace: 'default' });
    expect(created.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number(created.body.metadata.resourceVersion)).toBeGreaterThan(0);
    expect((await api.call('GET', `${CONFIG_MAPS}/a`)).text).toBe(created.text);
  });

  it('takes the namespace from the body where the path has none, and default where neither has one', async () => {
    expect((await api.call('POST', '/api/v1/pods', pod('a'))).body.metadata.namespace).toBe('default');
    const other = { ...pod('b'), metadata: { name: 'b', namespace: 'kube-public' } };
    expect((await api.call('POST', '/api/v1/pods', other)).body.metadata.namespace).toBe('kube-public');
    expect((await api.call('POST', PODS, other)).status).toBe(400);
  });

  it('makes names until one is free', async () => {
    const names = new Set<string>();
    for (let at = 0; at < 20; at++) {
      const body = { ...configMap(''), metadata: { generateName: 'x-' } };
      names.add((await api.call('POST', CONFIG_MAPS, body)).body.metadata.name);
    }
    expect(names.size).toBe(20);
  });

  it('refuses a taken name, a set resourceVersion, a missing namespace and a name that is none', async () => {
    await api.call('POST', CONFIG_MAPS, configMap('a'));
    expect((await api.call('POST', CONFIG_MAPS, configMap('a'))).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
    const versioned = { ...configMap('b'), metadata: { name: 'b', resourceVersion: '1' } };
    expect((await api.call('POST', CONFIG_MAPS, versioned)).status).toBe(400);
    const missing = await api.call('POST', '/api/v1/namespaces/nope/configmaps', configMap('a'));
    expect(missing.body).toMatchObject({ code: 404, message: 'namespaces "nope" not found' });
    expect((await api.call('POST', CONFIG_MAPS, configMap('A_b'))).body).toMatchObject({
      code: 422,
      reason: 'Invalid',
    });
  });

  it('stores nothing on a dry run', async () => {
    expect((await api.call('POST', `${CONFIG_MAPS}?dryRun=All`, configMap('a'))).status).toBe(201);
    expect((await api.call('GET', `${CONFIG_MAPS}/a`)).status).toBe(404);
    expect((await api.call('POST', `${CONFIG_MAPS}?dryRun=Some`, configMap('a'))).status).toBe(422);
  });

  it('warns of unknown fields, and refuses them where asked to', async () => {
    const body = { ...configMap('a'), nonsense: 1 };
    expect((await api.call('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, body)).status).toBe(400);
    const warned = await api.call('POST', `${CONFIG_MAPS}?fieldValidation=Warn`, body);
    expect(warned.status).toBe(201);
    expect(warned.headers.get('warning')).toBe('299 - "unknown field \\"nonsense\\""');
  });
});

describe('update', () => {
  it('needs the version it names, and raises it', async () => {
    const { body } = await api.call('POST', CONFIG_MAPS, configMap('a', { k: '1' }));
    const updated = await api.call('PUT', `${CONFIG_MAPS}/a`, { ...body, data: { k: '2' } });
    expect(updated.body.data).toEqual({ k: '2' });
    const stale = await api.call('PUT', `${CONFIG_MAPS}/a`, { ...body, data: { k: '3' } });
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
  });

  it('keeps the resourceVersion when nothing changes', async () => {
    const { body } = await api.call('POST', CONFIG_MAPS, configMap('a', { k: '1' }));
    const before = api.store.status().revision;
    const again = await api.call('PUT', `${CONFIG_MAPS}/a`, { ...body, metadata: { name: 'a', labels: {} } });
    expect(again.status).toBe(200);
    expect(again.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    expect(api.store.status().revision).toBe(before);
  });

  it('refuses another uid and another name', async () => {
    await api.call('POST', CONFIG_MAPS, configMap('a'));
    const other = { ...configMap('a'), metadata: { name: 'a', uid: 'nope' } };
    expect((await api.call('PUT', `${CONFIG_MAPS}/a`, other)).status).toBe(409);
    expect((await api.call('PUT', `${CONFIG_MAPS}/a`, configMap('b'))).status).toBe(400);
  });

  it('raises the generation with the spec, not with labels or status', async () => {
    const { body } = await api.call('POST', DEPLOYMENTS, deployment('d'));
    expect(body.metadata.generation).toBe(1);
    const scaled = await api.call('PATCH', `${DEPLOYMENTS}/d`, { spec: { replicas: 3 } }, MERGE);
    expect(scaled.body.metadata.generation).toBe(2);
    const labelled = await api.call('PATCH', `${DEPLOYMENTS}/d`, { metadata: { labels: { a: 'b' } } }, MERGE);
    expect(labelled.body.metadata.generation).toBe(2);
    const status = await api.call(
      'PATCH',
      `${DEPLOYMENTS}/d/status`,
      { status: { replicas: 3 }, spec: { replicas: 9 } },
      MERGE,
    );
    expect(status.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 }, status: { replicas: 3 } });
  });
});

const MERGE = { 'content-type': 'application/merge-patch+json' };

describe('patch', () => {
  it('merges lists by key in a strategic patch', async () => {
    await api.call('POST', DEPLOYMENTS, deployment('d'));
    const patch = { spec: { template: { spec: { containers: [{ name: 'c', image: 'busybox:1.36' }] } } } };
    const patched = await api.call('PATCH', `${DEPLOYMENTS}/d`, patch, {
      'content-type': 'application/strategic-merge-patch+json',
    });
    expect(patched.body.spec.template.spec.containers).toHaveLength(1);
    expect(patched.body.spec.template.spec.containers[0].image).toBe('busybox:1.36');
  });

  it('applies a JSON patch, whose failing test is a 422', async () => {
    await api.call('POST', CONFIG_MAPS, configMap('a', { k: '1' }));
    const headers = { 'content-type': 'application/json-patch+json' };
    const replace = [{ op: 'replace', path: '/data/k', value: '2' }];
    expect((await api.call('PATCH', `${CONFIG_MAPS}/a`, replace, headers)).body.data).toEqual({ k: '2' });
    const test = [{ op: 'test', path: '/data/k', value: '9' }];
    expect((await api.call('PATCH', `${CONFIG_MAPS}/a`, test, headers)).status).toBe(422);
  });

  it('loses no update when many patch one object at once', async () => {
    await api.call('POST', CONFIG_MAPS, configMap('a'));
    const keys = Array.from({ length: 20 }, (_, at) => `k${at}`);
    const answers = await Promise.all(
      keys.map((key) => api.call('PATCH', `${CONFIG_MAPS}/a`, { data: { [key]: 'v' } }, MERGE)),
    );
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200));
    expect(Object.keys((await api.call('GET', `${CONFIG_MAPS}/a`)).body.data).sort()).toEqual([...keys].sort());
  });

  it('refuses a patch for a version that is gone', async () => {
    const { body } = await api.call('POST', CONFIG_MAPS, configMap('a'));
    await api.call('PATCH', `${CONFIG_MAPS}/a`, { data: { a: '1' } }, MERGE);
    const stale = { metadata: { resourceVersion: body.metadata.resourceVersion }, data: { a: '2' } };
    expect((await api.call('PATCH', `${CONFIG_MAPS}/a`, stale, MERGE)).status).toBe(409);
  });
});

describe('delete', () => {
  it('answers a Status that names what was deleted', async () => {
    await api.call('POST', CONFIG_MAPS, configMap('a'));
    const deleted = await api.call('DELETE', `${CONFIG_MAPS}/a`);
    expect(deleted.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'a', kind: 'configmaps' },
    });
    expect((await api.call('DELETE', `${CONFIG_MAPS}/a`)).status).toBe(404);
  });

  it('waits for finalizers, and ends with the last one', async () => {
    const body = { ...configMap('a'), metadata: { name: 'a', finalizers: ['example.com/f'] } };
    await api.call('POST', CONFIG_MAPS, body);
    const deleted = await api.call('DELETE', `${CONFIG_MAPS}/a`);
    expect(deleted.body.metadata.deletionTimestamp).toBeDefined();
    await api.call('PATCH', `${CONFIG_MAPS}/a`, { metadata: { finalizers: null } }, MERGE);
    expect((await api.call('GET', `${CONFIG_MAPS}/a`)).status).toBe(404);
  });

  it('keeps its preconditions', async () => {
    await api.call('POST', CONFIG_MAPS, configMap('a'));
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'another' } };
    expect((await api.call('DELETE', `${CONFIG_MAPS}/a`, options)).status).toBe(409);
  });

  it('turns a policy into the finalizer of the garbage collector', async () => {
    await api.call('POST', DEPLOYMENTS, deployment('d'));
    const deleted = await api.call('DELETE', `${DEPLOYMENTS}/d?propagationPolicy=Foreground`);
    expect(deleted.body.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect((await api.call('DELETE', `${DEPLOYMENTS}/d?propagationPolicy=Sideways`)).status).toBe(422);
  });

  it('removes an unbound pod at once, and a bound one when its kubelet confirms', async () => {
    await api.call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
    await api.call('POST', PODS, pod('free'));
    expect((await api.call('DELETE', `${PODS}/free`)).body.kind).toBe('Pod');
    expect((await api.call('GET', `${PODS}/free`)).status).toBe(404);
    await api.call('POST', PODS, pod('bound', { nodeName: 'n' }));
    const deleted = await api.call('DELETE', `${PODS}/bound`);
    expect(deleted.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
    expect((await api.call('GET', `${PODS}/bound`)).status).toBe(200);
    await api.call('DELETE', `${PODS}/bound?gracePeriodSeconds=0`);
    expect((await api.call('GET', `${PODS}/bound`)).status).toBe(404);
  });

  it('deletes a selected collection and nothing else', async () => {
    for (const name of ['a', 'b', 'c'])
      await api.call('POST', CONFIG_MAPS, configMap(name, {}, { keep: String(name === 'c') }));
    const deleted = await api.call('DELETE', `${CONFIG_MAPS}?labelSelector=keep%3Dfalse`);
    expect(deleted.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['a', 'b']);
    expect((await api.call('GET', `${CONFIG_MAPS}/c`)).status).toBe(200);
    expect((await api.call('GET', `${CONFIG_MAPS}/a`)).status).toBe(404);
  });
});
