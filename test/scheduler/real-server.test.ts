// The scheduler against real API servers: two of them over one state, two schedulers of which one leads.
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../src/api/index.ts';
import { createLeaderElector, EVENTS, NAMESPACES, NODES, PODS } from '../../src/client/index.ts';
import { prng, silentLogger, sleep, systemClock } from '../../src/lib/index.ts';
import { runScheduler } from '../../src/scheduler/index.ts';
import { realServers } from '../client/support/real-servers.ts';

const clock = systemClock();

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(clock, 20);
}

describe('the scheduler on real API servers', { timeout: 30_000 }, () => {
  it('binds and spreads pods, says why others wait, and another takes over when the leader stops', async () => {
    const { client } = await realServers(2);
    await until(async () => (await client.list(NAMESPACES)).items.length >= 2);
    const addNode = async (name: string): Promise<void> => {
      const made = await client.create(NODES, { metadata: { name } });
      const status = { allocatable: { cpu: '2', memory: '4Gi', pods: '110' }, capacity: { cpu: '2', memory: '4Gi' } };
      await client.update(NODES, { ...made, status } as Node, { subresource: 'status' });
      await client.patch(NODES, { namespace: '', name }, 'merge', { spec: { taints: null } });
    };
    const addPod = (name: string, cpu: string): Promise<Pod> =>
      client.create(PODS, {
        metadata: { namespace: 'default', name },
        spec: { containers: [{ name: 'c', image: 'busybox:1.35', resources: { requests: { cpu } } }] },
      });
    const podOf = (name: string) => client.get(PODS, { namespace: 'default', name });
    await Promise.all(['n1', 'n2'].map(addNode));

    const stops = [new AbortController(), new AbortController()];
    const electors = stops.map((_, index) => {
      const lease = { namespace: 'kube-system', name: 'kube-scheduler' };
      return createLeaderElector({ client, lease, clock, logger: silentLogger, random: prng(index + 1) });
    });
    const runs = stops.map(({ signal }, index) => {
      const elector = electors[index];
      return runScheduler({ client, clock, logger: silentLogger, random: prng(index + 5), signal, elector });
    });

    for (const name of ['a', 'b', 'c', 'd']) await addPod(name, '500m');
    await addPod('big', '1500m');
    const places = async () => (await client.list(PODS, { fieldSelector: 'spec.nodeName!=' })).items;
    await until(async () => (await places()).length === 4);
    expect((await places()).map((pod) => pod.spec?.nodeName).sort()).toEqual(['n1', 'n1', 'n2', 'n2']);
    await until(async () => (await podOf('big')).status?.conditions !== undefined);
    expect((await podOf('big')).status?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', message: '0/2 nodes are available: 2 Insufficient cpu.' },
    ]);
    await until(
      async () => (await client.list(EVENTS)).items.filter((event) => event.reason === 'Scheduled').length === 4,
    );

    const leader = electors.findIndex((elector) => elector.isLeader());
    stops[leader]?.abort();
    await runs[leader];
    await addNode('n3');
    await until(async () => (await podOf('big')).spec?.nodeName === 'n3');
    expect((await podOf('big')).status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    for (const stop of stops) stop.abort();
    await Promise.all(runs);
  });
});
