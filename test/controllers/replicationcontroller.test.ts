// ReplicationControllers: the same controller as that of ReplicaSets, for a selector that is a plain map.
import { afterEach, describe, expect, it } from 'vitest';
import type { ReplicationController } from '../../src/api/index.ts';
import { ApiStatusError, PODS, REPLICATION_CONTROLLERS } from '../../src/client/index.ts';
import { converge, type Harness, startHarness } from './support/harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

const web = { namespace: 'default', name: 'web' };

function controller(replicas: number): ReplicationController {
  const containers = [{ name: 'main', image: 'app:1' }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
  return { metadata: { ...web }, spec: { replicas, selector: { app: 'web' }, template } };
}

function stray(labels: Record<string, string>): object {
  return { metadata: { name: 'stray', namespace: 'default', labels }, spec: { containers: [] } };
}

describe('the controller of ReplicationControllers', () => {
  it('keeps as many pods as asked for, and says so in a status of its own form', async () => {
    harness = await startHarness(['replicationcontroller']);
    await harness.api.client.create(REPLICATION_CONTROLLERS, controller(2));
    await converge(harness);
    const pods = harness.api.list(PODS);
    expect(pods).toHaveLength(2);
    for (const { metadata } of pods) {
      expect(metadata.labels).toEqual({ app: 'web' });
      expect(metadata.ownerReferences).toMatchObject([
        { apiVersion: 'v1', kind: 'ReplicationController', name: 'web', controller: true, blockOwnerDeletion: true },
      ]);
    }
    const { status } = await harness.api.client.get(REPLICATION_CONTROLLERS, web);
    expect(status).toEqual({
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      fullyLabeledReplicas: 2,
      observedGeneration: 1,
    });
    await harness.api.client.update(REPLICATION_CONTROLLERS, {
      ...(await harness.api.client.get(REPLICATION_CONTROLLERS, web)),
      spec: controller(1).spec as never,
    });
    await converge(harness);
    expect(harness.api.list(PODS)).toHaveLength(1);
  });

  it('adopts a bare pod that matches, and none that somebody else controls', async () => {
    harness = await startHarness(['replicationcontroller']);
    await harness.api.client.create(PODS, stray({ app: 'web' }));
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'x', controller: true };
    const taken = stray({ app: 'web' }) as { metadata: object };
    await harness.api.client.create(PODS, { metadata: { ...taken.metadata, name: 'taken', ownerReferences: [owner] } });
    await harness.api.client.create(REPLICATION_CONTROLLERS, controller(1));
    await converge(harness);
    const owners = harness.api.list(PODS).map(({ metadata }) => [metadata.name, metadata.ownerReferences?.[0]?.kind]);
    expect(owners).toEqual([
      ['stray', 'ReplicationController'],
      ['taken', 'ReplicaSet'],
    ]);
  });

  it('lets go of a pod whose labels stop matching, and makes another', async () => {
    harness = await startHarness(['replicationcontroller']);
    await harness.api.client.create(REPLICATION_CONTROLLERS, controller(1));
    await converge(harness);
    const [pod] = harness.api.list(PODS);
    if (pod === undefined) throw new Error('there should be a pod');
    await harness.api.client.update(PODS, { ...pod, metadata: { ...pod.metadata, labels: { app: 'debug' } } });
    await converge(harness);
    expect(harness.api.find(PODS, 'default', pod.metadata.name)?.metadata.ownerReferences).toEqual([]);
    expect(harness.api.list(PODS)).toHaveLength(2);
  });

  it('tells of pods that a quota forbids, and takes it back when they can be made', async () => {
    harness = await startHarness(['replicationcontroller']);
    const message =
      'pods "web-x" is forbidden: exceeded quota: condition-test, requested: pods=1, used: pods=2, limited: pods=2';
    harness.api.failWrites((write) =>
      write.startsWith('create pods') && harness.api.list(PODS).length >= 2
        ? new ApiStatusError(403, 'Forbidden', message)
        : undefined,
    );
    await harness.api.client.create(REPLICATION_CONTROLLERS, controller(3));
    await harness.settle();
    expect((await harness.api.client.get(REPLICATION_CONTROLLERS, web)).status?.conditions).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message },
    ]);
    const live = await harness.api.client.get(REPLICATION_CONTROLLERS, web);
    await harness.api.client.update(REPLICATION_CONTROLLERS, { ...live, spec: controller(2).spec as never });
    await harness.pass(10_000);
    const { status } = await harness.api.client.get(REPLICATION_CONTROLLERS, web);
    expect(status).toMatchObject({ replicas: 2, observedGeneration: 2 });
    expect(status?.conditions ?? []).toEqual([]);
  });
});
