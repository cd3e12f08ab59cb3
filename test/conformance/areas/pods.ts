// Pods, their templates and nodes as objects. Node behaviours 257 to 298 and storage 320.
import type { V1Node, V1Pod, V1PodTemplate } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { behaviour } from '../behaviour.ts';
import { CONTAINER, core, goneFrom, patch, pod, TEMPLATE, update } from '../objects.ts';
import { about, watch } from '../watching.ts';

const NOWHERE = { nodeSelector: { 'example.com/nowhere': 'yes' } };

behaviour('CB-257', async (scene) => {
  const { raw, unique } = scene;
  const path = `/api/v1/nodes/${unique}`;
  const body = { metadata: { name: unique, labels: { shown: unique } }, spec: { unschedulable: true } };
  await raw.ok('POST', '/api/v1/nodes', { body });
  expect((await raw.ok('GET', path)).metadata.name).toBe(unique);
  await patch(scene, path, { metadata: { labels: { patched: 'yes' } } });
  const listed = await raw.ok('GET', `/api/v1/nodes?labelSelector=shown%3D${unique}`);
  expect(listed.items.map(({ metadata }) => metadata.name)).toEqual([unique]);
  const updated = await update<V1Node>(scene, path, (node) => {
    node.metadata = { ...node.metadata, labels: { ...node.metadata?.labels, updated: 'yes' } };
  });
  expect(updated.metadata?.labels).toMatchObject({ patched: 'yes', updated: 'yes' });
  await raw.ok('DELETE', path);
  await goneFrom(scene, path);
});

behaviour('CB-258', async ({ raw, namespace }) => {
  const path = core(namespace, 'podtemplates');
  for (const name of ['a', 'b', 'c'])
    await raw.ok('POST', path, { body: { metadata: { name, labels: { doomed: 'yes' } }, template: TEMPLATE } });
  expect((await raw.ok('GET', `${path}?labelSelector=doomed%3Dyes`)).items).toHaveLength(3);
  await raw.ok('DELETE', `${path}?labelSelector=doomed%3Dyes`);
  expect((await raw.ok('GET', path)).items).toEqual([]);
});

behaviour('CB-259', async (scene) => {
  const path = core(scene.namespace, 'podtemplates');
  await scene.raw.ok('POST', path, { body: { metadata: { name: 'shown' }, template: TEMPLATE } });
  await update<V1PodTemplate>(scene, `${path}/shown`, (template) => {
    template.metadata = { ...template.metadata, annotations: { updated: 'yes' } };
  });
  expect((await scene.raw.ok('GET', `${path}/shown`)).metadata.annotations).toEqual({ updated: 'yes' });
});

behaviour('CB-261', async ({ raw, namespace }) => {
  const amounts = { cpu: '100m', memory: '64Mi' };
  const containers = [{ ...CONTAINER, resources: { requests: amounts, limits: amounts } }];
  const created = await raw.ok<V1Pod>('POST', core(namespace, 'pods'), { body: pod('shown', { containers }) });
  expect(created.status?.qosClass).toBe('Guaranteed');
});

behaviour('CB-264', async (scene) => {
  const path = core(scene.namespace, 'pods');
  await scene.raw.ok('POST', path, { body: pod('shown', {}, { labels: { time: 'before' } }) });
  await update<V1Pod>(scene, `${path}/shown`, (object) => {
    object.metadata = { ...object.metadata, labels: { time: 'after' } };
  });
  const selected = await scene.raw.ok('GET', `${path}?labelSelector=time%3Dafter`);
  expect(selected.items.map(({ metadata }) => metadata.name)).toEqual(['shown']);
  expect((await scene.raw.ok('GET', `${path}?labelSelector=time%3Dbefore`)).items).toEqual([]);
});

behaviour('CB-266', async (scene) => {
  const path = core(scene.namespace, 'pods');
  for (const name of ['a', 'b', 'c'])
    await scene.raw.ok('POST', path, { body: pod(name, {}, { labels: { doomed: 'yes' } }) });
  await scene.raw.ok('DELETE', `${path}?labelSelector=doomed%3Dyes`);
  for (const name of ['a', 'b', 'c']) await goneFrom(scene, `${path}/${name}`);
});

behaviour('CB-268', async (scene) => {
  const path = core(scene.namespace, 'pods');
  await scene.raw.ok('POST', path, { body: pod('shown', NOWHERE) });
  const condition = { type: 'example.com/Shown', status: 'True', reason: 'Test', message: 'by a test' };
  const patched = await scene.raw.ok<V1Pod>('PATCH', `${path}/shown/status`, {
    body: { status: { message: 'shown', reason: 'Shown', conditions: [condition] } },
    contentType: 'application/strategic-merge-patch+json',
  });
  expect(patched.status).toMatchObject({ message: 'shown', reason: 'Shown' });
  const read = await scene.raw.ok<V1Pod>('GET', `${path}/shown/status`);
  expect(read.status?.conditions).toContainEqual(expect.objectContaining(condition));
});

behaviour('CB-269', async (scene) => {
  const path = core(scene.namespace, 'pods');
  const start = await scene.raw.ok('GET', path);
  const watching = await watch(scene.raw, path, start.metadata.resourceVersion, '&labelSelector=shown');
  await scene.raw.ok('POST', path, { body: pod('life', NOWHERE, { labels: { shown: 'yes' } }) });
  await watching.next('it to be added', about('ADDED', 'life'));
  await patch(scene, `${path}/life`, { metadata: { labels: { shown: 'patched' } } });
  await watching.next('the label', ({ object }) => object.metadata.labels?.['shown'] === 'patched');
  const replaced = await update<V1Pod>(scene, `${path}/life/status`, (object) => {
    object.status = { ...object.status, phase: 'Failed', reason: 'Shown', message: 'by a test' };
  });
  expect(replaced.status).toMatchObject({ phase: 'Failed', reason: 'Shown' });
  await scene.raw.ok('DELETE', `${path}?labelSelector=shown%3Dpatched`);
  await watching.next('it to be deleted', about('DELETED', 'life'));
  watching.stop();
});

behaviour('CB-298', async ({ raw, namespace }) => {
  const sysctls = [
    { name: 'kernel.shmmax', value: '65536' },
    { name: 'foo-', value: 'bar' },
    { name: 'bar..', value: '42' },
  ];
  const refused = await raw.send('POST', core(namespace, 'pods'), {
    body: pod('shown', { securityContext: { sysctls } }),
  });
  expect(refused.status).toBe(422);
  const fields = refused.body.details?.causes?.map(({ field }) => field);
  expect(fields).toEqual(['spec.securityContext.sysctls[1].name', 'spec.securityContext.sysctls[2].name']);
  expect(refused.body.message).toContain('Invalid value: "foo-"');
  expect(refused.body.message).toContain('Invalid value: "bar.."');
  expect(refused.body.message).not.toContain('shmmax');
});

behaviour('CB-320', async (scene) => {
  const path = core(scene.namespace, 'pods');
  const volumes = [{ name: 'inline', csi: { driver: 'example.com', volumeAttributes: { size: '1Gi' } } }];
  await scene.raw.ok('POST', path, { body: pod('shown', { ...NOWHERE, volumes }) });
  const read = await scene.raw.ok<V1Pod>('GET', `${path}/shown`);
  expect(read.spec?.volumes?.[0]?.csi?.driver).toBe('example.com');
  const { items } = await scene.raw.ok('GET', path);
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['shown']);
  await patch(scene, `${path}/shown`, { metadata: { labels: { patched: 'yes' } } });
  await scene.raw.ok('DELETE', `${path}/shown`);
  await goneFrom(scene, `${path}/shown`);
});
