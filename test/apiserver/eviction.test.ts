// Evictions and the budgets they obey: what is granted, what is refused with which words, and that two servers over one store
// never both take the last disruption.
import { beforeEach, describe, expect, it } from 'vitest';
import { PODS, pod, type TestApi, testApi } from './harness.ts';

const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
  await api.call('POST', '/api/v1/nodes', { metadata: { name: 'n1' } });
});

/** A pod that runs on a node. */
async function running(name: string, ready = true, labels: object = { app: 'web' }): Promise<void> {
  const made = { ...pod(name, { nodeName: 'n1' }), metadata: { name, labels } };
  expect((await api.call('POST', PODS, made)).status).toBe(201);
  const { body } = await api.call('GET', `${PODS}/${name}`);
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  const status = { phase: 'Running', conditions };
  expect((await api.call('PUT', `${PODS}/${name}/status`, { ...body, status })).status).toBe(200);
}

/** A budget whose status says what the disruption controller would say. */
async function budget(allowed: number, spec: object = {}, status: object = {}, name = 'b'): Promise<void> {
  const selector = { matchLabels: { app: 'web' } };
  const { body } = await api.call('POST', BUDGETS, {
    metadata: { name },
    spec: { minAvailable: 1, selector, ...spec },
  });
  const counted = {
    observedGeneration: 1,
    disruptionsAllowed: allowed,
    currentHealthy: 1 + allowed,
    desiredHealthy: 1,
    expectedPods: 1 + allowed,
    ...status,
  };
  expect((await api.call('PUT', `${BUDGETS}/${name}/status`, { ...body, status: counted })).status).toBe(200);
}

const evict = (name: string, more: object = {}, query = '', server: TestApi = api) =>
  server.call('POST', `${PODS}/${name}/eviction${query}`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'default' },
    ...more,
  });

describe('an eviction', () => {
  it('is counted down, and remembered until the controller has seen it', async () => {
    await running('p');
    await budget(2);
    expect((await evict('p')).body).toMatchObject({ kind: 'Status', status: 'Success', code: 201 });
    const { body } = await api.call('GET', `${BUDGETS}/b`);
    expect(body.status).toMatchObject({ disruptionsAllowed: 1, disruptedPods: { p: expect.stringMatching(/Z$/) } });
    const { metadata, status } = (await api.call('GET', `${PODS}/p`)).body;
    expect(metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }),
    );
  });

  it('is refused with the words of Kubernetes when nothing more may be missing', async () => {
    await running('p');
    await budget(0);
    expect((await evict('p')).body).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' },
        ],
      },
    });
    expect((await api.call('GET', `${PODS}/p`)).body.metadata.deletionTimestamp).toBeUndefined();
  });

  it('is refused while nobody has looked at the budget since it was changed', async () => {
    await running('p');
    await budget(2, {}, { observedGeneration: 0 });
    const refused = await evict('p');
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(refused.body.details).toEqual({
      causes: [
        { reason: 'DisruptionBudget', message: 'The disruption budget b is still being processed by the server.' },
      ],
      retryAfterSeconds: 10,
    });
  });

  it('is an error when two budgets select the pod', async () => {
    await running('p');
    await budget(2);
    await budget(2, {}, {}, 'c');
    expect((await evict('p')).body).toMatchObject({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  });

  it('takes the last disruption once, whichever of two servers is asked', async () => {
    const other = await testApi({ memberId: 'm2' }, api.store);
    const names = Array.from({ length: 12 }, (_, at) => `p${at}`);
    for (const name of names) await running(name);
    await budget(5);
    const answers = await Promise.all(names.map((name, at) => evict(name, {}, '', at % 2 === 0 ? api : other)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
    const { status } = (await api.call('GET', `${BUDGETS}/b`)).body;
    expect(status.disruptionsAllowed).toBe(0);
    expect(Object.keys(status.disruptedPods)).toHaveLength(5);
    expect(status.conditions).toMatchObject([
      { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', observedGeneration: 1 },
    ]);
  });

  it('asks no budget for pods that serve nobody', async () => {
    await budget(0);
    await api.call('POST', PODS, { ...pod('pending'), metadata: { name: 'pending', labels: { app: 'web' } } });
    expect((await evict('pending')).status).toBe(201);
    expect((await api.call('GET', `${PODS}/pending`)).status).toBe(404);
    await running('unrelated', true, { app: 'other' });
    expect((await evict('unrelated')).status).toBe(201);
  });

  it('lets a pod that is not ready go when the others suffice, or always where the budget says so', async () => {
    await running('p', false);
    await running('q', false);
    await budget(0);
    expect((await evict('p')).status).toBe(201);
    const { body } = await api.call('GET', `${BUDGETS}/b`);
    expect(body.status.disruptedPods).toBeUndefined();
    await api.call('PUT', `${BUDGETS}/b/status`, { ...body, status: { ...body.status, currentHealthy: 0 } });
    expect((await evict('q')).status).toBe(429);
    const always = { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } };
    await api.call('PATCH', `${BUDGETS}/b`, always, { 'content-type': 'application/merge-patch+json' });
    expect((await evict('q')).status).toBe(201);
  });

  it.each([
    ['in its query', {}, '?dryRun=All'],
    ['in its options', { deleteOptions: { dryRun: ['All'] } }, ''],
  ])('that is a dry run %s is judged, and changes nothing', async (_, more, query) => {
    await running('p');
    await budget(1);
    expect((await evict('p', more, query)).status).toBe(201);
    expect((await api.call('GET', `${PODS}/p`)).body.metadata.deletionTimestamp).toBeUndefined();
    const { body } = await api.call('GET', `${BUDGETS}/b`);
    expect(body.status.disruptionsAllowed).toBe(1);
    await api.call('PUT', `${BUDGETS}/b/status`, { ...body, status: { ...body.status, disruptionsAllowed: 0 } });
    expect((await evict('p', more, query)).status).toBe(429);
  });

  it('deletes with the options that it carries', async () => {
    await running('p');
    await budget(1);
    const wrong = await evict('p', { deleteOptions: { preconditions: { uid: 'another' } } });
    expect(wrong.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect((await api.call('GET', `${BUDGETS}/b`)).body.status.disruptionsAllowed).toBe(1);
    expect((await evict('p', { deleteOptions: { gracePeriodSeconds: 5 } })).status).toBe(201);
    expect((await api.call('GET', `${PODS}/p`)).body.metadata.deletionGracePeriodSeconds).toBe(5);
    expect((await evict('gone')).status).toBe(404);
    expect((await evict('p', { metadata: { name: 'q' } })).body.message).toContain('name in URL does not match');
  });
});
