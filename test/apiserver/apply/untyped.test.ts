// Fields of any content, and keys that have a default: as kubernetes/client-go applyconfigurations/internal/internal.go (1.36)
// has them, which is what the API server itself merges by: `data` of a ControllerRevision, `parameters` and `data` of devices are
// `__untyped_atomic_`, one value to their owner.
import { beforeEach, describe, expect, it } from 'vitest';
import { mergeTypesOf } from '../../../src/api/apply/merge-types.ts';
import { apiSchema } from '../../../src/api/index.ts';
import { DEPLOYMENTS, deployment, type TestApi, testApi } from '../harness.ts';
import { apply, ownersOf } from './support.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

describe('a field of any content', () => {
  const path = '/apis/apps/v1/namespaces/default/controllerrevisions/r';
  const revision = (data: object, revisionNumber = 1) => ({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'r' },
    data,
    revision: revisionNumber,
  });

  it('is owned as one, and a conflict as one', async () => {
    const created = await apply(api, path, 'one', revision({ a: { b: 1 }, list: [1, 2] }));
    expect(created.status).toBe(201);
    expect(ownersOf(created.body)).toEqual(['one Apply apps/v1: data revision']);
    const refused = await apply(api, path, 'two', revision({ a: { c: 2 } }));
    expect(refused.body).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "one": .data',
    });
    const same = await apply(api, path, 'two', revision({ list: [1, 2], a: { b: 1 } }));
    expect(ownersOf(same.body)).toEqual(['one Apply apps/v1: data revision', 'two Apply apps/v1: data revision']);
  });

  it.each([
    ['io.k8s.api.apps.v1.ControllerRevision', 'data'],
    ['io.k8s.api.resource.v1.OpaqueDeviceConfiguration', 'parameters'],
    ['io.k8s.api.resource.v1.AllocatedDeviceStatus', 'data'],
  ])('is atomic: %s.%s', (type, field) => {
    expect(mergeTypesOf(apiSchema()).type(type)?.fields.get(field)?.type.leaf).toBe(true);
  });

  it('is one of these', () => {
    // Types behind feature gates are there too once a server has opened one.
    const stable = apiSchema()
      .typeNames()
      .filter((name) => !/\.v\d+(alpha|beta)\d+\./.test(name));
    const untyped = stable
      .flatMap((name) => [...(apiSchema().type(name)?.fields.values() ?? [])].map((field) => ({ name, field })))
      .filter(({ field: { shape } }) => shape.kind === 'scalar' && (shape.scalar === 'raw' || shape.scalar === 'any'));
    expect(untyped.map(({ name, field }) => `${name.split('.').at(-1)}.${field.name}`).toSorted()).toEqual([
      'AllocatedDeviceStatus.data',
      'ControllerRevision.data',
      // Nobody applies it: metadata.managedFields must be nil.
      'ManagedFieldsEntry.fieldsV1',
      'OpaqueDeviceConfiguration.parameters',
    ]);
  });
});

describe('an item without its key', () => {
  it('that is required has the empty one, and is refused for that', async () => {
    const whole = deployment('d') as { spec: { template: { spec: { containers: object[] } } } };
    whole.spec.template.spec.containers = [{ image: 'busybox:1.35' }];
    const refused = await apply(api, `${DEPLOYMENTS}/d`, 'me', whole);
    expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(refused.body.message).toContain('spec.template.spec.containers[0].name: Required value');
  });

  it('is found again: a pull secret without a name', async () => {
    const account = (imagePullSecrets: object[]) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'a' },
      imagePullSecrets,
    });
    const path = '/api/v1/namespaces/default/serviceaccounts/a';
    const created = await apply(api, path, 'me', account([{}, { name: 's' }]));
    expect(ownersOf(created.body)).toEqual(['me Apply v1: imagePullSecrets']);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'busybox:1.35' }], imagePullSecrets: [{}] },
    };
    const { body } = await apply(api, '/api/v1/namespaces/default/pods/p', 'me', pod);
    expect(ownersOf(body)[0]).toContain('spec.imagePullSecretsk:{"name":""}');
  });
});
