// The workload kinds over an API server: each is created, read, listed, replaced, patched, reported on, scaled where it can
// be, and deleted by name and by label.
import { beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, testApi } from './harness.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const MERGE = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

const labels = { app: 'web' };
const container = { name: 'c', image: 'busybox:1.35' };
const running = { metadata: { labels }, spec: { containers: [container] } };
const once = { spec: { containers: [container], restartPolicy: 'Never' } };
const selected = { selector: { matchLabels: labels }, template: running };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const suspended = { suspend: true, template: once };

interface Walk {
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly body: object;
  /** A merge patch of what is no metadata. */
  readonly patch: object;
  /** What status may become; undefined where there is none. */
  readonly status?: object;
  readonly row: string;
}

const WALKS: readonly Walk[] = [
  {
    version: 'v1',
    kind: 'PodTemplate',
    plural: 'podtemplates',
    body: { template: running },
    patch: { template: { metadata: { labels: { app: 'other' } } } },
    row: 'Name,Containers,Images,Pod Labels',
  },
  {
    version: 'apps/v1',
    kind: 'ControllerRevision',
    plural: 'controllerrevisions',
    body: { revision: 1, data: { any: ['thing'] } },
    patch: { revision: 2 },
    row: 'Name,Controller,Revision,Age',
  },
  {
    version: 'apps/v1',
    kind: 'DaemonSet',
    plural: 'daemonsets',
    body: { spec: selected },
    patch: { spec: { minReadySeconds: 5 } },
    status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 2, numberReady: 1 },
    row: 'Name,Desired,Current,Ready,Up-to-date,Available,Node Selector,Age',
  },
  {
    version: 'apps/v1',
    kind: 'StatefulSet',
    plural: 'statefulsets',
    body: { spec: { ...selected, serviceName: 'web' } },
    patch: { spec: { replicas: 2 } },
    status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 },
    row: 'Name,Ready,Age',
  },
  {
    version: 'batch/v1',
    kind: 'Job',
    plural: 'jobs',
    body: { spec: suspended },
    patch: { spec: { parallelism: 3 } },
    status: { startTime: '2026-01-02T03:04:05Z', conditions: [{ type: 'Suspended', status: 'True' }] },
    row: 'Name,Status,Completions,Duration,Age',
  },
  {
    version: 'batch/v1',
    kind: 'CronJob',
    plural: 'cronjobs',
    body: { spec: { schedule: '@hourly', jobTemplate: { spec: { template: once } } } },
    patch: { spec: { suspend: true } },
    status: { lastScheduleTime: '2026-01-02T03:00:00Z' },
    row: 'Name,Schedule,Timezone,Suspend,Active,Last Schedule,Age',
  },
  ...['autoscaling/v1', 'autoscaling/v2'].map((version) => ({
    version,
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    body: { spec: { scaleTargetRef, maxReplicas: 3 } },
    patch: { spec: { maxReplicas: 5 } },
    status: { currentReplicas: 1, desiredReplicas: 2 },
    row: 'Name,Reference,Targets,MinPods,MaxPods,Replicas,Age',
  })),
];

function pathOf(version: string, plural: string): string {
  return `/${version === 'v1' ? 'api' : 'apis'}/${version}/namespaces/default/${plural}`;
}

describe.each(WALKS)('$version $kind', ({ version, kind, plural, body, patch, status, row }) => {
  const path = pathOf(version, plural);
  const named = (name: string): object => ({
    apiVersion: version,
    kind,
    metadata: { name, labels: { set: name } },
    ...body,
  });

  it('is created, read, listed, replaced and patched', async () => {
    const created = await api.call('POST', `${path}?fieldValidation=Strict`, named('a'));
    expect(created.status, created.text).toBe(201);
    expect((await api.call('GET', `${path}/a`)).body).toEqual(created.body);
    await api.call('POST', path, named('b'));
    const list = await api.call('GET', `${path}?labelSelector=set%3Da`);
    expect(list.body).toMatchObject({ kind: `${kind}List`, apiVersion: version, items: [created.body] });
    expect((await api.call('GET', path.replace('/namespaces/default', ''))).body.items).toHaveLength(2);

    const annotated = { ...created.body, metadata: { ...created.body.metadata, annotations: { note: 'kept' } } };
    const replaced = await api.call('PUT', `${path}/a`, annotated);
    expect(replaced.status, replaced.text).toBe(200);
    expect((await api.call('PUT', `${path}/a`, annotated)).status).toBe(409);
    const patched = await api.call('PATCH', `${path}/a`, patch, MERGE);
    expect(patched.body).toMatchObject({ ...patch, metadata: { annotations: { note: 'kept' } } });
    const labelled = await api.call('PATCH', `${path}/a`, { metadata: { labels: { more: 'x' } } }, STRATEGIC);
    expect(labelled.body.metadata.labels).toEqual({ set: 'a', more: 'x' });
    const again = await api.call('PATCH', `${path}/a`, { metadata: { labels: { more: 'x' } } }, MERGE);
    expect(again.body.metadata.resourceVersion).toBe(labelled.body.metadata.resourceVersion);
  });

  it('is deleted by name and by label', async () => {
    for (const name of ['a', 'b', 'c']) await api.call('POST', path, named(name));
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
    expect((await api.call('DELETE', `${path}/a`, options)).status).toBe(200);
    expect((await api.call('DELETE', `${path}?labelSelector=set%3Db`, options)).status).toBe(200);
    const left = await api.call('GET', path);
    expect(left.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['c']);
  });

  it('is a table with the columns that kubectl users know', async () => {
    await api.call('POST', path, named('a'));
    const { body: table } = await api.call('GET', path, undefined, TABLE);
    const shown = table.columnDefinitions.filter(({ priority }: { priority: number }) => priority === 0);
    expect(shown.map(({ name }: { name: string }) => name).join(',')).toBe(row);
    expect(table.rows[0].cells[0]).toBe('a');
  });

  const statusOrNone = status === undefined ? 'has no status' : 'has a status of its own, apart from its spec';
  it(statusOrNone, async () => {
    if (status === undefined) {
      await api.call('POST', path, named('a'));
      expect((await api.call('GET', `${path}/a/status`)).status).toBe(404);
      return;
    }
    const created = await api.call('POST', path, { ...named('a'), status });
    expect(created.body.status).not.toMatchObject(status);
    const patched = await api.call('PATCH', `${path}/a/status`, { ...patch, status }, MERGE);
    expect(patched.status, patched.text).toBe(200);
    expect(patched.body.status).toMatchObject(status);
    expect(patched.body.spec).toEqual(created.body.spec);
    expect(patched.body.metadata.generation).toBe(created.body.metadata.generation);

    const noted = { ...patched.body, metadata: { ...patched.body.metadata, annotations: { noted: 'yes' } } };
    const replaced = await api.call('PUT', `${path}/a/status`, noted);
    expect(replaced.status, replaced.text).toBe(200);
    expect(replaced.body.metadata.annotations).toMatchObject({ noted: 'yes' });
    const main = await api.call('PATCH', `${path}/a`, { ...patch, status: null }, MERGE);
    expect(main.body).toMatchObject(patch);
    expect((await api.call('GET', `${path}/a/status`)).body).toMatchObject({ ...patch, status });
  });
});

describe('the scale of a stateful set', () => {
  const path = pathOf('apps/v1', 'statefulsets');

  it('begins at one, and follows updates and patches', async () => {
    await api.call('POST', path, {
      kind: 'StatefulSet',
      apiVersion: 'apps/v1',
      metadata: { name: 'web' },
      spec: selected,
    });
    const { body: scale } = await api.call('GET', `${path}/web/scale`);
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=web' },
    });
    const updated = await api.call('PUT', `${path}/web/scale`, { ...scale, spec: { replicas: 2 } });
    expect(updated.body.spec.replicas).toBe(2);
    expect((await api.call('PATCH', `${path}/web/scale`, { spec: { replicas: 4 } }, MERGE)).body.spec.replicas).toBe(4);
    expect((await api.call('GET', `${path}/web`)).body).toMatchObject({
      spec: { replicas: 4 },
      metadata: { generation: 3 },
    });
  });
});

describe('a job', () => {
  const path = pathOf('batch/v1', 'jobs');
  const job = { kind: 'Job', apiVersion: 'batch/v1', metadata: { generateName: 'once-' }, spec: suspended };

  it('gets a selector of the uid and labels of the name that the server gave it', async () => {
    const { body } = await api.call('POST', path, job);
    const { name, uid } = body.metadata;
    expect(body.spec.selector.matchLabels).toEqual({ 'batch.kubernetes.io/controller-uid': uid });
    expect(body.spec.template.metadata.labels).toMatchObject({
      'batch.kubernetes.io/job-name': name,
      'job-name': name,
    });
    const successful = await api.call('GET', `${path}?fieldSelector=status.successful%3D0`);
    expect(successful.body.items).toHaveLength(1);
  });

  it('leaves its pods when it is deleted without a policy, with a warning', async () => {
    const { body } = await api.call('POST', path, job);
    const deleted = await api.call('DELETE', `${path}/${body.metadata.name}`);
    expect(deleted.body.metadata.finalizers).toEqual(['orphan']);
    expect(deleted.headers.get('warning')).toContain('child pods are preserved by default when jobs are deleted');
    const other = (await api.call('POST', path, job)).body.metadata.name;
    const background = await api.call('DELETE', `${path}/${other}?propagationPolicy=Background`);
    expect(background.headers.get('warning')).toBeNull();
    expect((await api.call('GET', `${path}/${other}`)).status).toBe(404);
  });
});

describe('autoscalers', () => {
  const v1 = pathOf('autoscaling/v1', 'horizontalpodautoscalers');
  const v2 = pathOf('autoscaling/v2', 'horizontalpodautoscalers');
  const memory = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
  };

  it('are the same objects in both versions', async () => {
    const body = { kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v2', metadata: { name: 'web' } };
    const spec = { scaleTargetRef, maxReplicas: 3, metrics: [memory] };
    const created = await api.call('POST', v2, { ...body, spec });
    const old = await api.call('GET', `${v1}/web`);
    expect(old.body).toMatchObject({
      apiVersion: 'autoscaling/v1',
      metadata: { uid: created.body.metadata.uid, resourceVersion: created.body.metadata.resourceVersion },
      spec: { minReplicas: 1, maxReplicas: 3 },
    });
    expect((await api.call('PUT', `${v1}/web`, old.body)).body.metadata.resourceVersion).toBe(
      created.body.metadata.resourceVersion,
    );
    await api.call('PATCH', `${v1}/web`, { spec: { targetCPUUtilizationPercentage: 50 } }, MERGE);
    const { metrics } = (await api.call('GET', `${v2}/web`)).body.spec;
    const cpu = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
    };
    expect(metrics).toEqual([cpu, memory]);
    expect((await api.call('POST', v1, { ...body, apiVersion: 'autoscaling/v1', spec })).status).toBe(409);
    await api.call('DELETE', `${v1}/web`);
    expect((await api.call('GET', v2)).body.items).toEqual([]);
  });

  it('are preferred as v2 by whoever asks for the group', async () => {
    const group = await api.call('GET', '/apis/autoscaling');
    expect(group.body.preferredVersion.version).toBe('v2');
    expect((await api.call('GET', '/apis/autoscaling/v1')).body.resources[0]).toMatchObject({ shortNames: ['hpa'] });
  });
});
