// Watches: what a selector lets through, from where they begin, and that all see one order: api-machinery behaviours 088 to 092.
import { expect } from 'vitest';
import { behaviour, type Scene } from '../behaviour.ts';
import { patchType, type WatchEvent } from '../raw-client.ts';
import { about, watch } from '../watching.ts';

const collection = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;

/** Creates a config map, or replaces its data and labels. */
function put({ raw, namespace }: Scene, name: string, labels: Record<string, string>, step: string): Promise<unknown> {
  const body = { metadata: { name, labels }, data: { step } };
  return step === '0'
    ? raw.ok('POST', collection(namespace), { body })
    : raw.ok('PATCH', `${collection(namespace)}/${name}`, { body, contentType: patchType('merge') });
}

const told = ({ type, object }: WatchEvent): string => `${type} ${object.metadata.name} ${object.data?.['step'] ?? ''}`;
const revisionOf = ({ object }: WatchEvent): number => Number(object.metadata.resourceVersion);
const now = async ({ raw, namespace }: Scene): Promise<string> =>
  (await raw.ok('GET', `${collection(namespace)}?limit=1`)).metadata.resourceVersion;

behaviour('CB-088', async (scene) => {
  const from = await now(scene);
  const first = await watch(scene.raw, collection(scene.namespace), from);
  await put(scene, 'a', {}, '0');
  await put(scene, 'a', {}, '1');
  const last = await first.next('a changed', about('MODIFIED', 'a'));
  first.stop();
  await put(scene, 'a', {}, '2');
  await put(scene, 'b', {}, '0');
  await scene.raw.ok('DELETE', `${collection(scene.namespace)}/a`);
  const second = await watch(scene.raw, collection(scene.namespace), last.object.metadata.resourceVersion);
  await second.next('a deleted', about('DELETED', 'a'));
  second.stop();
  expect([...first.events.map(told), ...second.events.map(told)]).toEqual([
    'ADDED a 0',
    'MODIFIED a 1',
    'MODIFIED a 2',
    'ADDED b 0',
    'DELETED a 2',
  ]);
});

behaviour('CB-089', async (scene) => {
  await put(scene, 'a', {}, '0');
  const from = await now(scene);
  await put(scene, 'a', {}, '1');
  await scene.raw.ok('DELETE', `${collection(scene.namespace)}/a`);
  const watching = await watch(scene.raw, collection(scene.namespace), from);
  await watching.next('a deleted', about('DELETED', 'a'));
  watching.stop();
  expect(watching.events.map(told)).toEqual(['MODIFIED a 1', 'DELETED a 1']);
  expect(watching.events.every((event) => revisionOf(event) > Number(from))).toBe(true);
});

behaviour('CB-090', async (scene) => {
  const { raw, namespace } = scene;
  const from = await now(scene);
  const open = (values: string) =>
    watch(raw, collection(namespace), from, `&labelSelector=${encodeURIComponent(`side in (${values})`)}`);
  const watches = { a: await open('a'), b: await open('b'), both: await open('a,b') };
  for (const side of ['a', 'b']) {
    await put(scene, `on-${side}`, { side }, '0');
    await put(scene, `on-${side}`, { side }, '1');
  }
  await put(scene, 'on-none', {}, '0');
  for (const side of ['a', 'b']) await raw.ok('DELETE', `${collection(namespace)}/on-${side}`);
  const life = (side: string): readonly string[] => [
    `ADDED on-${side} 0`,
    `MODIFIED on-${side} 1`,
    `DELETED on-${side} 1`,
  ];
  await watches.a.next('the end of a', about('DELETED', 'on-a'));
  await watches.b.next('the end of b', about('DELETED', 'on-b'));
  await watches.both.next('the end of both', about('DELETED', 'on-b'));
  for (const each of Object.values(watches)) each.stop();
  expect(watches.a.events.map(told)).toEqual(life('a'));
  expect(watches.b.events.map(told)).toEqual(life('b'));
  expect([...watches.both.events.map(told)].sort()).toEqual([...life('a'), ...life('b')].sort());
});

behaviour('CB-091', async (scene) => {
  const from = await now(scene);
  const watching = await watch(scene.raw, collection(scene.namespace), from, '&labelSelector=seen%3Dyes');
  await put(scene, 'a', { seen: 'yes' }, '0');
  await put(scene, 'a', { seen: 'yes' }, '1');
  await put(scene, 'a', { seen: 'no' }, '2');
  await put(scene, 'a', { seen: 'no' }, '3');
  await put(scene, 'a', { seen: 'yes' }, '4');
  await scene.raw.ok('DELETE', `${collection(scene.namespace)}/a`);
  for (let deletions = 0; deletions < 2; deletions++) await watching.next('a gone', about('DELETED', 'a'));
  watching.stop();
  expect(watching.events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED']);
  const versions = watching.events.map(revisionOf);
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
});

behaviour('CB-092', async (scene) => {
  const { raw, namespace } = scene;
  const start = await now(scene);
  const leader = await watch(raw, collection(namespace), start);
  const writes = (async () => {
    for (let i = 0; i < 30; i++) {
      await put(scene, `item-${i % 5}`, {}, String(Math.floor(i / 5)));
      if (i % 10 === 9) await raw.ok('DELETE', `${collection(namespace)}/item-4`);
      if (i % 10 === 9) await put(scene, 'item-4', {}, '0');
    }
    await put(scene, 'end', {}, '0');
  })();
  const others = [];
  for (let i = 0; i < 8; i++) {
    const event = await leader.next('another event', () => true);
    others.push(await watch(raw, collection(namespace), event.object.metadata.resourceVersion));
  }
  await writes;
  const all = [leader, ...others];
  for (const each of all) await each.next('the end', about('ADDED', 'end')).finally(() => each.stop());
  const whole = leader.events.map((event) => `${told(event)} ${revisionOf(event)}`);
  for (const other of others) {
    const seen = other.events.map((event) => `${told(event)} ${revisionOf(event)}`);
    expect(seen.length).toBeGreaterThan(0);
    expect(whole.slice(-seen.length)).toEqual(seen);
  }
});
