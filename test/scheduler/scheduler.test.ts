// The scheduler as a whole, over the informers and an in-memory state.
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CoreEvent, Pod } from '../../src/api/index.ts';
import { type ApiClient, createLeaderElector } from '../../src/client/index.ts';
import { createRegistry, prng, silentLogger } from '../../src/lib/index.ts';
import { defaultProfile, type Plugin, type Profile, runScheduler } from '../../src/scheduler/index.ts';
import { fakeClient } from '../client/support/fake-client.ts';
import { type FakeCluster, fakeCluster } from '../client/support/fake-cluster.ts';
import { manualClock } from '../support/manual-clock.ts';
import { type NodeSketch, node, type PodSketch, pod } from './support.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

interface Options {
  readonly before?: (call: string) => void | Promise<void>;
  readonly extra?: Plugin;
  readonly elected?: boolean;
}

function start(options: Options = {}) {
  const cluster = fakeCluster();
  const clock = manualClock();
  const client = fakeClient(cluster, options.before === undefined ? {} : { before: options.before });
  const stop = new AbortController();
  const metrics = createRegistry('scheduler');
  const common = { client, clock, logger: silentLogger, random: prng(5) };
  const lease = { namespace: 'kube-system', name: 'kube-scheduler' };
  const elector = options.elected ? createLeaderElector({ ...common, lease }) : undefined;
  const profiles = (writer: ApiClient): readonly Profile[] => {
    const profile = defaultProfile(writer);
    const extra = options.extra === undefined ? [] : [{ plugin: options.extra }];
    return [{ ...profile, plugins: [...extra, ...profile.plugins] }];
  };
  const ended = runScheduler({ ...common, signal: stop.signal, metrics, profiles, elector });
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return {
    cluster,
    clock,
    metrics,
    stop,
    ended,
    addNode: (name: string, sketch?: NodeSketch) => cluster.create('nodes', node(name, sketch)),
    addPod: (name: string, sketch?: PodSketch) => cluster.create('pods', pod(name, sketch)),
    placeOf: (name: string) => podOf(cluster, name).spec?.nodeName ?? '',
  };
}

const podOf = (cluster: FakeCluster, name: string): Pod => cluster.get('pods', 'default', name) as Pod;
const eventsOf = (cluster: FakeCluster): string[] =>
  (cluster.list({ resource: 'events', namespace: '' }) as CoreEvent[]).map(
    (event) => `${event.reason}: ${event.message}`,
  );

describe('the scheduler', () => {
  it('binds pods, tells it, and spreads replicas', async () => {
    const { cluster, addNode, addPod, placeOf } = start();
    addNode('n1');
    addNode('n2');
    for (const name of ['w1', 'w2', 'w3', 'w4']) addPod(name, { owner: 'rs' });
    await until(() => placeOf('w4') !== '' && eventsOf(cluster).length === 4);
    const places = ['w1', 'w2', 'w3', 'w4'].map(placeOf);
    expect(places.filter((place) => place === 'n1').length).toBe(2);
    expect(eventsOf(cluster)).toContain(`Scheduled: Successfully assigned default/w1 to ${places[0]}`);
  });

  it('says in status and event why a pod waits, and binds it when a node comes', async () => {
    const { cluster, addNode, addPod, placeOf, clock } = start();
    addNode('small', { allocatable: { cpu: '1', memory: '1Gi', pods: '110' } });
    addPod('big', { requests: { cpu: '2' } });
    await until(() => podOf(cluster, 'big').status?.conditions !== undefined && eventsOf(cluster).length === 1);
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    expect(podOf(cluster, 'big').status?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
    ]);
    expect(eventsOf(cluster)).toEqual([`FailedScheduling: ${message}`]);
    addNode('large');
    await settle();
    clock.advance(1_000);
    await until(() => placeOf('big') === 'large');
  });

  it('gives the room of a deleted pod to one that waits for it', async () => {
    const { cluster, addNode, addPod, placeOf, clock } = start();
    addNode('n', { allocatable: { cpu: '1', memory: '1Gi', pods: '110' } });
    addPod('first', { requests: { cpu: '1' } });
    await until(() => placeOf('first') === 'n');
    addPod('second', { requests: { cpu: '1' } });
    await until(() => podOf(cluster, 'second').status !== undefined);
    cluster.remove('pods', 'default', 'first');
    await settle();
    clock.advance(1_000);
    await until(() => placeOf('second') === 'n');
  });

  it('never promises the same room twice while bindings are under way', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { cluster, addNode, addPod, placeOf } = start({
      before: (call) => (call.startsWith('create binding') ? held : undefined),
    });
    addNode('n', { allocatable: { cpu: '2', memory: '1Gi', pods: '110' } });
    for (const name of ['a', 'b', 'c']) addPod(name, { requests: { cpu: '1' } });
    await until(() => podOf(cluster, 'c').status !== undefined);
    expect(podOf(cluster, 'c').status?.conditions?.[0]?.message).toBe('0/1 nodes are available: 1 Insufficient cpu.');
    answer();
    await until(() => placeOf('a') === 'n' && placeOf('b') === 'n');
    expect(placeOf('c')).toBe('');
  });

  it('tries again when a binding fails, with the room free meanwhile', async () => {
    let failures = 2;
    const { cluster, addNode, addPod, placeOf, clock } = start({
      before: (call) => {
        if (call.startsWith('create binding') && failures-- > 0) throw new Error('no route');
      },
    });
    addNode('n', { allocatable: { cpu: '1', memory: '1Gi', pods: '110' } });
    addPod('a', { requests: { cpu: '1' } });
    await until(() => eventsOf(cluster).length === 1);
    clock.advance(1_000);
    await settle();
    await settle();
    clock.advance(2_000);
    await until(() => placeOf('a') === 'n');
  });

  it('leaves alone what is not its own: other schedulers, gates, deleted, placed and finished pods', async () => {
    const { addNode, addPod, placeOf, cluster } = start();
    addNode('n');
    addPod('other', { spec: { schedulerName: 'mine' } });
    addPod('gated', { spec: { schedulingGates: [{ name: 'wait' }] } });
    const dying = pod('dying');
    cluster.create('pods', { ...dying, metadata: { ...dying.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    cluster.create('pods', { ...pod('done'), status: { phase: 'Succeeded' } } as Pod);
    addPod('last');
    await until(() => placeOf('last') === 'n');
    expect(['other', 'gated', 'dying', 'done'].map(placeOf)).toEqual(['', '', '', '']);
    cluster.patch('pods', 'default', 'gated', { spec: { schedulingGates: null } });
    await until(() => placeOf('gated') === 'n');
  });

  it('runs the points of a plugin in their order, and undoes a reservation that was not used', async () => {
    const calls: string[] = [];
    let permitted = false;
    const extra: Plugin = {
      name: 'Recorder',
      preFilter: () => ({ kind: 'state', state: 'mine' }),
      filter: (_pod, _node, state) => {
        calls.push(`filter with ${String(state)}`);
        return undefined;
      },
      reserve: () => void calls.push('reserve'),
      unreserve: () => void calls.push('unreserve'),
      permit: async () => {
        calls.push('permit');
        if (permitted) return undefined;
        permitted = true;
        return { reasons: ['not yet'] };
      },
      preBind: async () => void calls.push('preBind'),
      postBind: () => void calls.push('postBind'),
    };
    const { addNode, addPod, placeOf, clock } = start({ extra });
    addNode('n');
    addPod('a');
    await until(() => calls.includes('unreserve'));
    expect(placeOf('a')).toBe('');
    await settle();
    addNode('m', { spec: { unschedulable: true } });
    await settle();
    clock.advance(1_000);
    await until(() => calls.includes('postBind'));
    expect(calls.filter((call) => !call.startsWith('filter'))).toEqual([
      'reserve',
      'permit',
      'unreserve',
      'reserve',
      'permit',
      'preBind',
      'postBind',
    ]);
    expect(calls).toContain('filter with mine');
  });

  it('binds with the fence of its lease, and not at all once the lease is another process', async () => {
    const { cluster, addNode, addPod, placeOf, clock } = start({ elected: true });
    addNode('n');
    addPod('a');
    await until(() => placeOf('a') === 'n');
    cluster.patch('leases.coordination.k8s.io', 'kube-system', 'kube-scheduler', { spec: { holderIdentity: 'other' } });
    addPod('b');
    for (let i = 0; i < 30; i++) await settle();
    expect(placeOf('b')).toBe('');
    clock.advance(1_000);
    await settle();
    expect(placeOf('b')).toBe('');
  });

  it('counts its attempts', async () => {
    const { addNode, addPod, placeOf, metrics } = start();
    addNode('n');
    addPod('a');
    await until(() => placeOf('a') === 'n');
    await settle();
    const text = await metrics.metrics();
    expect(text).toMatch(/scheduler_schedule_attempts_total\{result="scheduled",component="scheduler"\} 1/);
    expect(text).toContain('scheduler_pending_pods{queue="active",component="scheduler"} 0');
  });
});
