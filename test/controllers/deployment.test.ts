// The Deployment controller, together with the ReplicaSet controller, run by the real manager against the API in memory.
import { afterEach, describe, expect, it } from 'vitest';
import type { Deployment, Pod, ReplicaSet, Served } from '../../src/api/index.ts';
import { ApiStatusError, DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS } from '../../src/client/index.ts';
import { converge, deployment, type Harness, kubelets, startHarness } from './support/harness.ts';

let harness: Harness;
afterEach(() => harness?.stop());

const WEB = { namespace: 'default', name: 'web' };
const REVISION = 'deployment.kubernetes.io/revision';

async function start(object: Deployment = deployment('web', 3)): Promise<void> {
  harness = await startHarness(['deployment', 'replicaset']);
  await harness.api.client.create(DEPLOYMENTS, object);
}

function web(): Served<Deployment> {
  const found = harness.api.find(DEPLOYMENTS, 'default', 'web');
  if (found === undefined) throw new Error('the deployment should be there');
  return found;
}

/** What users do with kubectl: set image, scale, pause, undo. */
async function change(edit: (spec: NonNullable<Deployment['spec']>) => object): Promise<void> {
  const live = await harness.api.client.get(DEPLOYMENTS, WEB);
  if (live.spec === undefined) throw new Error('a deployment has a spec');
  await harness.api.client.update(DEPLOYMENTS, { ...live, spec: { ...live.spec, ...edit(live.spec) } });
}

const withImage = (image: string) => (spec: NonNullable<Deployment['spec']>) => ({
  template: { ...spec.template, spec: { containers: [{ name: 'main', image }] } },
});

function replicaSets(): readonly Served<ReplicaSet>[] {
  return [...harness.api.list(REPLICA_SETS)].sort((a, b) => revision(a) - revision(b));
}

function revision(object: Served<Deployment> | Served<ReplicaSet>): number {
  return Number(object.metadata.annotations?.[REVISION]);
}

function condition(type: string): { status: string; reason?: string; message?: string } | undefined {
  return web().status?.conditions?.find((each) => each.type === type);
}

const image = (pod: Pod): string | undefined => pod.spec?.containers[0]?.image;

describe('a new Deployment', () => {
  it('gets one ReplicaSet with its hash on name, labels, selector and pods, and becomes complete', async () => {
    await start();
    await converge(harness);
    const [only, ...others] = replicaSets();
    expect(others).toEqual([]);
    const hash = only?.metadata.labels?.['pod-template-hash'];
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(only?.metadata.name).toBe(`web-${hash}`);
    expect(only?.spec?.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(harness.api.list(PODS).map(({ metadata }) => metadata.labels)).toEqual(
      Array(3).fill({ app: 'web', 'pod-template-hash': hash }),
    );
    expect(web().status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      unavailableReplicas: 0,
    });
    expect(condition('Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
    expect(condition('Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "web-${hash}" has successfully progressed.`,
    });
    expect(revision(web())).toBe(1);
  });

  it('keeps its generation: that it has a revision now is nothing the user asked for', async () => {
    await start();
    await converge(harness);
    expect(web().metadata.generation).toBe(1);
    await change(withImage('busybox:2'));
    await converge(harness);
    expect([revision(web()), web().metadata.generation]).toEqual([2, 2]);
  });

  it('rests: nothing is written any more once it is complete', async () => {
    await start();
    await converge(harness);
    const before = harness.api.writes.length;
    await harness.pass(20 * 60_000);
    expect(harness.api.writes.slice(before)).toEqual([]);
  });

  it('says that it scaled up', async () => {
    await start();
    await converge(harness);
    const messages = harness.api.list(EVENTS).filter(({ reason }) => reason === 'ScalingReplicaSet');
    const [only] = replicaSets();
    expect(messages.map(({ message }) => message)).toEqual([
      `Scaled up replica set ${only?.metadata.name} from 0 to 3`,
    ]);
  });
});

describe('a rolling update', () => {
  it('replaces all pods and never leaves the bounds of surge and unavailability', async () => {
    await start(
      deployment('web', 10, 'app:1', { strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } } }),
    );
    await converge(harness);
    await change(withImage('app:2'));
    for (let round = 0; round < 40; round++) {
      await harness.settle();
      const pods = harness.api.list(PODS).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      const ready = pods.filter(({ status }) => status?.conditions?.some(({ status: value }) => value === 'True'));
      expect(pods.length).toBeLessThanOrEqual(13);
      expect(ready.length).toBeGreaterThanOrEqual(8);
      await kubelets(harness);
    }
    expect(harness.api.list(PODS).map(image)).toEqual(Array(10).fill('app:2'));
    expect(replicaSets().map(({ spec }) => spec?.replicas)).toEqual([0, 10]);
    expect(revision(web())).toBe(2);
  });

  it('stops at a template that does not start, keeps serving, and calls it stuck after the deadline', async () => {
    await start(deployment('web', 4, 'app:1', { progressDeadlineSeconds: 60 }));
    await converge(harness);
    await change(withImage('broken'));
    const broken = (pod: Pod): boolean => image(pod) === 'broken';
    await converge(harness, broken);
    const ready = harness.api.list(PODS).filter((pod) => image(pod) === 'app:1');
    expect(ready).toHaveLength(3);
    expect(condition('Progressing')?.reason).not.toBe('ProgressDeadlineExceeded');
    await harness.pass(70_000);
    expect(condition('Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(condition('Available')).toMatchObject({ status: 'True' });
  });

  it('goes back to the old ReplicaSet on undo, as a new revision with its history', async () => {
    await start();
    await converge(harness);
    await change(withImage('app:2'));
    await converge(harness);
    await change(withImage('app:1'));
    await converge(harness);
    const sets = replicaSets();
    expect(sets.map(({ spec }) => spec?.template?.spec?.containers[0]?.image)).toEqual(['app:2', 'app:1']);
    expect(sets.map(revision)).toEqual([2, 3]);
    expect(sets[1]?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1');
    expect(sets.map(({ spec }) => spec?.replicas)).toEqual([0, 3]);
    expect(revision(web())).toBe(3);
  });

  it('keeps as many old revisions as the limit says', async () => {
    await start(deployment('web', 1, 'app:1', { revisionHistoryLimit: 2 }));
    for (const next of [2, 3, 4, 5]) {
      await converge(harness);
      await change(withImage(`app:${next}`));
    }
    await converge(harness);
    expect(replicaSets().map(revision)).toEqual([3, 4, 5]);
  });

  it('shares a change of scale between old and new pods in the middle of a rollout', async () => {
    await start(deployment('web', 10, 'app:1', { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }));
    await converge(harness);
    await change(withImage('broken'));
    const broken = (pod: Pod): boolean => image(pod) === 'broken';
    await converge(harness, broken);
    expect(replicaSets().map(({ spec }) => spec?.replicas)).toEqual([8, 5]);
    await change(() => ({ replicas: 15 }));
    await harness.settle();
    // 18 pods are allowed, 5 more: the old ones' share is 8·18/13 − 8 = 3, the new ones' the rest.
    expect(replicaSets().map(({ spec }) => spec?.replicas)).toEqual([11, 7]);
  });
});

describe('recreation', () => {
  it('starts no new pod before the last old one is gone', async () => {
    await start(deployment('web', 3, 'app:1', { strategy: { type: 'Recreate' } }));
    await converge(harness);
    await change(withImage('app:2'));
    await harness.settle();
    const pods = harness.api.list(PODS);
    expect(pods.map(image)).toEqual(['app:1', 'app:1', 'app:1']);
    expect(pods.every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true);
    await converge(harness);
    expect(harness.api.list(PODS).map(image)).toEqual(['app:2', 'app:2', 'app:2']);
  });
});

describe('a paused Deployment', () => {
  it('scales but does not roll, and rolls when it is resumed', async () => {
    await start();
    await converge(harness);
    await change((spec) => ({ ...withImage('app:2')(spec), paused: true }));
    await converge(harness);
    expect(condition('Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    await change(() => ({ replicas: 5 }));
    await converge(harness);
    expect(harness.api.list(PODS).map(image)).toEqual(Array(5).fill('app:1'));
    await change(() => ({ paused: false }));
    await converge(harness);
    expect(harness.api.list(PODS).map(image)).toEqual(Array(5).fill('app:2'));
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable');
  });
});

describe('names that collide', () => {
  it('are avoided by another hash', async () => {
    await start();
    await harness.settle();
    const [first] = replicaSets();
    const name = first?.metadata.name ?? '';
    await harness.stop();
    harness = await startHarness(['deployment', 'replicaset']);
    // Somebody else's object has the name that the hash gives.
    await harness.api.client.create(REPLICA_SETS, {
      metadata: { name, namespace: 'default', labels: { app: 'other' } },
      spec: { replicas: 0, selector: { matchLabels: { app: 'other' } }, template: {} },
    });
    await harness.api.client.create(DEPLOYMENTS, deployment('web', 2));
    await converge(harness);
    expect(web().status?.collisionCount).toBe(1);
    expect(harness.api.list(PODS)).toHaveLength(2);
  });
});

describe('a Deployment that is deleted while it is looked at', () => {
  it('is not written to again and again', async () => {
    let attempts = 0;
    harness = await startHarness(['deployment', 'replicaset']);
    harness.api.failWrites((write) => {
      if (!write.startsWith('update/status deployments')) return undefined;
      attempts++;
      return new ApiStatusError(404, 'NotFound', 'deployments.apps "web" not found');
    });
    await harness.api.client.create(DEPLOYMENTS, deployment('web', 0));
    await harness.settle();
    const before = attempts;
    expect(before).toBeGreaterThan(0);
    await harness.pass(60_000);
    expect(attempts).toBe(before);
  });
});

describe('selecting everything', () => {
  it('is refused with an event rather than obeyed', async () => {
    const greedy = deployment('web', 2);
    await start({ ...greedy, spec: { ...greedy.spec, selector: {} } as never });
    await harness.settle();
    expect(replicaSets()).toEqual([]);
    expect(harness.api.list(EVENTS).map(({ reason }) => reason)).toEqual(['SelectingAll']);
  });
});
