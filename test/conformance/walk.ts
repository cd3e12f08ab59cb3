// The life of an object of any resource, as the conformance suite walks it for most kinds: discovered, created, read, listed,
// watched, patched, updated, its status changed, deleted, and deleted with others by label. Plain HTTP, each request to another server.
import { expect } from 'vitest';
import { eventually } from '../e2e/support/command.ts';
import type { Scene } from './behaviour.ts';
import { type Body, patchType } from './raw-client.ts';
import { about, watch } from './watching.ts';

export interface Walk {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** A valid object but for its metadata. */
  readonly object: Readonly<Record<string, unknown>>;
  /** A status to be written; undefined: it has none. */
  readonly status?: Readonly<Record<string, unknown>>;
  /** What an update changes; left out: an annotation. */
  change?(object: Body): void;
  /** Finalizers keep objects of this kind for a while after their deletion. */
  readonly lingers?: true;
}

/** The path of the collection. */
export function collectionPath({ group, version, plural }: Walk, namespace: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === '' ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

/** Walks the whole life. Throws what does not hold. */
export async function walkLife(scene: Scene, walk: Walk): Promise<void> {
  await showDiscovery(scene, walk);
  const { raw } = scene;
  const path = collectionPath(walk, walk.namespaced ? scene.namespace : '');
  const label = { 'conformance-walk': scene.unique };
  const selector = `labelSelector=conformance-walk%3D${scene.unique}`;
  const name = `${scene.unique}-a`;
  const before = await raw.ok('GET', `${path}?${selector}`);
  const watching = await watch(raw, path, before.metadata.resourceVersion, `&${selector}`);
  try {
    const created = await raw.ok('POST', path, { body: { ...walk.object, metadata: { name, labels: label } } });
    expect(created).toMatchObject({ kind: walk.kind, metadata: { name, labels: label } });
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    await watching.next('ADDED', about('ADDED', name));
    await showReads(scene, walk, { path, name, selector, created });
    await showChanges(scene, walk, `${path}/${name}`);
    await watching.next('MODIFIED', about('MODIFIED', name));
    if (walk.status !== undefined) await showStatus(scene, walk.status, `${path}/${name}`);
    await raw.ok('DELETE', `${path}/${name}`);
    await watching.next('DELETED', about('DELETED', name));
    expect((await raw.send('GET', `${path}/${name}`)).status).toBe(404);
    await showCollectionDelete(scene, walk, { path, label, selector });
  } finally {
    watching.stop();
  }
}

async function showDiscovery({ raw }: Scene, walk: Walk): Promise<void> {
  const root = walk.group === '' ? `/api/${walk.version}` : `/apis/${walk.group}/${walk.version}`;
  const list = await raw.ok<{ resources: unknown[] }>('GET', root);
  expect(list.resources).toContainEqual(
    expect.objectContaining({ name: walk.plural, kind: walk.kind, namespaced: walk.namespaced }),
  );
  if (walk.status !== undefined)
    expect(list.resources).toContainEqual(expect.objectContaining({ name: `${walk.plural}/status`, kind: walk.kind }));
  if (walk.group === '') return;
  const groups = await raw.ok<{ groups: { name: string }[] }>('GET', '/apis');
  expect(groups.groups.map((each) => each.name)).toContain(walk.group);
}

interface Reads {
  readonly path: string;
  readonly name: string;
  readonly selector: string;
  readonly created: Body;
}

async function showReads({ raw }: Scene, walk: Walk, { path, name, selector, created }: Reads): Promise<void> {
  const read = await raw.ok('GET', `${path}/${name}`);
  expect(read.metadata.uid).toBe(created.metadata.uid);
  const lists = [path, ...(walk.namespaced ? [collectionPath(walk, '')] : [])];
  for (const each of lists) {
    const list = await raw.ok('GET', `${each}?${selector}`);
    expect(list.kind).toBe(`${walk.kind}List`);
    expect(list.items.map((item) => item.metadata.name)).toEqual([name]);
  }
}

async function showChanges({ raw }: Scene, walk: Walk, path: string): Promise<void> {
  const patched = await raw.ok('PATCH', path, {
    body: { metadata: { annotations: { patched: 'true' } } },
    contentType: patchType('merge'),
  });
  expect(patched.metadata.annotations).toMatchObject({ patched: 'true' });
  // Controllers may write between: read and try again on a conflict, as every client does.
  for (let attempt = 1; ; attempt++) {
    const next = await raw.ok('GET', path);
    next.metadata.annotations = { ...next.metadata.annotations, updated: 'true' };
    walk.change?.(next);
    const answer = await raw.send('PUT', path, { body: next });
    if (answer.status === 409 && attempt < 5) continue;
    expect(answer, answer.text).toMatchObject({ status: 200 });
    expect(answer.body.metadata.annotations).toMatchObject({ patched: 'true', updated: 'true' });
    return;
  }
}

/** The status is read, replaced and patched apart from the rest. */
async function showStatus({ raw }: Scene, status: Readonly<Record<string, unknown>>, path: string): Promise<void> {
  const before = await raw.ok('GET', `${path}/status`);
  const patched = await raw.ok('PATCH', `${path}/status`, {
    body: { status, metadata: { annotations: { 'patched-status': 'true' } } },
    contentType: patchType('merge'),
  });
  expect(patched.status).toMatchObject(status);
  expect(patched.spec).toEqual(before.spec);
  expect(patched.metadata.annotations).toMatchObject({ 'patched-status': 'true' });
  for (let attempt = 1; ; attempt++) {
    const next = await raw.ok('GET', `${path}/status`);
    next.status = { ...(next.status as object | undefined), ...status };
    const answer = await raw.send('PUT', `${path}/status`, { body: next });
    if (answer.status === 409 && attempt < 5) continue;
    expect(answer, answer.text).toMatchObject({ status: 200 });
    expect(answer.body.status).toMatchObject(status);
    return;
  }
}

interface Collection {
  readonly path: string;
  readonly label: Readonly<Record<string, string>>;
  readonly selector: string;
}

async function showCollectionDelete(
  { raw, unique }: Scene,
  walk: Walk,
  { path, label, selector }: Collection,
): Promise<void> {
  for (const suffix of ['b', 'c'])
    await raw.ok('POST', path, { body: { ...walk.object, metadata: { name: `${unique}-${suffix}`, labels: label } } });
  const other = `${unique}-other`;
  await raw.ok('POST', path, { body: { ...walk.object, metadata: { name: other } } });
  await raw.ok('DELETE', `${path}?${selector}`);
  await eventually('the labelled objects to go', async () => {
    const list = await raw.ok('GET', `${path}?${selector}`);
    return list.items.length === 0 ? true : undefined;
  });
  expect((await raw.send('GET', `${path}/${other}`)).status).toBe(200);
  await raw.ok('DELETE', `${path}/${other}`);
}
