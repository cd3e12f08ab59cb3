// Resource quotas: what they count, refuse and free again. API-machinery behaviours 069 to 080.
import type { V1ResourceQuota } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { eventually } from '../../e2e/support/command.ts';
import { behaviour, type Scene } from '../behaviour.ts';
import { CONTAINER, core, create, goneFrom, patch, pathOf, pod, update, workload } from '../objects.ts';

type Amounts = Readonly<Record<string, string>>;

const quotas = ({ namespace }: Scene): string => core(namespace, 'resourcequotas');

/** Creates a quota and waits until its status is computed. */
async function quota(scene: Scene, name: string, hard: Amounts, spec: object = {}): Promise<void> {
  await scene.raw.ok('POST', quotas(scene), { body: { metadata: { name }, spec: { hard, ...spec } } });
  const zero = Object.fromEntries(Object.keys(hard).map((key) => [key, expect.anything()]));
  await eventually(`the status of quota ${name}`, async () => {
    const { status } = await scene.raw.ok<V1ResourceQuota>('GET', `${quotas(scene)}/${name}`);
    const isThere = JSON.stringify(status?.hard) === JSON.stringify(hard) && status?.used !== undefined;
    return isThere ? true : undefined;
  });
  const { status } = await scene.raw.ok<V1ResourceQuota>('GET', `${quotas(scene)}/${name}`);
  expect(status?.used).toMatchObject(zero);
}

/** Waits until a quota has counted exactly this much of what is named. */
function used(scene: Scene, name: string, amounts: Amounts): Promise<true> {
  return eventually(`quota ${name} to count ${JSON.stringify(amounts)}`, async () => {
    const { status } = await scene.raw.ok<V1ResourceQuota>('GET', `${quotas(scene)}/${name}`);
    return Object.entries(amounts).every(([key, value]) => status?.used?.[key] === value) ? true : undefined;
  });
}

const sized = (name: string, requests: Amounts, limits: Amounts = {}, spec: object = {}): object =>
  pod(name, { containers: [{ ...CONTAINER, resources: { requests, limits } }], ...spec });

/** Creates an object, sees it counted, deletes it, and sees it counted no longer. */
async function countsOne(scene: Scene, key: string, path: string, body: { metadata: { name: string } }): Promise<void> {
  const existing = (await scene.raw.ok('GET', path)).items.length;
  await quota(scene, 'counts', { [key]: String(existing + 1) });
  await used(scene, 'counts', { [key]: String(existing) });
  await scene.raw.ok('POST', path, { body });
  await used(scene, 'counts', { [key]: String(existing + 1) });
  const refused = await scene.raw.send('POST', path, {
    body: { ...body, metadata: { name: `${body.metadata.name}-2` } },
  });
  expect(refused.status).toBe(403);
  expect(refused.body.message).toContain(`exceeded quota: counts, requested: ${key}=1, used: ${key}=${existing + 1}`);
  await scene.raw.ok('DELETE', `${path}/${body.metadata.name}`);
  await used(scene, 'counts', { [key]: String(existing) });
}

behaviour('CB-069', async (scene) => {
  await quota(scene, 'shown', { cpu: '500m', memory: '500Mi' });
  const path = `${quotas(scene)}/shown`;
  const patched = await patch<V1ResourceQuota>(scene, `${path}/status`, {
    status: { hard: { cpu: '1', memory: '1Gi' } },
    spec: { hard: { cpu: '9' } },
  });
  expect(patched.spec?.hard).toEqual({ cpu: '500m', memory: '500Mi' });
  // The controller brings it back to what the spec says.
  await eventually('status.hard to follow spec.hard', async () => {
    const { status } = await scene.raw.ok<V1ResourceQuota>('GET', path);
    return status?.hard?.['cpu'] === '500m' ? true : undefined;
  });
  const updated = await update<V1ResourceQuota>(scene, `${path}/status`, (object) => {
    object.status = { ...object.status, hard: { cpu: '2', memory: '2Gi' } };
  });
  expect(updated.spec?.hard).toEqual({ cpu: '500m', memory: '500Mi' });
  await patch(scene, path, { spec: { hard: { cpu: '750m' } } });
  await eventually('status.hard to follow a changed spec', async () => {
    const { status } = await scene.raw.ok<V1ResourceQuota>('GET', path);
    return status?.hard?.['cpu'] === '750m' && status.hard['memory'] === '500Mi' ? true : undefined;
  });
});

behaviour('CB-070', async (scene) => {
  await quota(scene, 'shown', { cpu: '1', memory: '500Mi' });
  const path = `${quotas(scene)}/shown`;
  const updated = await update<V1ResourceQuota>(scene, path, (object) => {
    object.spec = { hard: { cpu: '2', memory: '1Gi' } };
  });
  expect(updated.spec?.hard).toEqual({ cpu: '2', memory: '1Gi' });
  expect((await scene.raw.ok<V1ResourceQuota>('GET', path)).spec?.hard).toEqual({ cpu: '2', memory: '1Gi' });
  await scene.raw.ok('DELETE', path);
  expect((await scene.raw.send('GET', path)).status).toBe(404);
});

behaviour('CB-071', async (scene) => {
  // The namespace has the cluster's certificate as a config map of its own, once it was made.
  await eventually('kube-root-ca.crt', async () => {
    const answer = await scene.raw.send('GET', `${core(scene.namespace, 'configmaps')}/kube-root-ca.crt`);
    return answer.status === 200 ? true : undefined;
  });
  await countsOne(scene, 'configmaps', core(scene.namespace, 'configmaps'), { metadata: { name: 'counted' } });
});

behaviour('CB-072', async (scene) => {
  const hard = { pods: '5', cpu: '1', memory: '500Mi', 'requests.example.com/dongle': '2' };
  await quota(scene, 'shown', hard);
  const pods = core(scene.namespace, 'pods');
  const dongles = { 'example.com/dongle': '2' };
  const first = sized('first', { cpu: '500m', memory: '252Mi', ...dongles }, { ...dongles });
  await scene.raw.ok('POST', pods, { body: first });
  await used(scene, 'shown', { pods: '1', cpu: '500m', memory: '252Mi', 'requests.example.com/dongle': '2' });
  const tooMuch = await scene.raw.send('POST', pods, { body: sized('second', { cpu: '600m', memory: '100Mi' }) });
  expect(tooMuch.status).toBe(403);
  expect(tooMuch.body.message).toContain('exceeded quota: shown, requested: cpu=600m, used: cpu=500m, limited: cpu=1');
  const tooManyDongles = sized('third', { cpu: '100m', memory: '100Mi', ...dongles }, { ...dongles });
  expect((await scene.raw.send('POST', pods, { body: tooManyDongles })).status).toBe(403);
  const unsaid = await scene.raw.send('POST', pods, { body: pod('fourth') });
  expect(unsaid.status).toBe(403);
  expect(unsaid.body.message).toContain('failed quota: shown: must specify cpu');
  await patch(scene, `${pods}/first`, { metadata: { labels: { changed: 'yes' } } });
  const grown = await scene.raw.send('PATCH', `${pods}/first`, {
    body: { spec: { containers: [{ ...CONTAINER, resources: { requests: { cpu: '600m', memory: '252Mi' } } }] } },
    contentType: 'application/merge-patch+json',
  });
  expect([403, 422]).toContain(grown.status);
  await used(scene, 'shown', { pods: '1', cpu: '500m' });
  await scene.raw.ok('DELETE', `${pods}/first`);
  await used(scene, 'shown', { pods: '0', cpu: '0', memory: '0', 'requests.example.com/dongle': '0' });
});

behaviour('CB-073', async (scene) => {
  const key = 'count/replicasets.apps';
  await quota(scene, 'shown', { [key]: '1' });
  await create(scene, 'ReplicaSet', workload('ReplicaSet', 'counted', { replicas: 0 }));
  await used(scene, 'shown', { [key]: '1' });
  await scene.raw.ok('DELETE', `${pathOf(scene, 'ReplicaSet')}/counted`);
  await used(scene, 'shown', { [key]: '0' });
});

behaviour('CB-074', async (scene) => {
  const kind = 'ReplicationController';
  await quota(scene, 'shown', { replicationcontrollers: '1' });
  await create(scene, kind, workload(kind, 'counted', { replicas: 0 }));
  await used(scene, 'shown', { replicationcontrollers: '1' });
  await scene.raw.ok('DELETE', `${pathOf(scene, kind)}/counted`);
  await used(scene, 'shown', { replicationcontrollers: '0' });
});

behaviour('CB-075', (scene) =>
  countsOne(scene, 'secrets', core(scene.namespace, 'secrets'), { metadata: { name: 'counted' } }),
);

behaviour('CB-076', async (scene) => {
  const services = core(scene.namespace, 'services');
  await quota(scene, 'shown', { services: '4', 'services.nodeports': '1', 'services.loadbalancers': '1' });
  const body = (name: string, spec: object): object => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });
  await scene.raw.ok('POST', services, { body: body('inside', { type: 'ClusterIP' }) });
  await scene.raw.ok('POST', services, { body: body('outside', { type: 'NodePort' }) });
  await used(scene, 'shown', { services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
  const balanced = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false };
  await scene.raw.ok('POST', services, { body: body('balanced', balanced) });
  await used(scene, 'shown', { services: '3', 'services.nodeports': '1', 'services.loadbalancers': '1' });
  const second = await scene.raw.send('POST', services, { body: body('outside-2', { type: 'NodePort' }) });
  expect(second.status).toBe(403);
  const other = await scene.raw.send('POST', services, { body: body('balanced-2', balanced) });
  expect(other.status).toBe(403);
  for (const name of ['inside', 'outside', 'balanced']) await scene.raw.ok('DELETE', `${services}/${name}`);
  await used(scene, 'shown', { services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
});

behaviour('CB-077', async (scene) => {
  await scene.raw.ok('POST', core(scene.namespace, 'secrets'), { body: { metadata: { name: 'before' } } });
  await quota(scene, 'shown', { secrets: '5', pods: '5' });
  await used(scene, 'shown', { secrets: '1', pods: '0' });
});

behaviour('CB-078', async (scene) => {
  const label = { 'quota-shown': scene.unique };
  const selector = `labelSelector=quota-shown%3D${scene.unique}`;
  const body = { metadata: { name: 'shown', labels: label }, spec: { hard: { pods: '1' } } };
  await scene.raw.ok('POST', quotas(scene), { body });
  const everywhere = await scene.raw.ok('GET', `/api/v1/resourcequotas?${selector}`);
  expect(everywhere.items.map(({ metadata }) => metadata.name)).toEqual(['shown']);
  const patched = await patch<V1ResourceQuota>(scene, `${quotas(scene)}/shown`, {
    metadata: { labels: { patched: 'yes' } },
    spec: { hard: { pods: '2' } },
  });
  expect(patched).toMatchObject({ metadata: { labels: { patched: 'yes' } }, spec: { hard: { pods: '2' } } });
  await scene.raw.ok('DELETE', `${quotas(scene)}?${selector}`);
  await goneFrom(scene, `${quotas(scene)}/shown`);
});

const scoped = (scopes: readonly string[]): object => ({ scopes });

behaviour('CB-079', async (scene) => {
  await quota(scene, 'best-effort', { pods: '5' }, scoped(['BestEffort']));
  await quota(scene, 'others', { pods: '5' }, scoped(['NotBestEffort']));
  const pods = core(scene.namespace, 'pods');
  await scene.raw.ok('POST', pods, { body: pod('effortless') });
  await used(scene, 'best-effort', { pods: '1' });
  await used(scene, 'others', { pods: '0' });
  await scene.raw.ok('DELETE', `${pods}/effortless`);
  await used(scene, 'best-effort', { pods: '0' });
  const amounts = { cpu: '10m', memory: '10Mi' };
  await scene.raw.ok('POST', pods, { body: sized('burstable', amounts) });
  await used(scene, 'others', { pods: '1' });
  await used(scene, 'best-effort', { pods: '0' });
  await scene.raw.ok('DELETE', `${pods}/burstable`);
  await used(scene, 'others', { pods: '0' });
});

behaviour('CB-080', async (scene) => {
  await quota(scene, 'ending', { pods: '5' }, scoped(['Terminating']));
  await quota(scene, 'lasting', { pods: '5' }, scoped(['NotTerminating']));
  const pods = core(scene.namespace, 'pods');
  await scene.raw.ok('POST', pods, { body: pod('lasts') });
  await used(scene, 'lasting', { pods: '1' });
  await used(scene, 'ending', { pods: '0' });
  await scene.raw.ok('DELETE', `${pods}/lasts`);
  await scene.raw.ok('POST', pods, { body: pod('ends', { activeDeadlineSeconds: 3_600 }) });
  await used(scene, 'ending', { pods: '1' });
  await used(scene, 'lasting', { pods: '0' });
  await scene.raw.ok('DELETE', `${pods}/ends`);
  await used(scene, 'ending', { pods: '0' });
});
