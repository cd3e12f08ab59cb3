// Namespaces that end: in which order their contents go, and what their status says meanwhile.
import { afterEach, describe, expect, it } from 'vitest';
import { ApiStatusError, CONFIG_MAPS, NAMESPACES, PODS } from '../../src/client/index.ts';
import { type Emptying, isEmptied, terminatingStatus } from '../../src/controllers/namespace/plan.ts';
import { type Harness, startHarness } from './support/harness.ts';

const NOW = '2026-01-01T00:00:00Z';
const NOTHING: Emptying = { undiscovered: [], failures: [], remains: [] };

function told(outcome: Emptying, status: 'True' | 'False'): Record<string, readonly [string, string]> {
  const { conditions = [] } = terminatingStatus({ phase: 'Active' }, outcome, NOW);
  const some = conditions.filter((condition) => condition.status === status);
  return Object.fromEntries(some.map(({ type, reason = '', message = '' }) => [type, [reason, message] as const]));
}

describe('the conditions of a namespace that ends', () => {
  it('say what stays and why', () => {
    const remains = [
      { resource: 'pods', count: 1, finalizers: new Map([['example.com/a', 1]]) },
      { resource: 'deployments.apps', count: 2, finalizers: new Map([['example.com/a', 1]]) },
      { resource: 'secrets', count: 0, finalizers: new Map() },
    ];
    const outcome = { undiscovered: ['metrics.k8s.io/v1'], failures: ['configmaps: no'], remains };
    expect(isEmptied(outcome)).toBe(false);
    expect(told(outcome, 'True')).toEqual({
      NamespaceDeletionDiscoveryFailure: [
        'DiscoveryFailed',
        'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1',
      ],
      NamespaceDeletionContentFailure: [
        'ContentDeletionFailed',
        'Failed to delete all resource types, 1 remaining: configmaps: no',
      ],
      NamespaceContentRemaining: [
        'SomeResourcesRemain',
        'Some resources are remaining: deployments.apps has 2 resource instances, pods. has 1 resource instances',
      ],
      NamespaceFinalizersRemaining: [
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: example.com/a in 2 resource instances',
      ],
    });
  });

  it('say that all is well when nothing is left', () => {
    expect(isEmptied(NOTHING)).toBe(true);
    expect(Object.values(told(NOTHING, 'False')).map(([reason]) => reason)).toEqual([
      'ResourcesDiscovered',
      'ParsedGroupVersions',
      'ContentDeleted',
      'ContentRemoved',
      'ContentHasNoFinalizers',
    ]);
  });
});

let harness: Harness | undefined;
afterEach(() => harness?.stop());

const team = { namespace: '', name: 'team' };

describe('the contents of a namespace that ends', () => {
  it('go after its pods, and not before the last of them is gone', async () => {
    harness = await startHarness(['namespace']);
    const { client } = harness.api;
    await client.create(NAMESPACES, { metadata: { name: 'team' } });
    await client.create(CONFIG_MAPS, { metadata: { name: 'settings', namespace: 'team' } });
    const finalizers = ['example.com/hold'];
    await client.create(PODS, { metadata: { name: 'p', namespace: 'team', finalizers }, spec: { containers: [] } });
    await client.delete(NAMESPACES, team);
    await harness.pass(5_000);
    const pod = await client.get(PODS, { namespace: 'team', name: 'p' });
    expect(pod.metadata.deletionTimestamp).toBeDefined();
    expect(harness.api.list(CONFIG_MAPS, 'team')).toHaveLength(1);
    const { status } = await client.get(NAMESPACES, team);
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'NamespaceContentRemaining',
        status: 'True',
        message: 'Some resources are remaining: pods. has 1 resource instances',
      }),
    );
    await client.update(PODS, { ...pod, metadata: { ...pod.metadata, finalizers: [] } });
    await harness.pass(5_000);
    expect(harness.api.find(NAMESPACES, '', 'team')).toBeUndefined();
    expect(harness.api.list(CONFIG_MAPS, 'team')).toEqual([]);
  });

  it('keep it while they cannot be deleted, and the reason is told', async () => {
    harness = await startHarness(['namespace']);
    const { client } = harness.api;
    await client.create(NAMESPACES, { metadata: { name: 'team' } });
    await client.create(CONFIG_MAPS, { metadata: { name: 'settings', namespace: 'team' } });
    harness.api.failWrites((write) =>
      write.startsWith('delete configmaps') ? new ApiStatusError(500, 'InternalError', 'a webhook said no') : undefined,
    );
    await client.delete(NAMESPACES, team);
    await harness.pass(5_000);
    const { status } = await client.get(NAMESPACES, team);
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'NamespaceDeletionContentFailure',
        status: 'True',
        message: 'Failed to delete all resource types, 1 remaining: configmaps: a webhook said no',
      }),
    );
    harness.api.failWrites(undefined);
    await harness.pass(60_000);
    expect(harness.api.find(NAMESPACES, '', 'team')).toBeUndefined();
  });
});
