// Events of both groups. Instrumentation behaviours 175 to 178.
import { CoreV1Api, EventsV1Api, V1MicroTime } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { behaviour, type Scene } from '../behaviour.ts';
import { core, patch, update } from '../objects.ts';

const WHEN = '2026-01-01T00:00:00.000000Z';
const eventsOf = (namespace: string): string => `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;

/** An event of events.k8s.io about the scene's namespace. */
function newEvent({ namespace }: Scene, name: string, labels: Record<string, string> = {}): object {
  return {
    metadata: { name, labels },
    eventTime: WHEN,
    type: 'Normal',
    reason: 'Shown',
    action: 'Show',
    note: 'a first note',
    reportingController: 'example.com/shower',
    reportingInstance: 'shower-1',
    regarding: { kind: 'Pod', name: 'somebody', namespace },
  };
}

function coreEvent({ namespace }: Scene, name: string, labels: Record<string, string> = {}): object {
  return {
    metadata: { name, labels },
    type: 'Normal',
    reason: 'Shown',
    message: 'a first message',
    source: { component: 'shower' },
    involvedObject: { kind: 'Pod', name: 'somebody', namespace },
  };
}

async function collectionDelete(scene: Scene, path: string, make: typeof newEvent): Promise<void> {
  for (const name of ['a', 'b', 'c']) await scene.raw.ok('POST', path, { body: make(scene, name, { doomed: 'yes' }) });
  await scene.raw.ok('POST', path, { body: make(scene, 'other') });
  expect((await scene.raw.ok('GET', `${path}?labelSelector=doomed%3Dyes`)).items).toHaveLength(3);
  await scene.raw.ok('DELETE', `${path}?labelSelector=doomed%3Dyes`);
  expect((await scene.raw.ok('GET', `${path}?labelSelector=doomed%3Dyes`)).items).toEqual([]);
  expect((await scene.raw.send('GET', `${path}/other`)).status).toBe(200);
}

behaviour('CB-175', (scene) => collectionDelete(scene, eventsOf(scene.namespace), newEvent));
behaviour('CB-177', (scene) => collectionDelete(scene, core(scene.namespace, 'events'), coreEvent));

behaviour('CB-176', async (scene) => {
  const api = scene.api(EventsV1Api);
  const path = `${eventsOf(scene.namespace)}/shown`;
  await scene.raw.ok('POST', eventsOf(scene.namespace), { body: newEvent(scene, 'shown', { listed: scene.unique }) });
  const everywhere = await api.listEventForAllNamespaces({ labelSelector: `listed=${scene.unique}` });
  expect(everywhere.items.map(({ metadata }) => metadata?.name)).toEqual(['shown']);
  expect((await api.readNamespacedEvent({ name: 'shown', namespace: scene.namespace })).note).toBe('a first note');
  const patched = await patch<{ note: string }>(scene, path, { note: 'a second note' });
  expect(patched.note).toBe('a second note');
  const event = await api.readNamespacedEvent({ name: 'shown', namespace: scene.namespace });
  event.series = { count: 100, lastObservedTime: new V1MicroTime(Date.parse('2026-01-01T00:01:00Z')) };
  const replaced = await api.replaceNamespacedEvent({ name: 'shown', namespace: scene.namespace, body: event });
  expect(replaced.series?.count).toBe(100);
  // The same event as the core group tells it.
  const asCore = await scene.raw.ok<{ message: string }>('GET', `${core(scene.namespace, 'events')}/shown`);
  expect(asCore.message).toBe('a second note');
  await api.deleteNamespacedEvent({ name: 'shown', namespace: scene.namespace });
  const left = await scene.raw.ok('GET', `${eventsOf(scene.namespace)}?labelSelector=listed%3D${scene.unique}`);
  expect(left.items).toEqual([]);
});

behaviour('CB-178', async (scene) => {
  const api = scene.api(CoreV1Api);
  const path = `${core(scene.namespace, 'events')}/shown`;
  await scene.raw.ok('POST', core(scene.namespace, 'events'), {
    body: coreEvent(scene, 'shown', { listed: scene.unique }),
  });
  const everywhere = await api.listEventForAllNamespaces({ labelSelector: `listed=${scene.unique}` });
  expect(everywhere.items.map(({ metadata }) => metadata?.name)).toEqual(['shown']);
  const patched = await patch(scene, path, { message: 'a second message' });
  expect(patched.message).toBe('a second message');
  const updated = await update<{ series?: object }>(scene, path, (event) => {
    event.series = { count: 100, lastObservedTime: '2026-01-01T00:01:00.000000Z' };
  });
  expect(updated.series).toMatchObject({ count: 100 });
  await api.deleteNamespacedEvent({ name: 'shown', namespace: scene.namespace });
  expect((await scene.raw.send('GET', path)).status).toBe(404);
});
