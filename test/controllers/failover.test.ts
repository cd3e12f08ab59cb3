// Two controller managers under one lease, against the real API server: one acts, fenced; the other takes over.
import { expect, it } from 'vitest';
import { DEPLOYMENTS, EVENTS, NAMESPACES, NODES, PODS, SERVICE_ACCOUNTS } from '../../src/client/index.ts';
import { deployment } from './support/harness.ts';
import { eventually, playKubelets, startRealServer } from './support/real-server.ts';

const WEB = { namespace: 'default', name: 'web' };

it('the manager that stands by goes on with a rollout when the leading one ends', async () => {
  const server = await startRealServer(false);
  const { client } = server;
  const kubelets = new AbortController();
  try {
    await eventually(() => client.get(NAMESPACES, { namespace: '', name: 'default' }));
    await eventually(() => client.get(NAMESPACES, { namespace: '', name: 'kube-system' }));
    await client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    const first = server.standBy('first');
    await eventually(async () => first.elector.isLeader());
    const second = server.standBy('second');
    await eventually(() => client.get(SERVICE_ACCOUNTS, { namespace: 'default', name: 'default' }));
    await client.create(DEPLOYMENTS, deployment('web', 4));
    await eventually(async () => (await client.list(PODS)).items.length === 4);
    expect(second.elector.isLeader()).toBe(false);

    await first.end();
    const playing = playKubelets(server, kubelets.signal);
    await eventually(async () => second.elector.isLeader());
    const live = await client.get(DEPLOYMENTS, WEB);
    if (live.spec === undefined) throw new Error('a deployment has a spec');
    await eventually(async () => {
      const latest = await client.get(DEPLOYMENTS, WEB);
      return client.update(DEPLOYMENTS, { ...latest, spec: { ...live.spec, replicas: 6 } as never });
    });
    await eventually(async () => (await client.get(DEPLOYMENTS, WEB)).status?.availableReplicas === 6);
    expect((await client.list(PODS)).items).toHaveLength(6);
    await eventually(async () => {
      const created = (await client.list(EVENTS)).items.filter(({ reason }) => reason === 'SuccessfulCreate');
      return created.reduce((sum, { count = 1 }) => sum + count, 0) >= 6;
    });
    kubelets.abort();
    await playing;
    await second.end();
  } finally {
    kubelets.abort();
    await server.stop();
  }
  expect(server.complaints).toEqual([]);
});
