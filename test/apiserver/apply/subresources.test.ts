// Server-side apply through each subresource: those that are patched take it, and it owns there what they may change and nothing
// else; the others have no such method. As kubernetes/kubernetes test/integration/apiserver/apply/scale_test.go and the
// strategies of pkg/registry have it.
import { beforeEach, describe, expect, it } from 'vitest';
import { createApiRegistry } from '../../../src/api/index.ts';
import { certificateRequest } from '../../support/certificate-request.ts';
import { DEPLOYMENTS, deployment, PODS, pod, type TestApi, testApi } from '../harness.ts';
import { APPLY, apply, MERGE, ownersOf, ownersOfField } from './support.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const get = async (path: string) => (await api.call('GET', path)).body;

describe('every subresource of every resource', () => {
  const APPS = '/apis/apps/v1/namespaces/default';
  const pathOf = (group: string, version: string, plural: string, namespaced: boolean): string =>
    `${group === '' ? '/api' : `/apis/${group}`}/${version}${namespaced ? '/namespaces/default' : ''}/${plural}`;
  const subresources = createApiRegistry()
    .all()
    .flatMap(({ group, version, plural, namespaced, subresources: parts }) =>
      parts.map((part) => ({ ...part, path: `${pathOf(group, version, plural, namespaced)}/nothing/${part.name}` })),
    );

  it('that is patched looks for its object, and creates none', async () => {
    const patched = subresources.filter(({ verbs }) => verbs.includes('patch'));
    expect(patched.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['status', 'scale', 'approval', 'ephemeralcontainers', 'resize']),
    );
    expect(patched.map(({ path }) => path)).toContain(`${APPS}/statefulsets/nothing/scale`);
    for (const { group, version, kind, path } of patched) {
      const configuration = {
        apiVersion: group === '' ? version : `${group}/${version}`,
        kind,
        metadata: { name: 'nothing' },
      };
      const answer = await apply(api, path, 'me', configuration);
      expect({ path, code: answer.status, reason: answer.body.reason }).toEqual({
        path,
        code: 404,
        reason: 'NotFound',
      });
    }
  });

  it('that is not patched has no such method', async () => {
    const others = subresources.filter(({ verbs }) => !verbs.includes('patch') && !verbs.includes('get'));
    expect(others.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['token', 'binding', 'eviction', 'finalize']),
    );
    for (const { path } of others) {
      const answer = await apply(api, path, 'me', {});
      expect(answer.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        reason: 'MethodNotAllowed',
        message: 'the server does not allow this method on the requested resource',
        details: {},
        code: 405,
      });
    }
  });
});

const selector = { app: 'web' };
const template = { metadata: { labels: selector }, spec: { containers: [{ name: 'c', image: 'busybox:1.35' }] } };
const apps = { replicas: 1, selector: { matchLabels: selector }, template };

describe.each([
  ['apps/v1', 'Deployment', `${DEPLOYMENTS}/web`, apps],
  ['apps/v1', 'StatefulSet', '/apis/apps/v1/namespaces/default/statefulsets/web', { ...apps, serviceName: 'web' }],
  ['apps/v1', 'ReplicaSet', '/apis/apps/v1/namespaces/default/replicasets/web', apps],
  ['v1', 'ReplicationController', '/api/v1/namespaces/default/replicationcontrollers/web', { ...apps, selector }],
])('the scale (%s) of a %s', (apiVersion, kind, path, spec) => {
  const whole = { apiVersion, kind, metadata: { name: 'web' }, spec };
  const scale = (replicas?: number) => ({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'web', namespace: 'default' },
    spec: replicas === undefined ? {} : { replicas },
  });
  const replicas = async () => {
    const body = await get(path);
    return [body.spec.replicas, ...ownersOfField(body, 'spec.replicas')];
  };

  it('moves the ownership of the replicas, as TestScaleAllResources has it', async () => {
    await apply(api, path, 'apply_test', whole);
    expect(await replicas()).toEqual([1, 'apply_test']);
    await api.call('PATCH', `${path}/scale?fieldManager=scale_test`, { spec: { replicas: 5 } }, MERGE);
    expect(await replicas()).toEqual([5, 'scale_test']);
    expect((await apply(api, path, 'apply_test', whole)).status).toBe(409);
    await apply(api, path, 'apply_test', whole, '&force=true');
    expect(await replicas()).toEqual([1, 'apply_test']);
    const refused = await apply(api, `${path}/scale`, 'apply_scale', scale(17));
    expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "apply_test": .spec.replicas');
    await apply(api, `${path}/scale`, 'apply_scale', scale(17), '&force=true');
    expect(await replicas()).toEqual([17, 'apply_scale']);
    await api.call('PUT', `${path}/scale?fieldManager=replace_test`, scale(7));
    expect(await replicas()).toEqual([7, 'replace_test']);
    await apply(api, `${path}/scale`, 'co_owning_test', scale(7));
    expect((await replicas()).sort()).toEqual([7, 'co_owning_test', 'replace_test']);
    await api.call('PATCH', `${path}/scale?fieldManager=scale_test`, { spec: { replicas: 5 } }, MERGE);
    expect(await replicas()).toEqual([5, 'scale_test']);
    // TestScaleUpdateOnlyStatus.
    await api.call('PATCH', `${path}/scale?fieldManager=other`, { status: { replicas: 42 } }, MERGE);
    expect(await replicas()).toEqual([5, 'scale_test']);
  });

  it('is refused as a Scale, whose words are its own', async () => {
    await apply(api, path, 'me', whole);
    const name = '(default/web; autoscaling/v1, Kind=Scale)';
    const refusal = async (body: object, more = ''): Promise<string> => {
      const answer = await apply(api, `${path}/scale`, 'scaler', body, more);
      return `${answer.status} ${answer.body.message}`;
    };
    expect(await refusal({ ...scale(1), spec: { replicas: 1, paused: true } })).toBe(
      `500 failed to create typed patch object ${name}: .spec.paused: field not declared in schema`,
    );
    expect(await refusal({ ...scale(1), spec: { replicas: '1' } })).toBe(
      `500 failed to create typed patch object ${name}: .spec.replicas: expected numeric (int or float), got string`,
    );
    expect(await refusal({ ...scale(1), spec: { replicas: 1.5 } })).toBe(
      `500 failed to convert new object ${name} to proper version: unable to convert unstructured object to autoscaling/v1, Kind=Scale: cannot convert float64 to int32`,
    );
    expect(await refusal({ ...scale(1), metadata: { name: 'web', managedFields: [] } })).toBe(
      '400 metadata.managedFields must be nil',
    );
    expect(await refusal(whole)).toBe(
      `400 invalid object type: ${apiVersion === 'v1' ? '/v1' : apiVersion}, Kind=${kind}`,
    );
    expect(await refusal({ ...scale(1), metadata: { name: 'other' } })).toBe(
      '400 the name of the object (other) does not match the name on the URL (web)',
    );
    expect(await refusal(scale(-1), '&force=true')).toMatch(
      /^422 Scale\.autoscaling "web" is invalid: spec\.replicas: /,
    );
  });
});

describe('the status', () => {
  it('shares labels with whoever owns them elsewhere: TestDroppingSubresourceField', async () => {
    await apply(api, `${PODS}/p`, 'first', pod('p'));
    const labelled = (labels: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { labels } });
    await apply(api, `${PODS}/p`, 'label_manager', labelled({ a: 'one' }));
    await apply(api, `${PODS}/p/status`, 'label_manager', labelled({ b: 'two' }));
    const body = await get(`${PODS}/p`);
    expect(body.metadata.labels).toEqual({ a: 'one', b: 'two' });
    expect(ownersOf(body).slice(1)).toEqual([
      'label_manager Apply v1: metadata.labels.a',
      'label_manager Apply v1/status: metadata.labels.b',
    ]);
    for (const entry of body.metadata.managedFields) delete entry.subresource;
    const put = await api.call('PUT', `${PODS}/p`, body);
    expect(ownersOf(put.body).slice(1)).toEqual(['label_manager Apply v1: metadata.labels.b']);
  });

  it('keeps entries of its own beside those of the object: TestDroppingSubresourceFromSpecField', async () => {
    await apply(api, `${PODS}/p`, 'first', pod('p'));
    await api.call('PATCH', `${PODS}/p?fieldManager=manager`, { metadata: { labels: { a: 'two' } } }, MERGE);
    await api.call('PATCH', `${PODS}/p/status?fieldManager=manager`, { status: { phase: 'Running' } }, MERGE);
    const body = await get(`${PODS}/p`);
    expect(ownersOf(body).slice(1)).toEqual([
      'manager Update v1: metadata.labels.a',
      'manager Update v1/status: status.phase',
    ]);
    for (const entry of body.metadata.managedFields) delete entry.subresource;
    const put = await api.call('PUT', `${PODS}/p`, body);
    expect(ownersOf(put.body).slice(1)).toEqual(['manager Update v1: status.phase']);
  });

  it('takes no managedFields from a body: TestApplyDoesNotChangeManagedFieldsViaSubresources', async () => {
    const live = await apply(api, `${PODS}/p`, 'apply_test', pod('p'));
    const entry = { manager: 'testing', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1' };
    const metadata = { managedFields: [{ ...entry, fieldsV1: { 'f:spec': { 'f:containers': {} } } }] };
    const status = { conditions: [{ type: 'MyStatus', status: 'True' }] };
    const { body } = await api.call('PATCH', `${PODS}/p/status?fieldManager=updater`, { metadata, status }, MERGE);
    expect(body.metadata.managedFields).toHaveLength(2);
    expect(body.metadata.managedFields[0]).toEqual(live.body.metadata.managedFields[0]);
    expect(ownersOf(body)[1]).toMatch(/^updater Update v1\/status: /);
  });

  it('is not taken from a configuration of the object, nor the spec from one of the status', async () => {
    const both = { ...deployment('d', 1), status: { replicas: 4 } };
    const created = await apply(api, `${DEPLOYMENTS}/d`, 'me', both);
    expect(created.body.status.replicas).toBeUndefined();
    expect(ownersOfField(created.body, 'status.replicas')).toEqual([]);
    const other = { ...deployment('d', 9), status: { replicas: 5 } };
    const applied = await apply(api, `${DEPLOYMENTS}/d/status`, 'controller', other);
    expect(applied.body).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 5 } });
    expect(ownersOf(applied.body)[0]).toBe('controller Apply apps/v1/status: status.replicas');
  });
});

describe('the parts of a pod', () => {
  const partOf = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });

  it('ephemeralcontainers is applied, and owns its containers alone', async () => {
    await apply(api, `${PODS}/p`, 'me', pod('p'));
    const look = { name: 'look', image: 'busybox:1.35' };
    const asked = partOf({ ephemeralContainers: [look], hostname: 'ignored' });
    const applied = await apply(api, `${PODS}/p/ephemeralcontainers`, 'debugger', asked);
    expect(applied.status).toBe(200);
    expect(applied.body.spec.ephemeralContainers).toEqual([expect.objectContaining(look)]);
    expect(applied.body.spec.hostname).toBeUndefined();
    const owner = 'debugger Apply v1/ephemeralcontainers: ';
    const item = 'spec.ephemeralContainersk:{"name":"look"}';
    expect(ownersOf(applied.body)[0]).toBe(`${owner}${item}.image ${item}.name`);
    const again = await apply(api, `${PODS}/p/ephemeralcontainers`, 'debugger', asked);
    expect(again.body).toEqual(applied.body);
    // What is there stays: an empty configuration would take it away.
    const gone = await apply(api, `${PODS}/p/ephemeralcontainers`, 'debugger', partOf({}));
    expect(gone.body).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('resize is applied, and conflicts with who owns the resources', async () => {
    const resources = { requests: { cpu: '1' }, limits: { cpu: '2' } };
    const containers = [{ name: 'c', image: 'busybox:1.35', resources }];
    await apply(api, `${PODS}/p`, 'me', pod('p', { containers }));
    const larger = partOf({ containers: [{ name: 'c', image: 'other:1', resources: { limits: { cpu: '3' } } }] });
    const refused = await apply(api, `${PODS}/p/resize`, 'resizer', larger);
    expect(refused.body).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "me": .spec.containers[name="c"].resources.limits.cpu',
    });
    const forced = await apply(api, `${PODS}/p/resize`, 'resizer', larger, '&force=true');
    expect(forced.body.spec.containers[0]).toMatchObject({
      image: 'busybox:1.35',
      resources: { requests: { cpu: '1' }, limits: { cpu: '3' } },
    });
    const item = 'spec.containersk:{"name":"c"}';
    expect(ownersOf(forced.body)).toContain(`resizer Apply v1/resize: ${item}.resources.limits.cpu`);
    expect(ownersOfField(forced.body, `${item}.image`)).toEqual(['me']);
    expect(ownersOfField(forced.body, `${item}.resources.requests.cpu`)).toEqual(['me']);
  });
});

describe('a certificate signing request', () => {
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests/jane';
  const part = (more: object) => ({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'jane' },
    ...more,
  });

  it('is approved and issued by applying, and its spec is nobody’s', async () => {
    const request = Buffer.from(await certificateRequest('ECDSA')).toString('base64');
    const spec = { request, signerName: 'example.com/signer', usages: ['client auth'] };
    const labelled = part({ metadata: { name: 'jane', labels: { team: 'devs' } }, spec });
    const created = await apply(api, path, 'me', labelled);
    expect(created.status).toBe(201);
    expect(ownersOf(created.body)).toEqual(['me Apply certificates.k8s.io/v1: metadata.labels.team']);
    const condition = { type: 'Approved', status: 'True', reason: 'Checked', message: 'fine' };
    const status = { conditions: [condition] };
    const approved = await apply(api, `${path}/approval`, 'approver', part({ status }));
    expect(approved.status).toBe(200);
    expect(approved.body.status.conditions).toEqual([expect.objectContaining(condition)]);
    const approver = ownersOf(approved.body).filter((owner) => owner.startsWith('approver '));
    const item = 'status.conditionsk:{"type":"Approved"}';
    expect(approver).toEqual([
      `approver Apply certificates.k8s.io/v1/approval: ${['message', 'reason', 'status', 'type'].map((field) => `${item}.${field}`).join(' ')}`,
    ]);
    // The status does not take conditions of approval, nor their ownership.
    const elsewhere = await apply(api, `${path}/status`, 'signer', part({ status }));
    expect(elsewhere.status).toBe(200);
    expect(ownersOf(elsewhere.body).filter((owner) => owner.startsWith('signer '))).toEqual([]);
  });
});

it('an apply through a subresource is of its own media type alone', async () => {
  await apply(api, `${DEPLOYMENTS}/d`, 'me', deployment('d'));
  const cbor = { 'content-type': APPLY['content-type'].replace('yaml', 'cbor') };
  const answer = await api.call('PATCH', `${DEPLOYMENTS}/d/status?fieldManager=me`, '{}', cbor);
  expect(answer.body).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
});
