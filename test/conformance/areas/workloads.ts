// Workload kinds: lists and collection deletes, status and scale subresources, adoption and release. Apps behaviours 100 to 147.
import { BatchV1Api, type V1ReplicationController } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { eventually } from '../../e2e/support/command.ts';
import { behaviour, type Scene } from '../behaviour.ts';
import {
  CONTAINER,
  core,
  create,
  goneFrom,
  LABELS,
  patch,
  pathOf,
  pod,
  podCount,
  podsOf,
  update,
  workload,
} from '../objects.ts';
import { about, watch } from '../watching.ts';

const CONDITION = { type: 'Shown', status: 'True', reason: 'Test', message: 'written by a test' };
/** No node carries it: pods of such a template stay where they are. */
const NOWHERE = { nodeSelector: { 'example.com/nowhere': 'yes' } };

/** Objects of a kind are listed by label and deleted by label, and others stay. */
function collection(id: string, kind: string, spec: object): void {
  behaviour(id, async (scene) => {
    const path = pathOf(scene, kind);
    for (const name of ['a', 'b']) await create(scene, kind, workload(kind, name, spec, { app: 'several' }));
    await create(scene, kind, workload(kind, 'other', spec, { app: 'other' }));
    const patched = await patch(scene, `${path}/a`, { metadata: { labels: { patched: 'yes' } } });
    expect(patched.metadata.labels).toMatchObject({ patched: 'yes' });
    const listed = await scene.raw.ok('GET', `${path}?labelSelector=app%3Dseveral`);
    expect(listed.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    await scene.raw.ok('DELETE', `${path}?labelSelector=app%3Dseveral`);
    for (const name of ['a', 'b']) await goneFrom(scene, `${path}/${name}`);
    expect((await scene.raw.send('GET', `${path}/other`)).status).toBe(200);
  });
}

collection('CB-100', 'DaemonSet', {});
collection('CB-131', 'ReplicaSet', { replicas: 1 });
collection('CB-144', 'StatefulSet', { replicas: 1, serviceName: 'none' });

interface WithConditions {
  status?: { conditions?: { type: string }[] };
  spec?: unknown;
}

/** The status is read, replaced and patched apart from the spec; a watch sees it. */
function status(id: string, kind: string, spec: object): void {
  behaviour(id, async (scene) => {
    const path = `${pathOf(scene, kind)}/shown`;
    const created = await create(scene, kind, workload(kind, 'shown', spec));
    const watching = await watch(scene.raw, pathOf(scene, kind), created.metadata.resourceVersion);
    const before = await scene.raw.ok<WithConditions>('GET', `${path}/status`);
    const updated = await update<WithConditions>(scene, `${path}/status`, (object) => {
      object.status = { ...object.status, conditions: [...(object.status?.conditions ?? []), CONDITION] };
    });
    expect(updated.status?.conditions).toContainEqual(expect.objectContaining(CONDITION));
    await watching.next('the updated status', ({ object }) => hasCondition(object, 'Shown'));
    const second = { ...CONDITION, type: 'ShownTwice' };
    const patched = await patch<WithConditions>(scene, `${path}/status`, { status: { conditions: [second] } });
    expect(patched.status?.conditions).toContainEqual(expect.objectContaining(second));
    expect(patched.spec).toEqual(before.spec);
    await watching.next('the patched status', ({ object }) => hasCondition(object, 'ShownTwice'));
    watching.stop();
  });
}

function hasCondition(object: { status?: unknown }, type: string): boolean {
  const { conditions = [] } = (object.status ?? {}) as NonNullable<WithConditions['status']>;
  return conditions.some((each) => each.type === type);
}

status('CB-106', 'DaemonSet', {
  template: { metadata: { labels: LABELS }, spec: { containers: [CONTAINER], ...NOWHERE } },
});
status('CB-114', 'Deployment', { replicas: 1 });
status('CB-133', 'ReplicaSet', { replicas: 1 });
status('CB-147', 'StatefulSet', { replicas: 1, serviceName: 'none' });

interface Scale {
  spec: { replicas: number };
  status: { replicas: number; selector: string };
}

/** The scale of an object is read, replaced and patched, and the object follows. */
async function scales(scene: Scene, kind: string, spec: object, before: number): Promise<void> {
  const path = `${pathOf(scene, kind)}/shown`;
  await create(scene, kind, workload(kind, 'shown', spec));
  const read = await scene.raw.ok<Scale & { kind: string; apiVersion: string }>('GET', `${path}/scale`);
  expect(read).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: before } });
  const updated = await update<Scale>(scene, `${path}/scale`, (scale) => {
    scale.spec.replicas = 2;
  });
  expect(updated.spec.replicas).toBe(2);
  expect((await scene.raw.ok<{ spec: { replicas: number } }>('GET', path)).spec.replicas).toBe(2);
  const patched = await patch<Scale>(scene, `${path}/scale`, { spec: { replicas: 4 } });
  expect(patched.spec.replicas).toBe(4);
  expect((await scene.raw.ok<{ spec: { replicas: number } }>('GET', path)).spec.replicas).toBe(4);
}

behaviour('CB-107', (scene) => scales(scene, 'Deployment', { replicas: 1 }, 1));
behaviour('CB-129', (scene) => scales(scene, 'ReplicaSet', { replicas: 1 }, 1));
behaviour('CB-135', (scene) => scales(scene, 'ReplicationController', { replicas: 1 }, 1));
behaviour('CB-143', (scene) => scales(scene, 'StatefulSet', { serviceName: 'none' }, 1));

behaviour('CB-115', async (scene) => {
  const path = `/apis/policy/v1/namespaces/${scene.namespace}/poddisruptionbudgets`;
  const labels = { budgets: scene.unique };
  for (const name of ['a', 'b']) {
    const spec = { minAvailable: 1, selector: { matchLabels: LABELS } };
    await scene.raw.ok('POST', path, { body: { metadata: { name, labels }, spec } });
  }
  const everywhere = await scene.raw.ok(
    'GET',
    `/apis/policy/v1/poddisruptionbudgets?labelSelector=budgets%3D${scene.unique}`,
  );
  expect(everywhere.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  await scene.raw.ok('DELETE', path);
  expect((await scene.raw.ok('GET', path)).items).toEqual([]);
});

behaviour('CB-119', async (scene) => {
  const path = `/apis/policy/v1/namespaces/${scene.namespace}/poddisruptionbudgets`;
  const spec = { minAvailable: 1, selector: { matchLabels: LABELS } };
  await scene.raw.ok('POST', path, { body: { metadata: { name: 'shown' }, spec } });
  interface Budget {
    status?: { disruptedPods?: Record<string, string> };
  }
  const first = { first: '2026-01-01T00:00:00Z' };
  // The controller forgets disrupted pods that do not exist; what the write answered is what counts.
  const updated = await update<Budget>(scene, `${path}/shown/status`, (budget) => {
    budget.status = { ...budget.status, disruptedPods: first };
  });
  expect(updated.status?.disruptedPods).toEqual(first);
  const second = { second: '2026-01-01T00:00:00Z' };
  const patched = await patch<Budget>(scene, `${path}/shown/status`, { status: { disruptedPods: second } });
  expect(patched.status?.disruptedPods).toMatchObject(second);
});

behaviour('CB-123', async (scene) => {
  const api = scene.api(BatchV1Api);
  const at = { namespace: scene.namespace, name: 'shown' };
  const template = { spec: { restartPolicy: 'Never', containers: [CONTAINER] } };
  const body = { metadata: { name: 'shown' }, spec: { suspend: true, template } };
  await api.createNamespacedJob({ namespace: scene.namespace, body });
  const path = `/apis/batch/v1/namespaces/${scene.namespace}/jobs/shown/status`;
  const patched = await patch<WithConditions>(scene, path, { status: { conditions: [CONDITION] } });
  expect(patched.status?.conditions).toContainEqual(expect.objectContaining(CONDITION));
  const read = await api.readNamespacedJobStatus(at);
  read.status = {
    ...read.status,
    conditions: [...(read.status?.conditions ?? []), { ...CONDITION, type: 'ShownTwice' }],
  };
  const replaced = await api.replaceNamespacedJobStatus({ ...at, body: read });
  expect(replaced.status?.conditions?.map(({ type }) => type)).toEqual(expect.arrayContaining(['Shown', 'ShownTwice']));
});

/** A bare pod that matches becomes the controller's; one whose labels stop matching is let go and replaced. */
async function adopts(scene: Scene, kind: string): Promise<void> {
  const pods = core(scene.namespace, 'pods');
  await scene.raw.ok('POST', pods, { body: pod('bare', {}, { labels: LABELS }) });
  const owner = await create(scene, kind, workload(kind, 'owner', { replicas: 1 }));
  await eventually('the bare pod to be adopted', async () => {
    const { metadata } = await scene.raw.ok('GET', `${pods}/bare`);
    const isAdopted = metadata.ownerReferences?.some(({ uid, controller }) => uid === owner.metadata.uid && controller);
    return isAdopted === true ? true : undefined;
  });
  expect(await podsOf(scene)).toHaveLength(1);
}

async function releases(scene: Scene, kind: string): Promise<void> {
  const pods = core(scene.namespace, 'pods');
  const owner = await create(scene, kind, workload(kind, 'owner', { replicas: 1 }));
  const [member] = await podCount(scene, 1);
  const name = member?.metadata.name ?? '';
  await patch(scene, `${pods}/${name}`, { metadata: { labels: { app: 'released' } } });
  await eventually('the pod to be released', async () => {
    const { metadata } = await scene.raw.ok('GET', `${pods}/${name}`);
    return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true ? undefined : true;
  });
  await podCount(scene, 1);
}

behaviour('CB-130', async (scene) => {
  await adopts(scene, 'ReplicaSet');
  await patch(scene, `${core(scene.namespace, 'pods')}/bare`, { metadata: { labels: { app: 'released' } } });
  await eventually('the pod to be released', async () => {
    const { metadata } = await scene.raw.ok('GET', `${core(scene.namespace, 'pods')}/bare`);
    return (metadata.ownerReferences ?? []).length === 0 ? true : undefined;
  });
});
behaviour('CB-134', (scene) => adopts(scene, 'ReplicationController'));
behaviour('CB-136', (scene) => releases(scene, 'ReplicationController'));

behaviour('CB-138', async (scene) => {
  const kind = 'ReplicationController';
  const quotas = core(scene.namespace, 'resourcequotas');
  await scene.raw.ok('POST', quotas, { body: { metadata: { name: 'two' }, spec: { hard: { pods: '2' } } } });
  await eventually('the status of the quota', async () => {
    const { status: told } = await scene.raw.ok<{ status?: { hard?: object } }>('GET', `${quotas}/two`);
    return told?.hard === undefined ? undefined : true;
  });
  const path = `${pathOf(scene, kind)}/owner`;
  await create(scene, kind, workload(kind, 'owner', { replicas: 3 }));
  const failing = (wanted: boolean): Promise<true> =>
    eventually(`ReplicaFailure to be ${wanted ? 'there' : 'gone'}`, async () =>
      hasCondition(await scene.raw.ok('GET', path), 'ReplicaFailure') === wanted ? true : undefined,
    );
  await failing(true);
  await update<{ spec: { replicas: number } }>(scene, path, ({ spec }) => {
    spec.replicas = 2;
  });
  await failing(false);
});

behaviour('CB-139', async (scene) => {
  const kind = 'ReplicationController';
  const path = `${pathOf(scene, kind)}/life`;
  const start = await scene.raw.ok('GET', pathOf(scene, kind));
  const watching = await watch(scene.raw, pathOf(scene, kind), start.metadata.resourceVersion);
  await create(scene, kind, workload(kind, 'life', { replicas: 1 }));
  await watching.next('it to be added', about('ADDED', 'life'));
  await eventually('a ready pod', async () => {
    const { status: told } = await scene.raw.ok<V1ReplicationController>('GET', path);
    return told?.readyReplicas === 1 ? true : undefined;
  });
  await patch(scene, path, { metadata: { labels: { patched: 'yes' } } });
  await watching.next('the label', ({ object }) => object.metadata.labels?.['patched'] === 'yes');
  const patched = await patch<V1ReplicationController>(scene, `${path}/status`, { status: { readyReplicas: 0 } });
  expect(patched.spec?.replicas).toBe(1);
  await patch(scene, `${path}/scale`, { spec: { replicas: 2 } });
  await eventually('two ready pods', async () => {
    const { status: told } = await scene.raw.ok<V1ReplicationController>('GET', path);
    return told?.readyReplicas === 2 ? true : undefined;
  });
  await scene.raw.ok('DELETE', pathOf(scene, kind));
  await watching.next('it to be deleted', about('DELETED', 'life'));
  watching.stop();
});
