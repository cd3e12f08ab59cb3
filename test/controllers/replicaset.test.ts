// The ReplicaSet controller, run by the real manager against the API in memory; its plans by tables.
import { afterEach, describe, expect, it } from 'vitest';
import type { Pod, Served } from '../../src/api/index.ts';
import { ApiStatusError, EVENTS, PODS, REPLICA_SETS } from '../../src/client/index.ts';
import { compareForDeletion } from '../../src/controllers/replicaset/ranking.ts';
import { converge, type Harness, nameIn, replicaSet, startHarness } from './support/harness.ts';

let harness: Harness;
afterEach(() => harness?.stop());

const web = { namespace: 'default', name: 'web' };

describe('a ReplicaSet', () => {
  it('gets the pods it asks for, labelled and owned, and says so in its status', async () => {
    harness = await startHarness(['replicaset']);
    await harness.api.client.create(REPLICA_SETS, replicaSet('web', 3));
    await converge(harness);
    const pods = harness.api.list(PODS, 'default');
    expect(pods).toHaveLength(3);
    for (const { metadata } of pods) {
      expect(metadata.labels).toEqual({ app: 'web' });
      expect(metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', name: 'web', controller: true }]);
    }
    expect(harness.api.find(REPLICA_SETS, 'default', 'web')?.status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      fullyLabeledReplicas: 3,
      observedGeneration: 1,
    });
    const created = harness.api.list(EVENTS).filter(({ reason }) => reason === 'SuccessfulCreate');
    expect(created.length).toBeGreaterThan(0);
  });

  it('creates no pod twice while its cache lags behind', async () => {
    harness = await startHarness(['replicaset']);
    await harness.api.client.create(REPLICA_SETS, replicaSet('web', 3));
    await harness.settle();
    // The ReplicaSet is seen to change, and so comes back again and again; the pods made for it are not seen.
    harness.api.holdWatches(PODS);
    for (const replicas of [4, 5]) {
      const live = await harness.api.client.get(REPLICA_SETS, web);
      await harness.api.client.update(REPLICA_SETS, {
        ...live,
        spec: { ...replicaSet('web', 0).spec, replicas } as never,
      });
      await harness.pass(60_000);
      expect(harness.api.list(PODS)).toHaveLength(4);
    }
    harness.api.releaseWatches();
    await harness.pass(60_000);
    expect(harness.api.list(PODS)).toHaveLength(5);
  });

  it('replaces a pod that was deleted, and adopts one that matches before creating another', async () => {
    harness = await startHarness(['replicaset']);
    await harness.api.client.create(PODS, {
      metadata: { name: 'stray', namespace: 'default', labels: { app: 'web' } },
      spec: { containers: [] },
    });
    await harness.api.client.create(REPLICA_SETS, replicaSet('web', 2));
    await converge(harness);
    const pods = harness.api.list(PODS);
    expect(pods.map(({ metadata }) => metadata.name)).toContain('stray');
    expect(pods).toHaveLength(2);
    const [first] = pods;
    if (first !== undefined) await harness.api.client.delete(PODS, nameIn(first), { gracePeriodSeconds: 0 });
    await converge(harness);
    expect(harness.api.list(PODS)).toHaveLength(2);
  });

  it('releases a pod whose labels no longer match and puts another in its place', async () => {
    harness = await startHarness(['replicaset']);
    await harness.api.client.create(REPLICA_SETS, replicaSet('web', 1));
    await converge(harness);
    const [pod] = harness.api.list(PODS);
    if (pod === undefined) throw new Error('there should be a pod');
    await harness.api.client.update(PODS, { ...pod, metadata: { ...pod.metadata, labels: { app: 'debug' } } });
    await converge(harness);
    expect(harness.api.find(PODS, 'default', pod.metadata.name)?.metadata.ownerReferences).toEqual([]);
    expect(harness.api.list(PODS)).toHaveLength(2);
  });

  it('tries a creation that is refused once per round, and tells why in its status and an event', async () => {
    harness = await startHarness(['replicaset']);
    let attempts = 0;
    harness.api.failWrites((write) => {
      if (!write.startsWith('create pods')) return undefined;
      attempts++;
      return new ApiStatusError(403, 'Forbidden', 'exceeded quota');
    });
    await harness.api.client.create(REPLICA_SETS, replicaSet('web', 500));
    await harness.settle();
    expect(attempts).toBeLessThan(20);
    const conditions = harness.api.find(REPLICA_SETS, 'default', 'web')?.status?.conditions;
    expect(conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }]);
    harness.api.failWrites(undefined);
    await harness.pass(60_000);
    expect(harness.api.list(PODS)).toHaveLength(500);
    expect(harness.api.find(REPLICA_SETS, 'default', 'web')?.status?.conditions ?? []).toEqual([]);
  });

  it('deletes the pods whose loss hurts least when it shrinks', async () => {
    harness = await startHarness(['replicaset']);
    await harness.api.client.create(REPLICA_SETS, replicaSet('web', 3));
    let spared = '';
    await converge(harness, (pod) => {
      spared ||= pod.metadata?.name ?? '';
      return pod.metadata?.name !== spared;
    });
    const live = await harness.api.client.get(REPLICA_SETS, web);
    await harness.api.client.update(REPLICA_SETS, { ...live, spec: { ...live.spec, replicas: 1 } as never });
    await converge(harness);
    expect(harness.api.list(PODS).map(({ metadata }) => metadata.name)).toEqual([spared]);
  });
});

describe('the order in which replicas go', () => {
  const nowMs = Date.UTC(2026, 0, 2);
  const pod = (change: { spec?: object; status?: object; annotations?: object; created?: string }): Served<Pod> =>
    ({
      metadata: {
        name: 'p',
        uid: 'u',
        resourceVersion: '1',
        creationTimestamp: change.created ?? '2026-01-01T00:00:00Z',
        annotations: change.annotations,
      },
      spec: { containers: [], nodeName: 'n', ...change.spec },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...change.status },
    }) as Served<Pod>;
  const steady = pod({});
  it.each([
    ['unassigned before assigned', pod({ spec: { nodeName: undefined } }), steady],
    ['pending before running', pod({ status: { phase: 'Pending' } }), steady],
    ['not ready before ready', pod({ status: { conditions: [] } }), steady],
    ['cheap before dear', pod({ annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-5' } }), steady],
    ['restarted before steady', pod({ status: { containerStatuses: [{ restartCount: 3 }] } }), steady],
    ['young before old', pod({ created: '2026-01-01T23:59:00Z' }), steady],
  ])('%s', (_, first, second) => {
    const rank = (a: Served<Pod>, b: Served<Pod>): number =>
      compareForDeletion({ pod: a, neighbours: 1 }, { pod: b, neighbours: 1 }, nowMs);
    expect(rank(first, second)).toBeLessThan(0);
    expect(rank(second, first)).toBeGreaterThan(0);
  });

  it('crowded nodes before lonely ones', () => {
    const compared = compareForDeletion({ pod: steady, neighbours: 3 }, { pod: steady, neighbours: 1 }, nowMs);
    expect(compared).toBeLessThan(0);
  });
});
