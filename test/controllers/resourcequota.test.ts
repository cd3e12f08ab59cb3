// The quota controller: what it makes of a quota's status, by itself and against the real API server, which charges meanwhile.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { amountsOf, type KubeObject, type ResourceQuota, toCount } from '../../src/api/index.ts';
import {
  type ApiClient,
  ApiStatusError,
  CONFIG_MAPS,
  NAMESPACES,
  PODS,
  RESOURCE_QUOTAS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../src/client/index.ts';
import { QUOTA_RESTORE_MS, QUOTA_RESYNC_MS } from '../../src/controllers/limits.ts';
import { countsOtherwise, planQuotaStatus, startsEnforcing } from '../../src/controllers/resourcequota/plan.ts';
import { defined } from '../../src/lib/index.ts';
import { type Harness, startHarness } from './support/harness.ts';
import { eventually, type RealServer, startRealServer } from './support/real-server.ts';

const quota = (hard: Record<string, string>, status?: ResourceQuota['status']): ResourceQuota => ({
  metadata: { name: 'q', namespace: 'default' },
  spec: { hard },
  ...(status === undefined ? {} : { status }),
});

describe('the plan', () => {
  it('says what is enforced and used, of what is limited alone', () => {
    const counted = amountsOf({ pods: '2', secrets: '3' });
    expect(planQuotaStatus(quota({ pods: '5' }), counted)).toEqual({ hard: { pods: '5' }, used: { pods: '2' } });
    expect(planQuotaStatus(quota({}), counted)).toEqual({ hard: {}, used: {} });
  });

  it('writes nothing that is so already, in other words too', () => {
    const status = { hard: { cpu: '1000m' }, used: { cpu: '0.5' } };
    expect(planQuotaStatus(quota({ cpu: '1' }, status), amountsOf({ cpu: '500m' }))).toBeUndefined();
    expect(planQuotaStatus(quota({ cpu: '1' }, status), amountsOf({ cpu: '600m' }))?.used).toEqual({ cpu: '600m' });
  });

  it('keeps what it could not count, and drops what is limited no more', () => {
    const status = { hard: { 'count/a.b': '1', pods: '1' }, used: { 'count/a.b': '7', pods: '1' } };
    expect(planQuotaStatus(quota({ 'count/a.b': '2' }, status), new Map())).toEqual({
      hard: { 'count/a.b': '2' },
      used: { 'count/a.b': '7' },
    });
  });

  it('knows which limits are new', () => {
    expect(startsEnforcing(quota({ pods: '1' }))).toBe(true);
    expect(startsEnforcing(quota({ pods: '1' }, { hard: { pods: '2' }, used: {} }))).toBe(true);
    expect(startsEnforcing(quota({ pods: '1' }, { hard: { pods: '1' }, used: {} }))).toBe(false);
  });

  it('counts anew when an object goes or counts otherwise, and not when it merely changes', () => {
    const limited = quota({ pods: '1' });
    const pods = defined(toCount(limited)[0], 'pods');
    const running: KubeObject = {
      metadata: { name: 'p' },
      ...{ spec: { containers: [] }, status: { phase: 'Running' } },
    };
    const ended: KubeObject = { ...running, ...{ status: { phase: 'Succeeded' } } };
    expect(countsOtherwise(limited, pods, running, undefined, 0)).toBe(true);
    expect(countsOtherwise(limited, pods, running, ended, 0)).toBe(true);
    expect(
      countsOtherwise(limited, pods, running, { ...running, metadata: { name: 'p', labels: { a: 'b' } } }, 0),
    ).toBe(false);
  });
});

describe('the controller', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await startHarness(['resourcequota']);
  });
  afterEach(() => harness.stop());

  const status = () => harness.api.find(RESOURCE_QUOTAS, 'default', 'q')?.status;
  const writes = () => harness.api.writes.filter((write) => write.includes('resourcequotas')).length;
  const inDefault = (name: string) => ({ name, namespace: 'default' });

  it('observes a new quota at once, and follows its limits', async () => {
    const { client } = harness.api;
    await client.create(SECRETS, { metadata: inDefault('s') });
    await client.create(RESOURCE_QUOTAS, quota({ secrets: '5', pods: '1' }));
    await harness.settle();
    expect(status()).toEqual({ hard: { secrets: '5', pods: '1' }, used: { secrets: '1', pods: '0' } });
    const live = await client.get(RESOURCE_QUOTAS, inDefault('q'));
    await client.update(RESOURCE_QUOTAS, { ...live, spec: { hard: { configmaps: '3' } } });
    await harness.settle();
    expect(status()).toEqual({ hard: { configmaps: '3' }, used: { configmaps: '0' } });
  });

  it('gives back what is deleted', async () => {
    const { client } = harness.api;
    for (const name of ['a', 'b']) await client.create(SECRETS, { metadata: inDefault(name) });
    await client.create(RESOURCE_QUOTAS, quota({ secrets: '5' }));
    await harness.pass(2_000);
    await client.delete(SECRETS, inDefault('a'));
    await harness.pass(1_000);
    expect(status()?.used).toEqual({ secrets: '1' });
  });

  it('counts again what was under way when the quota came', async () => {
    const { client } = harness.api;
    await client.create(RESOURCE_QUOTAS, quota({ secrets: '5' }));
    await harness.settle();
    // Nobody charges here: as if the create had been decided before the status was seen.
    await client.create(SECRETS, { metadata: inDefault('late') });
    await harness.pass(2_000);
    expect(status()?.used).toEqual({ secrets: '1' });
  });

  it('does not count for each charge, puts a wrong status right, and counts all from time to time', async () => {
    const { client } = harness.api;
    await client.create(RESOURCE_QUOTAS, quota({ secrets: '5' }));
    await harness.pass(2_000);
    const charged = async (next: object): Promise<void> => {
      const live = await client.get(RESOURCE_QUOTAS, inDefault('q'));
      await client.update(RESOURCE_QUOTAS, { ...live, status: { ...live.status, ...next } }, { subresource: 'status' });
    };
    await charged({ used: { secrets: '3' } });
    const before = writes();
    await harness.pass(QUOTA_RESTORE_MS);
    expect([writes(), status()?.used]).toEqual([before, { secrets: '3' }]);
    await harness.pass(QUOTA_RESYNC_MS);
    expect(status()?.used).toEqual({ secrets: '0' });
    await charged({ hard: { secrets: '9' } });
    await harness.pass(QUOTA_RESTORE_MS);
    expect(status()?.hard).toEqual({ secrets: '5' });
  });
});

describe('against the real API server', () => {
  let server: RealServer;
  let client: ApiClient;
  beforeEach(async () => {
    server = await startRealServer();
    client = server.client;
    await eventually(async () => client.get(NAMESPACES, { namespace: '', name: 'default' }));
    await eventually(async () => client.get(SERVICE_ACCOUNTS, { namespace: 'default', name: 'default' }));
  });
  afterEach(() => server.stop());

  const named = (name: string) => ({ name, namespace: 'default' });
  const used = async (): Promise<Record<string, string> | undefined> =>
    (await client.get(RESOURCE_QUOTAS, named('q'))).status?.used;
  const usedIs = (expected: Record<string, string>) =>
    eventually(async () => JSON.stringify(sorted(await used())) === JSON.stringify(sorted(expected)));
  const pod = (name: string, cpu = '100m') => ({
    metadata: named(name),
    spec: { containers: [{ name: 'c', image: 'i:1', resources: { requests: { cpu } } }] },
  });

  it('what is charged when it comes is given back when it goes or ends', async () => {
    const hard = { pods: '2', 'requests.cpu': '1', services: '2', 'services.nodeports': '1', configmaps: '2' };
    await client.create(RESOURCE_QUOTAS, { metadata: named('q'), spec: { hard } });
    await usedIs({ pods: '0', 'requests.cpu': '0', services: '1', 'services.nodeports': '0', configmaps: '1' });
    await client.create(PODS, pod('a'));
    await client.create(PODS, pod('b', '200m'));
    await client.create(CONFIG_MAPS, { metadata: named('m') });
    await client.create(SERVICES, { metadata: named('s'), spec: { type: 'NodePort', ports: [{ port: 80 }] } });
    await usedIs({ pods: '2', 'requests.cpu': '300m', services: '2', 'services.nodeports': '1', configmaps: '2' });
    await expect(client.create(PODS, pod('c'))).rejects.toSatisfy(isForbidden);
    await expect(client.create(CONFIG_MAPS, { metadata: named('n') })).rejects.toSatisfy(isForbidden);

    const ended = await client.get(PODS, named('a'));
    await client.update(PODS, { ...ended, status: { ...ended.status, phase: 'Succeeded' } }, { subresource: 'status' });
    await client.delete(CONFIG_MAPS, named('m'));
    await client.delete(SERVICES, named('s'));
    await usedIs({ pods: '1', 'requests.cpu': '200m', services: '1', 'services.nodeports': '0', configmaps: '1' });
    await client.create(PODS, pod('c'));
    await usedIs({ pods: '2', 'requests.cpu': '300m', services: '1', 'services.nodeports': '0', configmaps: '1' });
    expect(server.complaints).toEqual([]);
  });

  it('nothing is spent twice while things come and go', async () => {
    await client.create(RESOURCE_QUOTAS, { metadata: named('q'), spec: { hard: { secrets: '5' } } });
    await usedIs({ secrets: '0' });
    let created = 0;
    const comeAndGo = async (worker: number): Promise<void> => {
      for (let turn = 0; turn < 15; turn++) {
        const name = `s-${worker}-${turn}`;
        try {
          await client.create(SECRETS, { metadata: named(name) });
          created += 1;
          const { items } = await client.list(SECRETS, { namespace: 'default' });
          expect(items.length).toBeLessThanOrEqual(5);
          await client.delete(SECRETS, named(name));
        } catch (error) {
          if (!isForbidden(error)) throw error;
        }
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(comeAndGo));
    expect(created).toBeGreaterThanOrEqual(5);
    await usedIs({ secrets: '0' });
    expect(server.complaints).toEqual([]);
  });
});

function sorted(amounts: Record<string, string> | undefined): [string, string][] {
  return Object.entries(amounts ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

function isForbidden(error: unknown): boolean {
  return error instanceof ApiStatusError && error.code === 403;
}
