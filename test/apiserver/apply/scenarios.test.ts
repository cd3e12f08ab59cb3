// The scenarios of kubernetes/kubernetes test/integration/apiserver/apply/apply_test.go that are not in other files here, each
// under the name it has there.
import { beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, DEPLOYMENTS, PODS, pod, type TestApi, testApi } from '../harness.ts';
import { apply, configMap, MERGE, ownersOf, ownersOfField } from './support.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const STATEFUL_SETS = '/apis/apps/v1/namespaces/default/statefulsets';
const labels = { app: 'nginx' };
const nginx = { name: 'nginx', image: 'nginx:latest' };

/** A deployment as those tests apply it. */
function deploymentOf(spec: object, podSpec: object = {}, containers: readonly object[] = [nginx]): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers, ...podSpec } },
      ...spec,
    },
  };
}

const PATH = `${DEPLOYMENTS}/d`;
const get = async (path: string) => (await api.call('GET', path)).body;
const put = async (path: string, body: object, manager: string) =>
  (await api.call('PUT', `${path}?fieldManager=${manager}`, body)).body;

describe('what changes nothing', () => {
  it('TestApplyAlsoCreates: another manager applies the same without a conflict', async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 8080, protocol: 'UDP' }] },
    };
    for (const [path, body] of [
      [`${PODS}/p`, pod('p')],
      ['/api/v1/namespaces/default/services/s', service],
    ] as const) {
      expect((await apply(api, path, 'apply_test', body)).status).toBe(201);
      expect((await apply(api, path, 'apply_test_2', body)).status).toBe(200);
    }
  });

  it('TestNoOpUpdateSameResourceVersion: what was read is put back', async () => {
    const containers = ['a', 'c', 'b'].map((name) => ({ name, image: name }));
    await apply(api, `${PODS}/p`, 'apply_test', pod('p', { containers }));
    api.clock.advance(1_000);
    const before = await get(`${PODS}/p`);
    expect(await put(`${PODS}/p`, before, 'other')).toEqual(before);
  });

  it('TestNoOpApplyWithEmptyMap: annotations that are empty are applied again', async () => {
    const template = { metadata: { annotations: {}, labels }, spec: { containers: [nginx] } };
    const first = await apply(api, PATH, 'apply_test', deploymentOf({ template }));
    api.clock.advance(1_000);
    expect((await apply(api, PATH, 'apply_test', deploymentOf({ template }))).body).toEqual(first.body);
  });

  it('TestNoopChangeCreationTime: what the server sets is null', async () => {
    const metadata = { name: 'a', creationTimestamp: null, resourceVersion: null, uid: null };
    const first = await apply(api, `${CONFIG_MAPS}/a`, 'apply_test', { ...configMap('a', { k: '1' }), metadata });
    expect(first.status).toBe(201);
    api.clock.advance(1_200);
    const again = await apply(api, `${CONFIG_MAPS}/a`, 'apply_test', { ...configMap('a', { k: '1' }), metadata });
    expect(again.body).toEqual(first.body);
  });

  const resources = { limits: { memory: '2048Mi' } };
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const stateful = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'nginx', labels },
    spec: {
      serviceName: 'nginx',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ ...nginx, resources }] } },
      volumeClaimTemplates: [{ metadata: { name: 'nginx' }, spec: claim }],
    },
  };

  it('TestNoSemanticUpdateApplySameResourceVersion: quantities and defaults in what is atomic', async () => {
    const first = await apply(api, `${STATEFUL_SETS}/nginx`, 'apply_test', stateful);
    expect(first.body.spec.template.spec.containers[0].resources.limits.memory).toBe('2Gi');
    api.clock.advance(1_200);
    const again = await apply(api, `${STATEFUL_SETS}/nginx`, 'apply_test', stateful);
    expect(again.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });

  it('TestNoSemanticUpdatePutSameResourceVersion', async () => {
    const first = await api.call('POST', `${STATEFUL_SETS}?fieldManager=apply_test`, stateful);
    api.clock.advance(1_200);
    const again = await put(`${STATEFUL_SETS}/nginx`, stateful, 'apply_test');
    expect(again.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });
});

it('TestApplyEmptyMarkerStructDifferentFromNil: an empty directory is owned', async () => {
  const volume = (more: object) => ({ volumes: [{ name: 'cache', ...more }] });
  const bare = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } };
  const containers = [{ ...nginx, volumeMounts: [{ mountPath: '/cache', name: 'cache' }] }];
  const first = await apply(api, `${PODS}/p`, 'me', { ...bare, spec: { containers, ...volume({ emptyDir: {} }) } });
  expect(ownersOfField(first.body, 'spec.volumesk:{"name":"cache"}.emptyDir')).toEqual(['me']);
  api.clock.advance(1_000);
  const second = await apply(api, `${PODS}/p`, 'me', { ...bare, spec: { containers, ...volume({}) } });
  expect(second.status).toBe(200);
  expect(second.body.metadata.resourceVersion).not.toBe(first.body.metadata.resourceVersion);
});

it('TestApplyGroupsManySeparateUpdates: ten updates are told apart, and the older ones are ancient', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/webhook';
  const metadata = { name: 'webhook', labels: { applier: 'true' } };
  const kind = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' };
  await apply(api, path, 'apply_test', { ...kind, metadata });
  for (let at = 0; at < 20; at++) {
    const patch = { metadata: { labels: { [`updater${at}`]: 'new' } } };
    await api.call('PATCH', `${path}?fieldManager=updater${at}`, patch, MERGE);
  }
  const managers = ownersOf(await get(path)).map((owner) => owner.split(' ')[0]);
  expect(managers).toHaveLength(11);
  expect(managers.slice(0, 2)).toEqual(['apply_test', 'ancient-changes']);
});

describe('an object that is too large with its owners', () => {
  const keys = Array.from(
    { length: 9_999 },
    (_, at) => `this-key-is-very-long-so-as-to-create-a-very-large-serialized-fieldset-${at}`,
  );
  const data = Object.fromEntries(keys.map((key) => [key, 'A']));

  it.each([
    ['TestCreateVeryLargeObject', () => api.call('POST', CONFIG_MAPS, configMap('a', data))],
    ['TestUpdateVeryLargeObject', () => api.call('PUT', `${CONFIG_MAPS}/a`, configMap('a', data))],
    ['TestPatchVeryLargeObject', () => api.call('PATCH', `${CONFIG_MAPS}/a`, { data }, MERGE)],
  ])(
    '%s: is stored without them, and not applied to',
    async (name, write) => {
      if (!name.includes('Create')) await api.call('POST', CONFIG_MAPS, configMap('a', { k: 'v' }));
      const written = await write();
      expect(written.status).toBe(name.includes('Create') ? 201 : 200);
      expect(Object.keys((await get(`${CONFIG_MAPS}/a`)).data).length).toBeGreaterThanOrEqual(keys.length);
      const refused = await apply(api, `${CONFIG_MAPS}/a`, 'apply_test', configMap('a'));
      expect(refused.status).toBe(413);
    },
    30_000,
  );
});

describe('who owns what', () => {
  it('TestApplyManagedFields: to the byte', async () => {
    const labelled = { ...configMap('a', { key: 'value' }), metadata: { name: 'a', labels: { 'test-label': 'test' } } };
    await apply(api, `${CONFIG_MAPS}/a`, 'apply_test', labelled);
    await api.call('PATCH', `${CONFIG_MAPS}/a?fieldManager=updater`, { data: { 'new-key': 'value' } }, MERGE);
    api.clock.advance(1_000);
    await api.call('PATCH', `${CONFIG_MAPS}/a?fieldManager=updater`, { data: { key: 'new value' } }, MERGE);
    const { metadata } = await get(`${CONFIG_MAPS}/a`);
    const [first, second] = metadata.managedFields;
    expect(JSON.stringify(first)).toBe(
      `{"manager":"apply_test","operation":"Apply","apiVersion":"v1","time":"${first.time}","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{"f:test-label":{}}}}}`,
    );
    expect(JSON.stringify(second)).toBe(
      `{"manager":"updater","operation":"Update","apiVersion":"v1","time":"${second.time}","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:key":{},"f:new-key":{}}}}`,
    );
    expect(Date.parse(second.time) - Date.parse(first.time)).toBe(1_000);
  });

  it('TestApplyRemovesEmptyManagedFields: who names nothing owns nothing', async () => {
    await apply(api, `${CONFIG_MAPS}/a`, 'apply_test', configMap('a'));
    await apply(api, `${CONFIG_MAPS}/a`, 'apply_test', configMap('a'));
    expect((await get(`${CONFIG_MAPS}/a`)).metadata).not.toHaveProperty('managedFields');
  });

  it('TestApplyConvertsManagedFieldsVersion: an entry that cannot be read counts for nothing', async () => {
    const fieldsV1 = { 'f:metadata': { 'f:labels': { 'f:sidecar_version': {} } } };
    const entry = { manager: 'sidecar_controller', operation: 'Apply', apiVersion: 'extensions/v1beta1', fieldsV1 };
    const whole = deploymentOf({}) as { metadata: object };
    const metadata = { ...whole.metadata, managedFields: [entry] };
    await api.call('POST', DEPLOYMENTS, { ...whole, metadata }, { 'user-agent': 'Go-http-client/2.0' });
    const sidecar = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', labels: { sidecar_version: 'release' } },
      spec: { template: { spec: { containers: [{ name: 'sidecar', image: 'sidecar:latest' }] } } },
    };
    const { body } = await apply(api, PATH, 'sidecar_controller', sidecar);
    expect(body.metadata.managedFields).toHaveLength(2);
    expect(body.metadata.managedFields[0]).toMatchObject({ manager: 'sidecar_controller', apiVersion: 'apps/v1' });
    expect(JSON.stringify(body.metadata.managedFields[0].fieldsV1)).toBe(
      '{"f:metadata":{"f:labels":{"f:sidecar_version":{}}},"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\\"name\\":\\"sidecar\\"}":{".":{},"f:image":{},"f:name":{}}}}}}}',
    );
  });

  it('TestErrorsDontFail, …Update, …Patch: managedFields that cannot be read are no reason to refuse', async () => {
    const entry = { manager: 'apply_test', operation: 'Apply', apiVersion: 'v1', time: '2019-07-08T09:31:18Z' };
    const managedFields = [{ ...entry, fieldsType: '', fieldsV1: {} }];
    const body = { ...configMap('a', { key: 'value' }), metadata: { name: 'a', managedFields } };
    const created = await api.call('POST', `${CONFIG_MAPS}?fieldManager=me`, body);
    expect(ownersOf(created.body)).toEqual(['me Update v1: data.key']);
    expect(ownersOf(await put(`${CONFIG_MAPS}/a`, body, 'other'))).toEqual(['me Update v1: data.key']);
    const patch = [{ op: 'replace', path: '/metadata/managedFields', value: managedFields }];
    const headers = { 'content-type': 'application/json-patch+json' };
    const patched = await api.call('PATCH', `${CONFIG_MAPS}/a`, patch, headers);
    expect(ownersOf(patched.body)).toEqual(['me Update v1: data.key']);
  });

  it('TestRenamingAppliedFieldManagers: two of one name are one', async () => {
    const labelled = { ...pod('p'), metadata: { name: 'p', labels: { a: 'one' } } };
    await apply(api, `${PODS}/p`, 'multi_manager_one', labelled);
    const other = { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { b: 'two' } } };
    const { body } = await apply(api, `${PODS}/p`, 'multi_manager_two', other);
    expect(body.metadata.labels).toEqual({ a: 'one', b: 'two' });
    for (const entry of body.metadata.managedFields) entry.manager = 'multi_manager';
    expect(ownersOf(await put(`${PODS}/p`, body, 'me'))).toEqual(['multi_manager Apply v1: metadata.labels.b']);
  });

  it('TestRenamingUpdatedFieldManagers', async () => {
    await apply(api, `${PODS}/p`, 'first', pod('p'));
    for (const [manager, key] of [
      ['multi_manager_one', 'a'],
      ['multi_manager_two', 'b'],
    ])
      await api.call(
        'PATCH',
        `${PODS}/p?fieldManager=${manager}`,
        { metadata: { labels: { [`${key}`]: key } } },
        MERGE,
      );
    const body = await get(`${PODS}/p`);
    for (const entry of body.metadata.managedFields) entry.manager = 'multi_manager';
    expect(ownersOf(await put(`${PODS}/p`, body, 'me')).slice(1)).toEqual([
      'multi_manager Update v1: metadata.labels.b',
    ]);
  });

  it('TestSubresourceField: a scale by the same manager is an entry of its own', async () => {
    await apply(api, PATH, 'manager', deploymentOf({ replicas: 3 }));
    await api.call('PATCH', `${PATH}/scale?fieldManager=manager`, { spec: { replicas: 32 } }, MERGE);
    const owners = ownersOf(await get(PATH));
    expect(owners).toHaveLength(2);
    expect(owners[0]).toMatch(/^manager Apply apps\/v1: /);
    expect(owners[1]).toBe('manager Update apps/v1/scale: spec.replicas');
  });
});

describe('what is no longer named', () => {
  it('TestApplyRemoveContainerPort', async () => {
    const ports = [{ containerPort: 80, protocol: 'TCP' }];
    await apply(api, PATH, 'apply_test', deploymentOf({ replicas: 3 }, {}, [{ ...nginx, ports }]));
    const { body } = await apply(api, PATH, 'apply_test', deploymentOf({ replicas: 3 }));
    expect(body.spec.template.spec.containers[0].ports).toBeUndefined();
  });

  it('TestApplyUnsetExclusivelyOwnedFields: goes, or is what it is by default', async () => {
    await apply(api, PATH, 'apply_test', deploymentOf({ replicas: 3 }, { hostname: 'test-hostname' }));
    const { body } = await apply(api, PATH, 'apply_test', deploymentOf({}));
    expect(body.spec.replicas).toBe(1);
    expect(body.spec.template.spec.hostname).toBeUndefined();
  });

  it('TestApplyUnsetSharedFields: stays for who shares it', async () => {
    const whole = deploymentOf({ replicas: 3 }, { hostname: 'test-hostname' });
    await apply(api, PATH, 'shared_owner_1', whole);
    await apply(api, PATH, 'shared_owner_2', whole);
    const { body } = await apply(api, PATH, 'shared_owner_1', deploymentOf({}));
    expect(body.spec).toMatchObject({ replicas: 3, template: { spec: { hostname: 'test-hostname' } } });
  });

  it('TestApplyCanTransferFieldOwnershipToController', async () => {
    const first = await apply(api, PATH, 'test_applier', deploymentOf({ replicas: 3 }));
    await put(PATH, { ...first.body, spec: { ...first.body.spec, replicas: 4 } }, 'test_updater');
    const { body } = await apply(api, PATH, 'test_applier', deploymentOf({}));
    expect(body.spec.replicas).toBe(4);
  });

  it('TestApplyCanRemoveMapItemsContributedToByControllers: an item goes with what others added to it', async () => {
    const { body: created } = await apply(api, PATH, 'test_applier', deploymentOf({}));
    created.spec.template.spec.containers[0].workingDir = '/home/replacement';
    await put(PATH, created, 'test_updater');
    const other = { name: 'other-container', image: 'nginx:latest' };
    const { body } = await apply(api, PATH, 'test_applier', deploymentOf({}, {}, [other]));
    expect(body.spec.template.spec.containers).toEqual([expect.objectContaining(other)]);
  });
});

describe('conflicts', () => {
  it('TestDefaultMissingKeys: an item is the same with its default or without', async () => {
    const ports = (name: string, more: object) => [{ ...nginx, ports: [{ name, containerPort: 80, ...more }] }];
    await apply(api, PATH, 'test_applier', deploymentOf({}, {}, ports('foo', {})));
    const other = deploymentOf({}, {}, ports('bar', { protocol: 'TCP' }));
    const refused = await apply(api, PATH, 'test_applier_conflict', other);
    expect(refused.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(refused.body.details.causes).toHaveLength(1);
  });

  it('TestUpgradeClientSideToServerSideApply: what kubectl’s annotation says was its own', async () => {
    const spec = { template: { metadata: { labels }, spec: { containers: [nginx] } } };
    const bare = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'd', labels } };
    const last = JSON.stringify({ ...bare, spec: { ...spec, replicas: 3 } });
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': last };
    const whole = deploymentOf({ replicas: 100_000 }) as { metadata: object };
    await api.call('POST', DEPLOYMENTS, { ...whole, metadata: { ...whole.metadata, annotations } });
    const metadata = { name: 'd', labels: { app: 'my-new-label' } };
    const refused = await apply(api, PATH, 'kubectl', { ...bare, metadata, spec: { ...spec, replicas: 3 } });
    expect(refused.status).toBe(409);
    const containers = [{ name: 'nginx', image: 'my-image-new' }];
    const template = { metadata: { labels }, spec: { containers } };
    const { body } = await apply(api, PATH, 'kubectl', { ...bare, metadata, spec: { template } });
    expect(body.spec.replicas).toBe(100_000);
    expect(body.spec.template.spec.containers[0].image).toBe('my-image-new');
  });

  it('TestApplyFormerlyAtomicFields: who owned a whole reference does not own its fields', async () => {
    const path = '/api/v1/persistentvolumes/pv-storage';
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'pvc-storage', namespace: 'default' };
    const whole = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'pv-storage', labels: { type: 'local' } },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '16Mi' },
        claimRef: { ...claimRef, resourceVersion: '15499', uid: '2018e302-7b12-406c-9fa2-e52535d29e48' },
        hostPath: { path: '/tmp/mydata', type: '' },
      },
    };
    const original = await api.call('POST', '/api/v1/persistentvolumes?fieldManager=apply_test', whole);
    const entry = (manager: string, operation: string, fieldsV1: object) => ({
      manager,
      operation,
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1,
    });
    const mine = {
      'f:accessModes': {},
      'f:capacity': { 'f:storage': {} },
      'f:hostPath': { 'f:path': {} },
      'f:storageClassName': {},
    };
    const managedFields = [
      entry('apply_test', 'Apply', { 'f:metadata': { 'f:labels': { 'f:type': {} } }, 'f:spec': mine }),
      entry('kube-controller-manager', 'Update', { 'f:spec': { 'f:claimRef': {} } }),
    ];
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
    await api.call('PATCH', `${path}?fieldManager=apply_test`, { metadata: { managedFields } }, strategic);
    const { accessModes, capacity } = whole.spec;
    const spec = {
      storageClassName: '',
      capacity,
      accessModes,
      hostPath: { path: '/tmp/mydata' },
      claimRef: { name: 'pvc-storage', namespace: 'default' },
    };
    const applied = await apply(api, path, 'apply_test', { ...whole, spec });
    expect(applied.status).toBe(200);
    expect(applied.body.spec.claimRef).toEqual(original.body.spec.claimRef);
    expect(applied.body.metadata.managedFields.map(({ fieldsV1 }: { fieldsV1: unknown }) => fieldsV1)).toEqual([
      {
        'f:metadata': { 'f:labels': { 'f:type': {} } },
        'f:spec': { ...mine, 'f:claimRef': { 'f:name': {}, 'f:namespace': {} } },
      },
      { 'f:spec': { 'f:claimRef': {} } },
    ]);
  });
});
