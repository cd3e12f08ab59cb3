// Nodes that fall silent, their pods, and laptops that sleep: the real manager against the API in memory.
import { afterEach, describe, expect, it } from 'vitest';
import type { Pod, Served, Toleration } from '../../src/api/index.ts';
import { LEASES, NODES, PODS } from '../../src/client/index.ts';
import { tolerationMs } from '../../src/controllers/node/eviction-plan.ts';
import { rfc3339Micro } from '../../src/lib/index.ts';
import { type Harness, nameIn, readyNode, startHarness } from './support/harness.ts';

let harness: Harness;
afterEach(() => harness?.stop());

const tolerate = (key: string): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
});
const TOLERATIONS = [tolerate('node.kubernetes.io/not-ready'), tolerate('node.kubernetes.io/unreachable')];

async function start(...names: string[]): Promise<void> {
  harness = await startHarness(['node-lifecycle', 'taint-eviction', 'pod-garbage-collector']);
  for (const name of names) {
    await harness.api.client.create(NODES, readyNode(name, harness.clock));
    const lease = { metadata: { name, namespace: 'kube-node-lease' }, spec: { renewTime: 'never' } };
    await harness.api.client.create(LEASES, lease);
    await harness.api.client.create(PODS, podOn(name));
  }
  await beat(...names);
}

function podOn(nodeName: string): Pod {
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const spec = { nodeName, containers: [], tolerations: TOLERATIONS };
  return { metadata: { name: `pod-${nodeName}`, namespace: 'default' }, spec, status };
}

/** The kubelets of these nodes renew their leases. */
async function beat(...names: string[]): Promise<void> {
  for (const name of names) {
    const lease = await harness.api.client.get(LEASES, { namespace: 'kube-node-lease', name });
    const spec = { ...lease.spec, renewTime: rfc3339Micro(harness.clock.now()) };
    await harness.api.client.update(LEASES, { ...lease, spec });
  }
  await harness.settle();
}

/** Time passes, while only `alive` renew, every ten seconds. */
async function live(ms: number, ...alive: string[]): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await harness.pass(10_000);
    await beat(...alive);
  }
}

const ready = (name: string): string | undefined =>
  harness.api.find(NODES, '', name)?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
const taints = (name: string): string[] =>
  (harness.api.find(NODES, '', name)?.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();
const pod = (name: string): Served<Pod> | undefined => harness.api.find(PODS, 'default', `pod-${name}`);
const UNREACHABLE = ['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'];

describe('a node that is not heard of any more', () => {
  it('casts no doubt on its pods while it has never posted anything', async () => {
    await start('n1');
    await harness.api.client.create(NODES, { metadata: { name: 'new' }, spec: {} });
    await harness.api.client.create(PODS, podOn('new'));
    await live(30_000, 'n1');
    expect(pod('new')?.status?.conditions).toEqual([{ type: 'Ready', status: 'True' }]);
  });

  it('is unknown, tainted and its pods not ready after the grace, and not before', async () => {
    await start('n1', 'n2');
    await live(30_000, 'n1');
    expect(ready('n2')).toBe('True');
    await live(30_000, 'n1');
    expect(ready('n2')).toBe('Unknown');
    expect(taints('n2')).toEqual(UNREACHABLE);
    expect(pod('n2')?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'False' }]);
    expect(ready('n1')).toBe('True');
    expect(taints('n1')).toEqual([]);
  });

  it('loses its pods when they have tolerated it long enough', async () => {
    await start('n1', 'n2');
    await live(300_000, 'n1');
    expect(pod('n2')?.metadata.deletionTimestamp).toBeUndefined();
    await live(70_000, 'n1');
    expect(pod('n2')?.metadata.deletionTimestamp).toBeDefined();
    expect(pod('n2')?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', reason: 'DeletionByTaintManager' }),
    );
    expect(pod('n1')?.metadata.deletionTimestamp).toBeUndefined();
  });

  it('is freed of its taints when its kubelet is back, and its pods stay', async () => {
    await start('n1', 'n2');
    await live(120_000, 'n1');
    expect(taints('n2')).toEqual(UNREACHABLE);
    const node = await harness.api.client.get(NODES, { namespace: '', name: 'n2' });
    await beat('n2');
    await harness.api.client.update(
      NODES,
      { ...node, status: readyNode('n2', harness.clock).status ?? {} },
      { subresource: 'status' },
    );
    await live(400_000, 'n1', 'n2');
    expect(taints('n2')).toEqual([]);
    expect(pod('n2')?.metadata.deletionTimestamp).toBeUndefined();
  });
});

describe('sleep and silence', () => {
  it('evicts nobody while all nodes are silent: then we are the ones cut off', async () => {
    await start('n1', 'n2');
    await live(900_000);
    expect([ready('n1'), ready('n2')]).toEqual(['Unknown', 'Unknown']);
    expect(taints('n1')).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
    expect([pod('n1'), pod('n2')].map((each) => each?.metadata.deletionTimestamp)).toEqual([undefined, undefined]);
  });

  it('evicts nobody after the machine woke, though wall time ran hours ahead', async () => {
    await start('n1', 'n2');
    await live(100_000, 'n1');
    expect(taints('n2')).toEqual(UNREACHABLE);
    harness.clock.jump(8 * 3_600_000);
    await live(40_000, 'n1');
    expect(pod('n2')?.metadata.deletionTimestamp).toBeUndefined();
    expect(taints('n2')).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
    // A node that stays silent after that is dead after all.
    await live(400_000, 'n1');
    expect(pod('n2')?.metadata.deletionTimestamp).toBeDefined();
  });

  it('does not count the time asleep as tolerated', async () => {
    harness = await startHarness(['taint-eviction']);
    const node = readyNode('n1', harness.clock);
    const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }];
    await harness.api.client.create(NODES, { ...node, spec: { taints } });
    await harness.api.client.create(PODS, podOn('n1'));
    await harness.pass(200_000);
    harness.clock.jump(8 * 3_600_000);
    await harness.pass(200_000);
    expect(pod('n1')?.metadata.deletionTimestamp).toBeUndefined();
    await harness.pass(150_000);
    expect(pod('n1')?.metadata.deletionTimestamp).toBeDefined();
  });

  it('starts all measurements anew when monotonic time ran on during the sleep', async () => {
    await start('n1', 'n2');
    await beat('n1', 'n2');
    harness.clock.jump(3_600_000);
    await harness.pass(5_000);
    await live(20_000, 'n1', 'n2');
    expect([ready('n1'), ready('n2')]).toEqual(['True', 'True']);
  });
});

describe('taints by condition', () => {
  it('follow cordoning and pressure, and leave the taints of others alone', async () => {
    await start('n1', 'n2');
    const node = await harness.api.client.get(NODES, { namespace: '', name: 'n1' });
    const own = { key: 'example.com/gpu', effect: 'NoSchedule' };
    await harness.api.client.update(NODES, { ...node, spec: { unschedulable: true, taints: [own] } });
    await harness.settle();
    const pressed = await harness.api.client.get(NODES, { namespace: '', name: 'n1' });
    const conditions = [...(pressed.status?.conditions ?? []), { type: 'DiskPressure', status: 'True' }];
    await harness.api.client.update(NODES, { ...pressed, status: { conditions } }, { subresource: 'status' });
    await harness.settle();
    expect(taints('n1')).toEqual([
      'example.com/gpu:NoSchedule',
      'node.kubernetes.io/disk-pressure:NoSchedule',
      'node.kubernetes.io/unschedulable:NoSchedule',
    ]);
  });
});

describe('pods that nobody will remove', () => {
  it('go when their node has been absent for the quarantine, ended as failed first', async () => {
    await start('n1', 'n2');
    await harness.api.client.delete(NODES, { namespace: '', name: 'n2' });
    await live(30_000, 'n1');
    expect(pod('n2')).toBeDefined();
    await live(60_000, 'n1');
    expect(pod('n2')).toBeUndefined();
    expect(pod('n1')).toBeDefined();
    expect(harness.api.writes).toContain('update/status pods default/pod-n2');
  });

  it('go when they were deleted before they were bound', async () => {
    await start('n1');
    const metadata = { name: 'waiting', namespace: 'default', finalizers: ['example.com/hold'] };
    const waiting = await harness.api.client.create(PODS, { metadata, spec: { containers: [] } });
    await harness.api.client.delete(PODS, nameIn(waiting));
    const held = await harness.api.client.get(PODS, nameIn(waiting));
    await harness.api.client.update(PODS, { ...held, metadata: { ...held.metadata, finalizers: [] } });
    await live(30_000, 'n1');
    expect(harness.api.find(PODS, 'default', 'waiting')).toBeUndefined();
  });
});

describe('how long a pod tolerates taints', () => {
  const taint = (key: string, value = '') => ({ key, value, effect: 'NoExecute' });
  const having = (...tolerations: Toleration[]): Pod => ({ spec: { containers: [], tolerations } });
  it.each([
    ['not at all without a toleration', having(), 0],
    ['for ever with one that has no end', having({ operator: 'Exists' }), undefined],
    ['for the seconds it says', having({ key: 'a', operator: 'Exists', tolerationSeconds: 7 }), 7_000],
    [
      'for the shortest of several',
      having({ operator: 'Exists', tolerationSeconds: 9 }, { key: 'a', value: 'b', tolerationSeconds: 5 }),
      5_000,
    ],
    ['not at all when the value differs', having({ key: 'a', operator: 'Equal', value: 'c' }), 0],
    ['not at all when the effect differs', having({ key: 'a', operator: 'Exists', effect: 'NoSchedule' }), 0],
    ['not at all when the seconds are negative', having({ operator: 'Exists', tolerationSeconds: -3 }), 0],
  ])('%s', (_, subject, expected) => {
    expect(tolerationMs(subject, [taint('a', 'b')])).toBe(expected);
  });

  it('counts only taints of NoExecute', () => {
    expect(tolerationMs(having(), [{ key: 'a', effect: 'NoSchedule' }])).toBeUndefined();
  });
});
