// The service `kubernetes` leads to every API server that lives, and to no other.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  endpointsOf,
  publishApiEndpoints,
  registerServer,
  slicesOf,
} from '../../src/apiserver/background/api-endpoints.ts';
import { testApi } from './harness.ts';
import { ThreeServers } from './three-servers.ts';

const ENDPOINTS = '/api/v1/namespaces/default/endpoints/kubernetes';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

describe('with three servers', () => {
  let cluster: ThreeServers;
  beforeEach(async () => {
    cluster = await ThreeServers.start();
  });
  afterEach(() => cluster.stop());

  async function published(): Promise<{ endpoints: readonly string[]; slices: readonly string[] }> {
    const [server] = cluster.all();
    const endpoints = await cluster.during(server?.call('GET', ENDPOINTS) ?? Promise.reject());
    const slices = await cluster.during(server?.call('GET', SLICES) ?? Promise.reject());
    const subsets: { addresses: { ip: string }[] }[] = endpoints.body.subsets ?? [];
    const items: { endpoints: { addresses: string[] }[] }[] = slices.body.items;
    return {
      endpoints: subsets.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)),
      slices: items.flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses)),
    };
  }

  async function expectPublished(addresses: readonly string[]): Promise<void> {
    const found = await published();
    expect(found).toEqual({ endpoints: addresses, slices: addresses });
  }

  it('lists all of them, soon after they have come up', async () => {
    await cluster.world.advance(3_000);
    await expectPublished(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  });

  it.each(['a follower', 'the leader'])(
    'leaves out %s within seconds of its death, and lists it again when it is back',
    async (who) => {
      await cluster.world.advance(3_000);
      const leader = cluster.leader().id;
      const victim = who === 'the leader' ? leader : cluster.all().find(({ id }) => id !== leader)?.id;
      if (victim === undefined) throw new Error('there are followers');
      await cluster.kill(victim);
      await cluster.world.advance(8_000);
      const gone = `10.0.0.${victim.slice(1)}`;
      await expectPublished(['10.0.0.1', '10.0.0.2', '10.0.0.3'].filter((address) => address !== gone));
      await cluster.restart(victim);
      await cluster.world.advance(3_000);
      await expectPublished(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    },
  );

  it('writes nothing while nothing changes', async () => {
    await cluster.world.advance(3_000);
    const before = cluster.leader().context.options.store.status().revision;
    await cluster.world.advance(60_000);
    expect(cluster.leader().context.options.store.status().revision).toBe(before);
  });

  it('comes back when somebody deletes or changes it', async () => {
    await cluster.world.advance(3_000);
    const server = cluster.leader();
    await cluster.during(server.call('DELETE', ENDPOINTS));
    await cluster.during(server.call('DELETE', `${SLICES}/kubernetes`));
    await cluster.world.advance(11_000);
    await expectPublished(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  });
});

describe('servers that share a machine', () => {
  const living = [1, 2, 3].map((number) => ({ address: '127.0.0.1', port: 7000 + number }));

  it('are told apart by their ports: a subset and a slice for each', () => {
    expect(endpointsOf(living).subsets?.map(({ ports }) => ports?.[0]?.port)).toEqual([7001, 7002, 7003]);
    const slices = slicesOf(living);
    expect(slices.map(({ metadata }) => metadata?.name)).toEqual(['kubernetes', 'kubernetes-7002', 'kubernetes-7003']);
    for (const slice of slices) {
      expect(slice.metadata?.labels).toEqual({ 'kubernetes.io/service-name': 'kubernetes' });
      expect(slice.endpoints).toEqual([{ addresses: ['127.0.0.1'], conditions: { ready: true } }]);
    }
  });

  it('take along the slices of former ports, and no slice of anybody else', async () => {
    const api = await testApi({ endpoint: { address: '127.0.0.1', port: 7001 } });
    const other = await testApi({ memberId: 'm2', endpoint: { address: '127.0.0.1', port: 7002 } }, api.store);
    const { signal } = new AbortController();
    const label = { 'kubernetes.io/service-name': 'kubernetes' };
    const foreign = { metadata: { name: 'kubernetes-mine', labels: label }, addressType: 'IPv4', endpoints: [] };
    expect((await api.call('POST', SLICES, foreign)).status).toBe(201);
    const names = async (): Promise<string[]> => {
      await publishApiEndpoints(api.context, signal);
      const { items } = (await api.call('GET', SLICES)).body as { items: { metadata: { name: string } }[] };
      return items.map(({ metadata }) => metadata.name);
    };
    await registerServer(other.context, signal);
    expect(await names()).toEqual(['kubernetes', 'kubernetes-7002', 'kubernetes-mine']);
    const moved = {
      ...other.context,
      options: { ...other.context.options, endpoint: { address: '127.0.0.1', port: 7003 } },
    };
    await registerServer(moved, signal);
    expect(await names()).toEqual(['kubernetes', 'kubernetes-7003', 'kubernetes-mine']);
  });
});
