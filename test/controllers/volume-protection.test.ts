// Claims and volumes that are deleted while they are in use: the real manager against the API in memory, and the decision as a table.
import { afterEach, describe, expect, it } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Served } from '../../src/api/index.ts';
import { isNotFound, NODES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS } from '../../src/client/index.ts';
import { planClaim, planVolume } from '../../src/controllers/volumeprotection/plan.ts';
import { type Harness, nameIn, startHarness } from './support/harness.ts';
import { eventually, startRealServer } from './support/real-server.ts';

let harness: Harness;
afterEach(() => harness?.stop());

const CLAIM = ['kubernetes.io/pvc-protection'];
const VOLUME = ['kubernetes.io/pv-protection'];

function claim(name: string, finalizers: string[] = CLAIM): PersistentVolumeClaim {
  return { metadata: { name, namespace: 'default', finalizers }, spec: { accessModes: ['ReadWriteOnce'] } };
}

function podUsing(name: string, claimName: string, nodeName = 'n1'): Pod {
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }];
  return { metadata: { name, namespace: 'default' }, spec: { nodeName, containers: [], volumes } };
}

const findClaim = (name: string) => harness.api.find(PERSISTENT_VOLUME_CLAIMS, 'default', name);
const findVolume = (name: string) => harness.api.find(PERSISTENT_VOLUMES, '', name);

describe('a claim that is deleted', () => {
  it('goes at once when no pod uses it', async () => {
    harness = await startHarness(['volume-protection']);
    const stored = await harness.api.client.create(PERSISTENT_VOLUME_CLAIMS, claim('free'));
    await harness.api.client.delete(PERSISTENT_VOLUME_CLAIMS, nameIn(stored));
    expect(findClaim('free')?.metadata.deletionTimestamp).toBeDefined();
    await harness.settle();
    expect(findClaim('free')).toBeUndefined();
  });

  it('waits for the scheduled pods that use it, the last of them', async () => {
    harness = await startHarness(['volume-protection']);
    const { client } = harness.api;
    const stored = await client.create(PERSISTENT_VOLUME_CLAIMS, claim('used'));
    const pods = [await client.create(PODS, podUsing('a', 'used')), await client.create(PODS, podUsing('b', 'used'))];
    await client.create(PODS, podUsing('waiting', 'used', ''));
    await harness.settle();
    await client.delete(PERSISTENT_VOLUME_CLAIMS, nameIn(stored));
    for (const pod of pods) {
      await harness.settle();
      expect(findClaim('used')?.metadata.finalizers).toEqual(CLAIM);
      await client.delete(PODS, nameIn(pod), { gracePeriodSeconds: 0 });
    }
    await harness.settle();
    expect(findClaim('used')).toBeUndefined();
  });

  it('is kept by a pod that the cache has not seen yet', async () => {
    harness = await startHarness(['volume-protection']);
    const { client } = harness.api;
    const stored = await client.create(PERSISTENT_VOLUME_CLAIMS, claim('used'));
    harness.api.holdWatches(PODS);
    await client.create(PODS, podUsing('a', 'used'));
    await client.delete(PERSISTENT_VOLUME_CLAIMS, nameIn(stored));
    await harness.settle();
    expect(findClaim('used')?.metadata.finalizers).toEqual(CLAIM);
  });
});

describe('a volume that is deleted', () => {
  it('waits until it is not bound any more', async () => {
    harness = await startHarness(['volume-protection']);
    const { client } = harness.api;
    const volume: PersistentVolume = { metadata: { name: 'v', finalizers: VOLUME }, status: { phase: 'Bound' } };
    const stored = await client.create(PERSISTENT_VOLUMES, volume);
    await client.delete(PERSISTENT_VOLUMES, nameIn(stored));
    await harness.settle();
    const live = findVolume('v');
    expect(live?.metadata.deletionTimestamp).toBeDefined();
    if (live === undefined) return;
    await client.update(PERSISTENT_VOLUMES, { ...live, status: { phase: 'Released' } }, { subresource: 'status' });
    await harness.settle();
    expect(findVolume('v')).toBeUndefined();
  });
});

it('whoever takes the protection off a living object finds it there again', async () => {
  harness = await startHarness(['volume-protection']);
  await harness.api.client.create(PERSISTENT_VOLUME_CLAIMS, claim('bare', ['example.com/own']));
  await harness.api.client.create(PERSISTENT_VOLUMES, { metadata: { name: 'bare' } });
  await harness.settle();
  expect(findClaim('bare')?.metadata.finalizers).toEqual(['example.com/own', ...CLAIM]);
  expect(findVolume('bare')?.metadata.finalizers).toEqual(VOLUME);
});

describe('the decision', () => {
  const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  const owners = [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'pod', controller: true }];
  const served = <T extends object>(object: T): Served<T> => object as unknown as Served<T>;
  const ephemeralPod = (metadata: object = {}): Served<Pod> =>
    served<Pod>({
      metadata: { name: 'p', namespace: 'ns', uid: 'pod', ...metadata },
      spec: { nodeName: 'n', containers: [], volumes: [{ name: 'data', ephemeral: {} }] },
    });
  const own = (name: string, more: object = {}): Served<PersistentVolumeClaim> =>
    served<PersistentVolumeClaim>({ metadata: { name, namespace: 'ns', finalizers: CLAIM, ...deleted, ...more } });

  it.each<[string, Served<PersistentVolumeClaim>, Served<Pod>, string]>([
    [
      'keeps the claim of a running pod’s ephemeral volume',
      own('p-data', { ownerReferences: owners }),
      ephemeralPod(),
      'keep',
    ],
    ['frees one of the same name that is not the pod’s', own('p-data'), ephemeralPod(), 'remove'],
    [
      'frees it once the kubelet is done with the pod',
      own('p-data', { ownerReferences: owners }),
      ephemeralPod({ ...deleted, deletionGracePeriodSeconds: 0 }),
      'remove',
    ],
    [
      'frees one that another namespace uses',
      own('p-data', { namespace: 'other', ownerReferences: owners }),
      ephemeralPod(),
      'remove',
    ],
  ])('%s', (_, subject, pod, expected) => {
    expect(planClaim(subject, () => [pod])).toBe(expected);
  });

  it('asks for no pods while the claim is not deleted', () => {
    const living = served<PersistentVolumeClaim>({ metadata: { name: 'a', finalizers: CLAIM } });
    const ask = (): never => {
      throw new Error('not needed');
    };
    expect(planClaim(living, ask)).toBe('keep');
    expect(planVolume(served<PersistentVolume>({ metadata: { name: 'v', finalizers: VOLUME } }))).toBe('keep');
  });
});

it('against the real API server, a claim goes when the pod that uses it is gone', async () => {
  const server = await startRealServer();
  const { client } = server;
  try {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    const name = { namespace: 'default', name: 'data' };
    await eventually(() => client.create(PERSISTENT_VOLUME_CLAIMS, { metadata: name, spec }));
    await client.create(NODES, { metadata: { name: 'n1' } });
    const pod = podUsing('user', 'data');
    const containers = [{ name: 'main', image: 'app:1' }];
    const used = await eventually(() => client.create(PODS, { ...pod, spec: { ...pod.spec, containers } }));
    expect((await client.get(PERSISTENT_VOLUME_CLAIMS, name)).metadata.finalizers).toEqual(CLAIM);
    await client.delete(PERSISTENT_VOLUME_CLAIMS, name);
    expect((await client.get(PERSISTENT_VOLUME_CLAIMS, name)).metadata.deletionTimestamp).toBeDefined();
    await client.delete(PODS, nameIn(used), { gracePeriodSeconds: 0 });
    await eventually(() =>
      client.get(PERSISTENT_VOLUME_CLAIMS, name).then(
        () => false,
        (error: unknown) => isNotFound(error),
      ),
    );
    expect(server.complaints).toEqual([]);
  } finally {
    await server.stop();
  }
});
