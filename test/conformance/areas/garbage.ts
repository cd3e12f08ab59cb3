// Owners and dependents: what each way of deleting an owner does to them. API-machinery behaviours 056 to 062.
import { expect } from 'vitest';
import { behaviour, type Scene } from '../behaviour.ts';
import { core, create, goneFrom, LABELS, patch, pathOf, pod, podCount, podsOf, workload } from '../objects.ts';
import type { Body } from '../raw-client.ts';

/** As long as an orphan is watched to stay. */
const STAYS_MS = 3_000;
const stay = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, STAYS_MS));

async function replicaSets(scene: Scene): Promise<readonly Body[]> {
  return (await scene.raw.ok('GET', pathOf(scene, 'ReplicaSet'))).items;
}

async function deleteWith(scene: Scene, path: string, propagationPolicy: string): Promise<void> {
  await scene.raw.ok('DELETE', path, { body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy } });
}

const ownerOf = ({ apiVersion, kind, metadata }: Body, extra: object = {}): object => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid,
  ...extra,
});

behaviour('CB-056', async (scene) => {
  await create(scene, 'Deployment', workload('Deployment', 'owner', { replicas: 2 }));
  await podCount(scene, 2);
  const deleted = await scene.kubectl(
    `-n ${scene.namespace} delete deployment owner --cascade=background --wait=false`,
  );
  expect(deleted.code, deleted.stderr).toBe(0);
  await goneFrom(scene, `${pathOf(scene, 'Deployment')}/owner`);
  await podCount(scene, 0);
  expect(await replicaSets(scene)).toEqual([]);
});

behaviour('CB-057', async (scene) => {
  await create(scene, 'ReplicationController', workload('ReplicationController', 'owner', { replicas: 2 }));
  await podCount(scene, 2);
  await deleteWith(scene, `${pathOf(scene, 'ReplicationController')}/owner`, 'Background');
  await goneFrom(scene, `${pathOf(scene, 'ReplicationController')}/owner`);
  await podCount(scene, 0);
});

behaviour('CB-058', async (scene) => {
  const path = `${pathOf(scene, 'ReplicationController')}/owner`;
  await create(scene, 'ReplicationController', workload('ReplicationController', 'owner', { replicas: 3 }));
  const [held] = await podCount(scene, 3);
  // One pod that cannot go yet keeps the owner.
  const heldPath = `${core(scene.namespace, 'pods')}/${held?.metadata.name ?? ''}`;
  await patch(scene, heldPath, { metadata: { finalizers: ['example.com/held'] } });
  await deleteWith(scene, path, 'Foreground');
  await podCount(scene, 0);
  const waiting = await scene.raw.ok('GET', path);
  expect(waiting.metadata.deletionTimestamp).toBeDefined();
  expect(waiting.metadata.finalizers).toContain('foregroundDeletion');
  await patch(scene, heldPath, { metadata: { finalizers: null } });
  await goneFrom(scene, path);
  expect(await podsOf(scene)).toEqual([]);
});

behaviour('CB-059', async (scene) => {
  const pods = core(scene.namespace, 'pods');
  const made: Body[] = [];
  for (const name of ['one', 'two', 'three'])
    made.push(await scene.raw.ok('POST', pods, { body: pod(name, {}, { labels: LABELS }) }));
  for (const [index, each] of made.entries()) {
    const owner = made[(index + 1) % made.length];
    if (owner !== undefined)
      await patch(scene, `${pods}/${each.metadata.name}`, {
        metadata: { ownerReferences: [ownerOf(owner, { blockOwnerDeletion: true })] },
      });
  }
  await scene.raw.ok('DELETE', `${pods}/one`);
  await podCount(scene, 0);
});

behaviour('CB-060', async (scene) => {
  const kind = 'ReplicationController';
  await create(scene, kind, workload(kind, 'dying', { replicas: 4 }));
  const living = await create(scene, kind, workload(kind, 'living', { replicas: 0 }, { app: 'living' }));
  const all = await podCount(scene, 4);
  const shared = all.slice(0, 2).map(({ metadata }) => metadata.name);
  for (const name of shared) {
    const current = await scene.raw.ok('GET', `${core(scene.namespace, 'pods')}/${name}`);
    const owners = [...(current.metadata.ownerReferences ?? []), ownerOf(living)];
    await patch(scene, `${core(scene.namespace, 'pods')}/${name}`, { metadata: { ownerReferences: owners } });
  }
  await deleteWith(scene, `${pathOf(scene, kind)}/dying`, 'Foreground');
  await goneFrom(scene, `${pathOf(scene, kind)}/dying`);
  const left = await podsOf(scene);
  expect(left.map(({ metadata }) => metadata.name).sort()).toEqual([...shared].sort());
  for (const { metadata } of left) {
    expect(metadata.deletionTimestamp).toBeUndefined();
    expect(metadata.ownerReferences?.map(({ name }) => name)).toEqual(['living']);
  }
});

behaviour('CB-061', async (scene) => {
  await create(scene, 'Deployment', workload('Deployment', 'owner', { replicas: 2 }));
  const before = await podCount(scene, 2);
  const deleted = await scene.kubectl(`-n ${scene.namespace} delete deployment owner --cascade=orphan`);
  expect(deleted.code, deleted.stderr).toBe(0);
  await goneFrom(scene, `${pathOf(scene, 'Deployment')}/owner`);
  await stay();
  const [set] = await replicaSets(scene);
  expect(set?.metadata.ownerReferences ?? []).toEqual([]);
  const after = await podsOf(scene);
  expect(after.map(({ metadata }) => metadata.uid).sort()).toEqual(before.map(({ metadata }) => metadata.uid).sort());
});

behaviour('CB-062', async (scene) => {
  const path = `${pathOf(scene, 'ReplicationController')}/owner`;
  await create(scene, 'ReplicationController', workload('ReplicationController', 'owner', { replicas: 2 }));
  const before = await podCount(scene, 2);
  await deleteWith(scene, path, 'Orphan');
  await goneFrom(scene, path);
  await stay();
  const after = await podsOf(scene);
  expect(after.map(({ metadata }) => metadata.uid).sort()).toEqual(before.map(({ metadata }) => metadata.uid).sort());
  for (const { metadata } of after) expect(metadata.ownerReferences ?? []).toEqual([]);
});
