// Disruption budgets: the numbers by tables, and the controller that keeps them.
import { afterEach, describe, expect, it } from 'vitest';
import type { Pod, PodDisruptionBudget, Served } from '../../src/api/index.ts';
import { DEPLOYMENTS, EVENTS, POD_DISRUPTION_BUDGETS, PODS, REPLICATION_CONTROLLERS } from '../../src/client/index.ts';
import { expectedOf, failSafeStatus, needsScale, planBudget } from '../../src/controllers/disruption/plan.ts';
import { converge, deployment, type Harness, startHarness } from './support/harness.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const AT_NOW = '2026-01-01T12:00:00Z';

type Spec = NonNullable<PodDisruptionBudget['spec']>;

function budget(spec: Spec, status?: PodDisruptionBudget['status']): Served<PodDisruptionBudget> {
  const metadata = { name: 'b', uid: 'u', resourceVersion: '1', creationTimestamp: AT_NOW, generation: 3 };
  return { metadata, spec, ...(status === undefined ? {} : { status }) };
}

function pod(name: string, ready = true, more: object = {}): Served<Pod> {
  return {
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: AT_NOW, ...more },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

describe('how many pods must stay healthy', () => {
  it.each<[string, Spec, object]>([
    ['a number of those that are there', { minAvailable: 2 }, { expectedPods: 3, desiredHealthy: 2 }],
    ['a share of those that are wanted, rounded up', { minAvailable: '30%' }, { expectedPods: 5, desiredHealthy: 2 }],
    ['all but a number', { maxUnavailable: 1 }, { expectedPods: 5, desiredHealthy: 4 }],
    ['all but a share, rounded up', { maxUnavailable: '30%' }, { expectedPods: 5, desiredHealthy: 3 }],
    ['none when more may be missing than there are', { maxUnavailable: 9 }, { expectedPods: 5, desiredHealthy: 0 }],
    ['none without a bound, and none is expected', {}, { expectedPods: 0, desiredHealthy: 0 }],
  ])('%s', (_, spec, expected) => {
    expect(expectedOf(budget(spec), 3, 5)).toEqual(expected);
  });

  it('asks for the scale only where it counts', () => {
    expect(
      [{ minAvailable: 2 }, { minAvailable: '1%' }, { maxUnavailable: 1 }, {}].map((spec) => needsScale(budget(spec))),
    ).toEqual([false, true, true, false]);
  });
});

describe('the status of a budget', () => {
  const expected = { expectedPods: 3, desiredHealthy: 2 };

  it('counts pods that are ready, not going, and not granted to an eviction', () => {
    const status = { disruptedPods: { granted: '2026-01-01T11:59:00Z', gone: '2026-01-01T11:59:00Z' } } as never;
    const going = pod('going', true, { deletionTimestamp: AT_NOW });
    const plan = planBudget(budget({}, status), [pod('a'), pod('b', false), going, pod('granted')], expected, NOW);
    expect(plan.status).toMatchObject({
      currentHealthy: 1,
      disruptionsAllowed: 0,
      observedGeneration: 3,
      expectedPods: 3,
    });
    // Whose pod is gone or going is remembered no longer.
    expect(plan.status.disruptedPods).toEqual({ granted: '2026-01-01T11:59:00Z' });
    expect(plan.recheckInMs).toBe(60_001);
    expect(plan.notDeleted).toEqual([]);
  });

  it('takes a grant for void when its pod is there two minutes later', () => {
    const status = { disruptedPods: { a: '2026-01-01T11:57:59Z' } } as never;
    const plan = planBudget(budget({}, status), [pod('a'), pod('b'), pod('c')], expected, NOW);
    expect(plan.status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
    expect(plan.status.disruptedPods).toBeUndefined();
    expect(plan.notDeleted.map(({ metadata }) => metadata.name)).toEqual(['a']);
  });

  it('has a condition whose time moves only when it turns', () => {
    const first = planBudget(budget({}), [pod('a'), pod('b'), pod('c')], expected, NOW).status;
    expect(first.conditions).toEqual([
      {
        type: 'DisruptionAllowed',
        status: 'True',
        reason: 'SufficientPods',
        message: '',
        observedGeneration: 3,
        lastTransitionTime: AT_NOW,
      },
    ]);
    const again = planBudget(budget({}, first), [pod('a'), pod('b'), pod('c')], expected, NOW + 60_000);
    expect(again.changed).toBe(false);
    const turned = planBudget(budget({}, first), [pod('a')], expected, NOW + 60_000);
    expect(turned.changed).toBe(true);
    expect(turned.status.conditions).toMatchObject([
      { status: 'False', reason: 'InsufficientPods', lastTransitionTime: '2026-01-01T12:01:00Z' },
    ]);
  });

  it('allows nothing while nothing is expected, and nothing when it cannot be told', () => {
    const none = planBudget(budget({}), [pod('a')], { expectedPods: 0, desiredHealthy: 0 }, NOW);
    expect(none.status.disruptionsAllowed).toBe(0);
    const status = failSafeStatus(
      budget({}, { disruptionsAllowed: 2, currentHealthy: 3, desiredHealthy: 1, expectedPods: 3 }),
      'why',
      NOW,
    );
    expect(status).toMatchObject({
      disruptionsAllowed: 0,
      currentHealthy: 3,
      observedGeneration: 3,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'why' }],
    });
  });
});

let harness: Harness | undefined;
afterEach(() => harness?.stop());

const name = { namespace: 'default', name: 'budget' };

async function start(spec: Spec): Promise<Harness> {
  harness = await startHarness(['deployment', 'replicaset', 'replicationcontroller', 'disruption']);
  await harness.api.client.create(POD_DISRUPTION_BUDGETS, { metadata: { ...name }, spec });
  return harness;
}

async function statusOf({ api }: Harness): Promise<PodDisruptionBudget['status']> {
  return (await api.client.get(POD_DISRUPTION_BUDGETS, name)).status;
}

describe('the disruption controller', () => {
  it('measures the pods of a Deployment by what the Deployment wants', async () => {
    const world = await start({ selector: { matchLabels: { app: 'web' } }, maxUnavailable: '50%' });
    await world.api.client.create(DEPLOYMENTS, deployment('web', 4));
    await converge(world);
    expect(await statusOf(world)).toMatchObject({
      expectedPods: 4,
      currentHealthy: 4,
      desiredHealthy: 2,
      disruptionsAllowed: 2,
    });
    const [pod] = world.api.list(PODS);
    if (pod === undefined) throw new Error('there should be a pod');
    await world.api.client.update(
      PODS,
      { ...pod, status: { ...pod.status, conditions: [] } },
      { subresource: 'status' },
    );
    await world.settle();
    expect(await statusOf(world)).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
  });

  it('measures those of a ReplicationController, and bare ones by their number', async () => {
    const world = await start({ selector: {}, minAvailable: '100%' });
    const template = { metadata: { labels: { app: 'rc' } }, spec: { containers: [] } };
    await world.api.client.create(REPLICATION_CONTROLLERS, {
      metadata: { name: 'rc', namespace: 'default' },
      spec: { replicas: 2, selector: { app: 'rc' }, template },
    });
    await converge(world);
    expect(await statusOf(world)).toMatchObject({ expectedPods: 2, desiredHealthy: 2, disruptionsAllowed: 0 });
    const live = await world.api.client.get(POD_DISRUPTION_BUDGETS, name);
    await world.api.client.update(POD_DISRUPTION_BUDGETS, { ...live, spec: { selector: {}, minAvailable: 1 } });
    await world.api.client.create(PODS, { metadata: { name: 'bare', namespace: 'default' }, spec: { containers: [] } });
    await converge(world);
    expect(await statusOf(world)).toMatchObject({
      expectedPods: 3,
      desiredHealthy: 1,
      disruptionsAllowed: 2,
      observedGeneration: 2,
    });
  });

  it('says that it cannot measure pods whose controller has no scale', async () => {
    const world = await start({ selector: {}, maxUnavailable: 1 });
    const owner = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w', controller: true };
    const [first] = await Promise.all(
      ['p', 'q'].map((podName) =>
        world.api.client.create(PODS, {
          metadata: { name: podName, namespace: 'default', ownerReferences: [owner] },
          spec: { containers: [] },
        }),
      ),
    );
    await world.settle();
    // The same is not said twice, whichever pod is looked at first.
    const written = (): number =>
      world.api.writes.filter((write) => write.startsWith('update/status poddisruptionbudgets')).length;
    const before = written();
    const status = { ...first?.status, phase: 'Running' };
    await world.api.client.update(PODS, { ...first, status } as Pod, { subresource: 'status' });
    await world.pass(10_000);
    expect(written()).toBe(before);
    expect((await statusOf(world))?.conditions).toMatchObject([
      {
        type: 'DisruptionAllowed',
        status: 'False',
        reason: 'SyncFailed',
        message: 'no matches for kind "Widget" in version "example.com/v1"',
      },
    ]);
    const reasons = world.api.list(EVENTS).map(({ reason }) => reason);
    expect(reasons).toContain('CalculateExpectedPodCountFailed');
  });

  it('forgets a grant whose pod stays', async () => {
    const world = await start({ selector: { matchLabels: { app: 'web' } }, minAvailable: 1 });
    await world.api.client.create(DEPLOYMENTS, deployment('web', 2));
    await converge(world);
    const [pod] = world.api.list(PODS);
    const live = await world.api.client.get(POD_DISRUPTION_BUDGETS, name);
    const granted = { [pod?.metadata.name ?? '']: new Date(world.clock.now()).toISOString() };
    const status = { ...live.status, disruptionsAllowed: 0, disruptedPods: granted };
    await world.api.client.update(POD_DISRUPTION_BUDGETS, { ...live, status } as never, { subresource: 'status' });
    await world.settle();
    expect(await statusOf(world)).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
    await world.pass(130_000);
    expect(await statusOf(world)).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect(world.api.list(EVENTS).map(({ reason }) => reason)).toContain('NotDeleted');
  });
});
