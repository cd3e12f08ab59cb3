// Limit ranges, priority classes and runtime classes at the server: what they make of pods, and what they refuse.
import { beforeEach, describe, expect, it } from 'vitest';
import { PODS, pod, type TestApi, testApi } from './harness.ts';

const RANGES = '/api/v1/namespaces/default/limitranges';
const PRIORITIES = '/apis/scheduling.k8s.io/v1/priorityclasses';
const RUNTIMES = '/apis/node.k8s.io/v1/runtimeclasses';
const MERGE = { 'content-type': 'application/merge-patch+json' };

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

async function create(path: string, body: object): Promise<void> {
  const answer = await api.call('POST', path, body);
  expect(answer.body).toMatchObject({ metadata: {} });
  expect(answer.status).toBe(201);
}

const container = (name: string, resources: object = {}): object => ({ name, image: 'busybox:1.35', resources });
const refusal = async (name: string, spec: Record<string, unknown>): Promise<unknown> => {
  const { body } = await api.call('POST', PODS, pod(name, spec));
  expect(body.code).toBe(403);
  return body.message;
};

describe('a limit range', () => {
  const range = (...limits: object[]): object => ({ metadata: { name: 'l' }, spec: { limits } });

  it('gives containers what they do not ask for, and says so in an annotation', async () => {
    const defaults = { type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } };
    await create(RANGES, range(defaults));
    const spec = {
      containers: [container('a'), container('b', { limits: { cpu: '2' } })],
      initContainers: [container('c', { requests: { memory: '1Mi' }, limits: { cpu: '3' } })],
    };
    const { body } = await api.call('POST', PODS, pod('p', spec));
    expect(body.metadata.annotations['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a; memory request for container b; memory limit for container b; memory limit for init container c',
    );
    const [a, b] = body.spec.containers;
    expect(a.resources).toEqual({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } });
    expect(b.resources).toEqual({ limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '2', memory: '1Gi' } });
    expect(body.status.qosClass).toBe('Burstable');
    const content = await api.call(
      'POST',
      PODS,
      pod('q', { containers: [container('a', { limits: { cpu: '1', memory: '1Gi' } })] }),
    );
    expect(content.body.metadata.annotations).toBeUndefined();
  });

  it('refuses containers that want too little, too much, or too different things', async () => {
    const bounds = { min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } };
    await create(RANGES, range({ type: 'Container', ...bounds }));
    const of = (requests: object, limits: object): Record<string, unknown> => ({
      containers: [container('a', { requests, limits })],
    });
    expect(await refusal('p', of({ cpu: '1' }, { cpu: '2' }))).toBe(
      'pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    );
    expect(await refusal('p', of({ cpu: '50m' }, { cpu: '100m' }))).toBe(
      'pods "p" is forbidden: minimum cpu usage per Container is 100m, but request is 50m',
    );
    expect(await refusal('p', of({ cpu: '100m' }, { cpu: '500m' }))).toBe(
      'pods "p" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000',
    );
    expect(await refusal('p', of({ cpu: '50m' }, { cpu: '2' }))).toBe(
      'pods "p" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 1, but limit is 2, cpu max limit to request ratio per Container is 2, but provided ratio is 40.000000]',
    );
    await create(PODS, pod('p', of({ cpu: '500m' }, { cpu: '1' })));
  });

  it('sees a pod as a whole', async () => {
    await create(RANGES, range({ type: 'Pod', max: { memory: '1Gi' }, min: { cpu: '1' } }));
    const memory = { limits: { memory: '600Mi', cpu: '1' } };
    expect(await refusal('p', { containers: [container('a', memory), container('b', memory)] })).toBe(
      'pods "p" is forbidden: maximum memory usage per Pod is 1Gi, but limit is 1200Mi',
    );
    expect(await refusal('p', { containers: [container('a')] })).toBe(
      'pods "p" is forbidden: [minimum cpu usage per Pod is 1.  No request is specified, maximum memory usage per Pod is 1Gi.  No limit is specified]',
    );
  });

  it('is honoured as it is now, and not after it is gone', async () => {
    await create(RANGES, range({ type: 'Container', max: { cpu: '1' } }));
    const spec = { containers: [container('a', { limits: { cpu: '2' } })] };
    expect(await refusal('p', spec)).toContain('but limit is 2');
    const raised = await api.call('PUT', `${RANGES}/l`, range({ type: 'Container', max: { cpu: '3' } }));
    expect(raised.body.spec.limits[0].default).toEqual({ cpu: '3' });
    await create(PODS, pod('p', spec));
    await api.call('PUT', `${RANGES}/l`, range({ type: 'Container', max: { cpu: '1' } }));
    expect((await api.call('DELETE', `${RANGES}/l`)).status).toBe(200);
    await create(PODS, pod('q', spec));
  });
});

describe('a priority class', () => {
  const priority = (name: string, more: object = {}): object => ({ metadata: { name }, value: 7, ...more });

  it("gives a pod its number and policy; the system's are there from the beginning, to stay", async () => {
    await create(PRIORITIES, priority('mine', { preemptionPolicy: 'Never' }));
    const mine = await api.call('POST', PODS, pod('a', { priorityClassName: 'mine' }));
    expect(mine.body.spec).toMatchObject({ priority: 7, preemptionPolicy: 'Never' });
    const critical = await api.call('POST', PODS, pod('b', { priorityClassName: 'system-node-critical' }));
    expect(critical.body.spec).toMatchObject({ priority: 2_000_001_000, preemptionPolicy: 'PreemptLowerPriority' });
    const deleted = await api.call('DELETE', `${PRIORITIES}/system-node-critical`);
    expect(deleted.body.message).toBe(
      'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
    );
    expect(await refusal('c', { priorityClassName: 'none' })).toBe(
      'pods "c" is forbidden: no PriorityClass with name none was found',
    );
  });

  it('is what decides: a pod has no other number or policy', async () => {
    await create(PRIORITIES, priority('mine'));
    expect(await refusal('a', { priorityClassName: 'mine', priority: 8 })).toBe(
      'pods "a" is forbidden: the integer value of priority (8) must not be provided in pod spec; priority admission controller computed 7 from the given PriorityClass name',
    );
    expect(await refusal('a', { priorityClassName: 'mine', preemptionPolicy: 'Never' })).toContain(
      'the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority',
    );
    await create(PODS, pod('a', { priorityClassName: 'mine', priority: 7 }));
    // A client that has never heard of priorities keeps them.
    const bare = pod('a', { priorityClassName: 'mine' }) as { spec: object };
    const { spec } = (await api.call('GET', `${PODS}/a`)).body;
    const { priority: _, preemptionPolicy: __, ...rest } = spec;
    expect((await api.call('PUT', `${PODS}/a`, { ...bare, spec: rest })).body.spec.priority).toBe(7);
  });

  it('can be the default, one at a time', async () => {
    await create(PRIORITIES, priority('usual', { globalDefault: true }));
    const { body } = await api.call('POST', PODS, pod('a'));
    expect(body.spec).toMatchObject({ priorityClassName: 'usual', priority: 7 });
    const second = await api.call('POST', PRIORITIES, priority('other', { globalDefault: true }));
    expect(second.body.message).toBe(
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    );
    await create(PRIORITIES, priority('other'));
    const promoted = await api.call('PATCH', `${PRIORITIES}/other`, { globalDefault: true }, MERGE);
    expect(promoted.body.message).toContain('PriorityClass usual is already marked as default');
    expect((await api.call('PATCH', `${PRIORITIES}/usual`, { description: 'd' }, MERGE)).status).toBe(200);
    expect((await api.call('PATCH', `${PRIORITIES}/usual`, { globalDefault: false }, MERGE)).status).toBe(200);
    expect((await api.call('PATCH', `${PRIORITIES}/other`, { globalDefault: true }, MERGE)).status).toBe(200);
  });

  it('is the default alone, when many would be it at once', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `p${at}`);
    const answers = await Promise.all(
      names.map((name) => api.call('POST', PRIORITIES, priority(name, { globalDefault: true }))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 403)]);
    const { items } = (await api.call('GET', PRIORITIES)).body;
    expect(items.filter((item: { globalDefault?: boolean }) => item.globalDefault === true)).toHaveLength(1);
  });

  it('keeps its value, and changes in what is said of it', async () => {
    await create(PRIORITIES, priority('mine'));
    const changed = await api.call('PATCH', `${PRIORITIES}/mine`, { value: 8 }, MERGE);
    expect(changed.body).toMatchObject({ code: 422, reason: 'Invalid' });
    const described = await api.call('PATCH', `${PRIORITIES}/mine`, { description: 'd' }, MERGE);
    expect(described.body).toMatchObject({ description: 'd', metadata: { generation: 1 } });
  });
});

describe('a runtime class', () => {
  const runtime = (more: object = {}): object => ({ metadata: { name: 'r' }, handler: 'kata', ...more });

  it('must be there, now', async () => {
    expect(await refusal('p', { runtimeClassName: 'r' })).toBe(
      'pods "p" is forbidden: pod rejected: RuntimeClass "r" not found',
    );
    await create(RUNTIMES, runtime());
    const { body } = await api.call('POST', PODS, pod('p', { runtimeClassName: 'r' }));
    expect(body.spec.runtimeClassName).toBe('r');
    expect(body.spec.overhead).toBeUndefined();
    await api.call('DELETE', `${RUNTIMES}/r`);
    expect(await refusal('q', { runtimeClassName: 'r' })).toContain('RuntimeClass "r" not found');
  });

  it('adds its overhead, which no pod makes up', async () => {
    await create(RUNTIMES, runtime({ overhead: { podFixed: { cpu: '250m', memory: '64Mi' } } }));
    const { body } = await api.call('POST', PODS, pod('p', { runtimeClassName: 'r' }));
    expect(body.spec.overhead).toEqual({ cpu: '250m', memory: '64Mi' });
    const same = await api.call(
      'POST',
      PODS,
      pod('q', { runtimeClassName: 'r', overhead: { cpu: '0.25', memory: '64Mi' } }),
    );
    expect(same.status).toBe(201);
    expect(await refusal('s', { runtimeClassName: 'r', overhead: { cpu: '1' } })).toBe(
      `pods "s" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
    );
    expect(await refusal('s', { overhead: { cpu: '1' } })).toBe(
      'pods "s" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  });

  it('sends pods where it is offered', async () => {
    const scheduling = {
      nodeSelector: { kata: 'yes' },
      tolerations: [
        { key: 'kata', operator: 'Exists' },
        { key: 'own', operator: 'Exists', effect: 'NoSchedule' },
      ],
    };
    await create(RUNTIMES, runtime({ scheduling }));
    const own = { nodeSelector: { zone: 'a' }, tolerations: [{ key: 'own', operator: 'Exists' }] };
    const { spec } = (await api.call('POST', PODS, pod('p', { runtimeClassName: 'r', ...own }))).body;
    expect(spec.nodeSelector).toEqual({ zone: 'a', kata: 'yes' });
    // What is tolerated already is not tolerated twice.
    expect(spec.tolerations.map(({ key }: { key: string }) => key)).toEqual([
      'own',
      'node.kubernetes.io/not-ready',
      'node.kubernetes.io/unreachable',
      'kata',
    ]);
    expect(await refusal('q', { runtimeClassName: 'r', nodeSelector: { kata: 'no' } })).toBe(
      'pods "q" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no',
    );
  });
});
