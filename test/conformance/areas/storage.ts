// Volumes, claims and attachments as objects. Storage behaviours 362, 363 and 407.
import type { V1PersistentVolume, V1PersistentVolumeClaim, V1VolumeAttachment } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { behaviour, type Scene } from '../behaviour.ts';
import { core, goneFrom, patch, update } from '../objects.ts';

const VOLUMES = '/api/v1/persistentvolumes';
const ATTACHMENTS = '/apis/storage.k8s.io/v1/volumeattachments';

const volume = ({ unique }: Scene, suffix: string): object => ({
  metadata: { name: `${unique}-${suffix}`, labels: { volumes: unique } },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: unique,
    hostPath: { path: '/tmp/shown' },
  },
});

const claim = ({ unique }: Scene, name: string): object => ({
  metadata: { name, labels: { claims: unique } },
  spec: {
    accessModes: ['ReadWriteOnce'],
    // No volume is of this class: it stays pending.
    storageClassName: `${unique}-none`,
    resources: { requests: { storage: '1Gi' } },
  },
});

behaviour('CB-362', async (scene) => {
  const { raw } = scene;
  const volumePath = `${VOLUMES}/${scene.unique}-a`;
  await raw.ok('POST', VOLUMES, { body: volume(scene, 'a') });
  const claims = core(scene.namespace, 'persistentvolumeclaims');
  await raw.ok('POST', claims, { body: claim(scene, 'shown') });
  expect((await raw.ok<V1PersistentVolume>('GET', `${volumePath}/status`)).status?.phase).toMatch(
    /^(Pending|Available)$/,
  );
  expect((await raw.ok<V1PersistentVolumeClaim>('GET', `${claims}/shown/status`)).status?.phase).toBe('Pending');
  const condition = { type: 'Shown', status: 'True', reason: 'Test', message: 'by a test' };
  const patched = await patch<V1PersistentVolumeClaim>(scene, `${claims}/shown/status`, {
    status: { conditions: [condition] },
  });
  expect(patched.status?.conditions).toMatchObject([condition]);
  const updated = await update<{ status?: { conditions?: object[] } }>(scene, `${claims}/shown/status`, (object) => {
    object.status = { ...object.status, conditions: [{ ...condition, type: 'ShownTwice' }] };
  });
  expect(updated.status?.conditions).toMatchObject([{ type: 'ShownTwice' }]);
  const told = await patch<V1PersistentVolume>(scene, `${volumePath}/status`, {
    status: { reason: 'Shown', message: 'by a patch' },
  });
  expect(told.status).toMatchObject({ reason: 'Shown', message: 'by a patch' });
  const replaced = await update<V1PersistentVolume>(scene, `${volumePath}/status`, (object) => {
    object.status = { ...object.status, message: 'by an update' };
  });
  expect(replaced.status).toMatchObject({ reason: 'Shown', message: 'by an update' });
  await raw.ok('DELETE', `${claims}/shown`);
  await raw.ok('DELETE', volumePath);
});

behaviour('CB-363', async (scene) => {
  const { raw, unique } = scene;
  const claims = core(scene.namespace, 'persistentvolumeclaims');
  const byLabel = `${VOLUMES}?labelSelector=volumes%3D${unique}`;
  for (const suffix of ['a', 'b']) await raw.ok('POST', VOLUMES, { body: volume(scene, suffix) });
  for (const name of ['a', 'b']) await raw.ok('POST', claims, { body: claim(scene, name) });
  expect((await raw.ok('GET', byLabel)).items).toHaveLength(2);
  const everywhere = await raw.ok('GET', `/api/v1/persistentvolumeclaims?labelSelector=claims%3D${unique}`);
  expect(everywhere.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  for (const path of [`${VOLUMES}/${unique}-a`, `${claims}/a`]) {
    await patch(scene, path, { metadata: { labels: { patched: 'yes' } } });
    const updated = await update(scene, path, ({ metadata }) => {
      metadata.labels = { ...metadata.labels, updated: 'yes' };
    });
    expect(updated.metadata.labels).toMatchObject({ patched: 'yes', updated: 'yes' });
    expect((await raw.ok('GET', path)).metadata.labels).toMatchObject({ patched: 'yes', updated: 'yes' });
    await raw.ok('DELETE', path);
    await goneFrom(scene, path);
  }
  await raw.ok('DELETE', byLabel);
  await goneFrom(scene, `${VOLUMES}/${unique}-b`);
  await raw.ok('DELETE', `${claims}?labelSelector=claims%3D${unique}`);
  await goneFrom(scene, `${claims}/b`);
});

behaviour('CB-407', async (scene) => {
  const { raw, unique } = scene;
  const spec = { attacher: 'example.com', nodeName: 'nowhere', source: { persistentVolumeName: unique } };
  await raw.ok('POST', ATTACHMENTS, { body: { metadata: { name: unique }, spec } });
  const path = `${ATTACHMENTS}/${unique}/status`;
  expect((await raw.ok<V1VolumeAttachment>('GET', path)).status?.attached ?? false).toBe(false);
  const patched = await patch<V1VolumeAttachment>(scene, path, { status: { attached: true } });
  expect(patched.status?.attached).toBe(true);
  const updated = await update<{ status?: { attached: boolean } }>(scene, path, (attachment) => {
    attachment.status = { attached: false };
  });
  expect(updated.status?.attached ?? false).toBe(false);
  await raw.ok('DELETE', `${ATTACHMENTS}/${unique}`);
});
