// Namespaces: finalizers, labels, status, and what goes with one that is deleted. API-machinery behaviours 063 to 068.
import { CoreV1Api, type V1Namespace, type V1NamespaceCondition } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { behaviour, type Scene } from '../behaviour.ts';
import { core, goneFrom, patch, pod, update } from '../objects.ts';

const pathOf = (name: string): string => `/api/v1/namespaces/${name}`;

/** A namespace beside the scene's own. */
async function another({ raw, unique }: Scene): Promise<string> {
  const name = `${unique}-other`;
  await raw.ok('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
  return name;
}

behaviour('CB-063', async (scene) => {
  const name = await another(scene);
  const finalizer = 'example.com/shown';
  const finalize = async (change: (finalizers: string[]) => string[]): Promise<V1Namespace> => {
    const current = await scene.raw.ok<V1Namespace>('GET', pathOf(name));
    const body = { ...current, spec: { finalizers: change(current.spec?.finalizers ?? []) } };
    return scene.raw.ok<V1Namespace>('PUT', `${pathOf(name)}/finalize`, { body });
  };
  const added = await finalize((finalizers) => [...finalizers, finalizer]);
  expect(added.spec?.finalizers).toEqual(['kubernetes', finalizer]);
  const removed = await finalize((finalizers) => finalizers.filter((each) => each !== finalizer));
  expect(removed.spec?.finalizers).toEqual(['kubernetes']);
  await scene.raw.ok('DELETE', pathOf(name));
  await goneFrom(scene, pathOf(name));
});

behaviour('CB-064', async (scene) => {
  const api = scene.api(CoreV1Api);
  const namespace = await api.readNamespace({ name: scene.namespace });
  namespace.metadata = { ...namespace.metadata, labels: { ...namespace.metadata?.labels, shown: 'yes' } };
  const replaced = await api.replaceNamespace({ name: scene.namespace, body: namespace });
  expect(replaced.metadata?.labels).toMatchObject({ shown: 'yes' });
  const read = await api.readNamespace({ name: scene.namespace });
  expect(read.metadata?.labels).toMatchObject({ shown: 'yes' });
});

behaviour('CB-065', async (scene) => {
  const path = `${pathOf(scene.namespace)}/status`;
  const before = await scene.raw.ok<V1Namespace>('GET', path);
  expect(before.status?.phase).toBe('Active');
  const condition = (type: string): object => ({ type, status: 'True', reason: 'Shown', message: 'by a test' });
  const patched = await patch<V1Namespace>(scene, path, { status: { conditions: [condition('StatusPatch')] } });
  expect(patched.status?.conditions).toMatchObject([condition('StatusPatch')]);
  const updated = await update<V1Namespace>(scene, path, (namespace) => {
    const conditions = [...(namespace.status?.conditions ?? []), condition('StatusUpdate') as V1NamespaceCondition];
    namespace.status = { ...namespace.status, conditions };
  });
  expect(updated.status).toMatchObject({ phase: 'Active' });
  expect(updated.status?.conditions?.map(({ type }) => type)).toEqual(['StatusPatch', 'StatusUpdate']);
});

behaviour('CB-066', async (scene) => {
  const name = await another(scene);
  for (const each of ['a', 'b']) await scene.raw.ok('POST', core(name, 'pods'), { body: pod(each) });
  await scene.raw.ok('DELETE', pathOf(name));
  await goneFrom(scene, pathOf(name));
  await another(scene);
  expect((await scene.raw.ok('GET', core(name, 'pods'))).items).toEqual([]);
  await scene.raw.ok('DELETE', pathOf(name));
});

behaviour('CB-067', async (scene) => {
  const name = await another(scene);
  const body = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
  await scene.raw.ok('POST', core(name, 'services'), { body });
  await scene.raw.ok('DELETE', pathOf(name));
  await goneFrom(scene, pathOf(name));
  await another(scene);
  expect((await scene.raw.ok('GET', core(name, 'services'))).items).toEqual([]);
  await scene.raw.ok('DELETE', pathOf(name));
});

behaviour('CB-068', async (scene) => {
  const labelled = await scene.kubectl(`label namespace ${scene.namespace} shown=patched`);
  expect(labelled.code, labelled.stderr).toBe(0);
  const read = await scene.raw.ok('GET', pathOf(scene.namespace));
  expect(read.metadata.labels).toMatchObject({ shown: 'patched' });
});
