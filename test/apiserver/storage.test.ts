// The storage kinds over a real server: each is created, read, listed by label, watched, patched, updated and deleted, alone
// and as a collection; claims and volumes are protected, claims get the default class, and grow where the class lets them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListeningServer, startListening } from './listening.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every kind
type Body = any;

let server: ListeningServer;

beforeAll(async () => {
  server = await startListening();
});
afterAll(() => server.stop());

async function call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Body> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } };
  const response = await fetch(`${server.url}${path}`, { method, ...sent });
  return response.json();
}

const MERGE = 'application/merge-patch+json';
const patch = (path: string, body: unknown): Promise<Body> => call('PATCH', path, body, MERGE);
const CLASSES = '/apis/storage.k8s.io/v1/storageclasses';
const VOLUMES = '/api/v1/persistentvolumes';
const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';

interface Kind {
  readonly path: string;
  /** Everything but apiVersion, kind and metadata. */
  readonly body: Body;
  /** What the server adds to it. */
  readonly stored: Body;
  /** A change that is allowed. */
  readonly change: Body;
  /** What DELETE of it answers. */
  readonly deleted?: string;
}

const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const volumeSpec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/x' } };
const storage = (plural: string): string => `/apis/storage.k8s.io/v1/${plural}`;
const KINDS: Readonly<Record<string, Kind>> = {
  PersistentVolume: {
    path: VOLUMES,
    body: { spec: volumeSpec },
    stored: {
      metadata: { finalizers: ['kubernetes.io/pv-protection'] },
      spec: {
        persistentVolumeReclaimPolicy: 'Retain',
        volumeMode: 'Filesystem',
        hostPath: { path: '/tmp/x', type: '' },
      },
      status: { phase: 'Pending' },
    },
    change: { spec: { capacity: { storage: '2Gi' } } },
  },
  PersistentVolumeClaim: {
    path: CLAIMS,
    body: { spec: claimSpec },
    stored: {
      metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
      spec: { volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    },
    change: { spec: { volumeName: 'pv-1' } },
  },
  StorageClass: {
    path: CLASSES,
    body: { provisioner: 'example.com/disk' },
    stored: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
    change: { allowVolumeExpansion: true },
  },
  CSIDriver: {
    path: storage('csidrivers'),
    body: { spec: { podInfoOnMount: true } },
    stored: {
      spec: {
        attachRequired: true,
        podInfoOnMount: true,
        fsGroupPolicy: 'ReadWriteOnceWithFSType',
        volumeLifecycleModes: ['Persistent'],
        storageCapacity: false,
        requiresRepublish: false,
        seLinuxMount: false,
      },
    },
    change: { spec: { requiresRepublish: true } },
  },
  CSINode: {
    path: storage('csinodes'),
    body: { spec: { drivers: [{ name: 'example.com', nodeID: 'n-1', topologyKeys: null }] } },
    stored: { spec: { drivers: [{ name: 'example.com', nodeID: 'n-1' }] } },
    change: { spec: { drivers: [{ name: 'example.com', nodeID: 'n-1', allocatable: { count: 3 } }] } },
  },
  CSIStorageCapacity: {
    path: '/apis/storage.k8s.io/v1/namespaces/default/csistoragecapacities',
    body: { storageClassName: 'fast', nodeTopology: {}, capacity: 1024 },
    stored: { storageClassName: 'fast', nodeTopology: {}, capacity: '1024' },
    change: { capacity: '2Gi' },
    deleted: 'Status',
  },
  VolumeAttachment: {
    path: storage('volumeattachments'),
    body: { spec: { attacher: 'example.com', nodeName: 'n1', source: { persistentVolumeName: 'pv-1' } } },
    stored: { status: { attached: false } },
    change: { metadata: { annotations: { a: 'b' } } },
  },
  VolumeAttributesClass: {
    path: storage('volumeattributesclasses'),
    body: { driverName: 'example.com', parameters: { iops: '100' } },
    stored: { driverName: 'example.com' },
    change: { metadata: { annotations: { a: 'b' } } },
  },
};

/** Reads a watch until it has told of a deletion: the types of events, in order. */
async function watchToDeletion(path: string): Promise<{ events: Promise<string[]> }> {
  const response = await fetch(`${server.url}${path}`);
  const read = async (): Promise<string[]> => {
    const types: string[] = [];
    let text = '';
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(piece).toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      types.push(...lines.map((line) => JSON.parse(line).type));
      if (types.at(-1) === 'DELETED') break;
    }
    return types;
  };
  return { events: read() };
}

/** Deletes, and takes off the protection as the controllers do. */
async function remove(path: string): Promise<Body> {
  const answer = await call('DELETE', path);
  if (answer.metadata?.deletionTimestamp !== undefined) await patch(path, { metadata: { finalizers: null } });
  return answer;
}

describe.each(Object.entries(KINDS))('%s', (kind, { path, body, stored, change, deleted = kind }) => {
  const named = (name: string, test: string): Body => ({ ...body, metadata: { name, labels: { test } } });

  it('is created, read, listed, watched, patched, updated and deleted', async () => {
    const { metadata: list } = await call('GET', path);
    const selected = `${path}?labelSelector=test%3Dwalk`;
    const watch = await watchToDeletion(`${selected}&watch=true&resourceVersion=${list.resourceVersion}`);
    const created = await call('POST', path, named('walk', 'walk'));
    expect(created).toMatchObject({ kind, ...stored });
    expect(await call('GET', `${path}/walk`)).toEqual(created);
    expect((await call('GET', selected)).items).toHaveLength(1);
    expect((await call('GET', `${path}?labelSelector=test%3Dother`)).items).toEqual([]);

    const patched = await patch(`${path}/walk`, { metadata: { labels: { patched: 'yes' } } });
    expect(patched.metadata.labels).toEqual({ test: 'walk', patched: 'yes' });
    const changed = await patch(`${path}/walk`, change);
    expect(changed).toMatchObject({ kind, ...change });
    const updated = await call('PUT', `${path}/walk`, {
      ...changed,
      metadata: { ...changed.metadata, labels: { test: 'walk', updated: 'yes' } },
    });
    expect(updated.metadata.labels).toEqual({ test: 'walk', updated: 'yes' });
    expect((await call('PUT', `${path}/walk`, changed)).reason).toBe('Conflict');

    expect((await remove(`${path}/walk`)).kind).toBe(deleted);
    expect((await call('GET', `${path}/walk`)).reason).toBe('NotFound');
    const events = await watch.events;
    expect(events[0]).toBe('ADDED');
    expect(events.at(-1)).toBe('DELETED');
    expect(events.filter((type) => type === 'MODIFIED').length).toBeGreaterThanOrEqual(3);
  });

  it('is deleted as a collection, what is selected and nothing else', async () => {
    for (const name of ['a', 'b']) await call('POST', path, named(`coll-${name}`, 'collection'));
    await call('POST', path, named('kept', 'kept'));
    await call('DELETE', `${path}?labelSelector=test%3Dcollection`);
    for (const { metadata } of (await call('GET', `${path}?labelSelector=test%3Dcollection`)).items)
      await patch(`${path}/${metadata.name}`, { metadata: { finalizers: null } });
    const { items } = await call('GET', path);
    expect(items.map(({ metadata }: Body) => metadata.name)).toEqual(['kept']);
    await remove(`${path}/kept`);
  });
});

describe('status', () => {
  it.each([
    ['PersistentVolume', { phase: 'Failed', message: 'm', reason: 'r' }],
    [
      'PersistentVolumeClaim',
      { phase: 'Pending', conditions: [{ type: 'StatusPatched', status: 'True', reason: 'r', message: 'm' }] },
    ],
    ['VolumeAttachment', { attached: true }],
  ])('of a %s is read, patched and updated apart from the rest', async (kind, status) => {
    const { path, body } = KINDS[kind] as Kind;
    const created = await call('POST', path, { ...body, metadata: { name: 'status' } });
    expect((await call('GET', `${path}/status/status`)).status).toEqual(created.status);
    const patched = await patch(`${path}/status/status`, { status, spec: { nodeName: 'other' } });
    expect(patched.status).toMatchObject(status);
    expect(patched.spec).toEqual(created.spec);
    const updated = await call('PUT', `${path}/status/status`, { ...patched, status: created.status });
    expect(updated.status).toMatchObject(kind === 'VolumeAttachment' ? { attached: false } : { phase: 'Pending' });
    const main = await patch(`${path}/status`, { status });
    expect(main.status).toEqual(updated.status);
    await remove(`${path}/status`);
  });

  it('of a volume remembers when its phase changed, by the server’s clock', async () => {
    const created = await call('POST', VOLUMES, { metadata: { name: 'phase' }, spec: volumeSpec });
    expect(created.status.lastPhaseTransitionTime).toBe(created.metadata.creationTimestamp);
    const told = { status: { phase: 'Available', lastPhaseTransitionTime: '2030-01-01T00:00:00Z' } };
    expect((await patch(`${VOLUMES}/phase/status`, told)).status).toEqual(told.status);
    const bound = await patch(`${VOLUMES}/phase/status`, { status: { phase: 'Bound' } });
    expect(bound.status.lastPhaseTransitionTime < told.status.lastPhaseTransitionTime).toBe(true);
    await remove(`${VOLUMES}/phase`);
  });
});

describe('protection', () => {
  it('keeps what is deleted until its finalizer is taken off', async () => {
    await call('POST', CLAIMS, { metadata: { name: 'held' }, spec: claimSpec });
    const deleted = await call('DELETE', `${CLAIMS}/held`);
    expect(deleted.metadata).toMatchObject({ finalizers: ['kubernetes.io/pvc-protection'] });
    expect((await call('GET', `${CLAIMS}/held`)).metadata.deletionTimestamp).toBeDefined();
    await patch(`${CLAIMS}/held`, { metadata: { finalizers: null } });
    expect((await call('GET', `${CLAIMS}/held`)).code).toBe(404);
  });
});

describe('the class of a claim', () => {
  const isDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  const classNamed = (name: string, more: Body = {}): Promise<Body> =>
    call('POST', CLASSES, { metadata: { name, annotations: isDefault }, provisioner: 'example.com/disk', ...more });
  const claimNamed = (name: string, more: Body = {}): Promise<Body> =>
    call('POST', CLAIMS, { metadata: { name }, spec: { ...claimSpec, ...more } });

  it('is the default one where a claim names none, the first by name of those created together', async () => {
    expect((await claimNamed('before')).spec.storageClassName).toBeUndefined();
    const made = [await classNamed('std-b'), await classNamed('std-a')];
    const newest = made.map(({ metadata }) => metadata).sort(newestFirst)[0].name;
    expect((await claimNamed('after')).spec.storageClassName).toBe(newest);
    expect((await claimNamed('own', { storageClassName: 'mine' })).spec.storageClassName).toBe('mine');
    expect((await claimNamed('none', { storageClassName: '' })).spec.storageClassName).toBe('');
    for (const name of ['before', 'after', 'own', 'none']) await remove(`${CLAIMS}/${name}`);
    for (const name of ['std-a', 'std-b']) await remove(`${CLASSES}/${name}`);
  });

  it('decides whether a bound claim may grow', async () => {
    await classNamed('grows', { allowVolumeExpansion: true });
    await classNamed('fixed');
    const grow = { spec: { resources: { requests: { storage: '2Gi' } } } };
    for (const name of ['grows', 'fixed']) {
      await claimNamed(name, { storageClassName: name });
      const early = await patch(`${CLAIMS}/${name}`, grow);
      expect(early).toMatchObject({ code: 422 });
      await patch(`${CLAIMS}/${name}/status`, { status: { phase: 'Bound', capacity: { storage: '1Gi' } } });
    }
    expect((await patch(`${CLAIMS}/grows`, grow)).spec.resources.requests.storage).toBe('2Gi');
    expect(await patch(`${CLAIMS}/fixed`, grow)).toMatchObject({
      code: 403,
      message:
        'persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    });
    for (const name of ['grows', 'fixed'])
      await Promise.all([remove(`${CLAIMS}/${name}`), remove(`${CLASSES}/${name}`)]);
  });
});

function newestFirst(a: Body, b: Body): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}
