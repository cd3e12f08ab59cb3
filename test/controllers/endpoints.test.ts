// EndpointSlices, legacy Endpoints, and what each namespace gets: the real manager against the API in memory.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { EndpointSlice, Pod, Served, Service } from '../../src/api/index.ts';
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  NAMESPACES,
  NODES,
  PODS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../src/client/index.ts';
import type { Candidate } from '../../src/controllers/endpoints/candidates.ts';
import { planSlices } from '../../src/controllers/endpoints/slice-plan.ts';
import { type Harness, readyNode, startHarness } from './support/harness.ts';

let harness: Harness;
afterEach(() => harness?.stop());

const LABELS = { app: 'web' };

function service(rest: object = {}): Service {
  const ports = [{ name: 'http', port: 80, targetPort: 'web' }];
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: LABELS, clusterIP: '10.96.0.9', ports, ...rest },
  };
}

function pod(name: string, ip: string, ready = true, containerPort = 8080): Pod {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  return {
    metadata: { name, namespace: 'default', labels: LABELS },
    spec: { nodeName: 'n1', containers: [{ name: 'main', ports: [{ name: 'web', containerPort }] }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions },
  };
}

async function start(object: Service, ...pods: Pod[]): Promise<void> {
  harness = await startHarness(['endpoints', 'endpointslice', 'garbage-collector']);
  const node = readyNode('n1', harness.clock);
  const labels = { 'topology.kubernetes.io/zone': 'z1' };
  await harness.api.client.create(NODES, { ...node, metadata: { ...node.metadata, labels } });
  await harness.api.client.create(SERVICES, object);
  for (const each of pods) await harness.api.client.create(PODS, each);
  await harness.settle();
}

const slices = (): readonly Served<EndpointSlice>[] => harness.api.list(ENDPOINT_SLICES, 'default');
const subsets = () => harness.api.find(ENDPOINTS, 'default', 'web')?.subsets;

describe('a Service with a selector', () => {
  it('gets a slice that shows its pods, ready or not, with the ports that their names lead to', async () => {
    await start(service(), pod('a', '10.0.0.1'), pod('b', '10.0.0.2', false));
    const [slice, ...others] = slices();
    expect(others).toEqual([]);
    expect(slice).toMatchObject({
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      metadata: {
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [{ kind: 'Service', name: 'web', controller: true }],
      },
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: 'n1',
          zone: 'z1',
        },
        { addresses: ['10.0.0.2'], conditions: { ready: false, serving: false, terminating: false } },
      ],
    });
    expect(subsets()).toMatchObject([
      {
        addresses: [{ ip: '10.0.0.1' }],
        notReadyAddresses: [{ ip: '10.0.0.2' }],
        ports: [{ name: 'http', port: 8080 }],
      },
    ]);
  });

  it('shows a pod that terminates as serving but not ready, and drops it when it is gone', async () => {
    await start(service(), pod('a', '10.0.0.1'));
    await harness.api.client.delete(PODS, { namespace: 'default', name: 'a' });
    await harness.settle();
    expect(slices()[0]?.endpoints).toMatchObject([{ conditions: { ready: false, serving: true, terminating: true } }]);
    expect(subsets()).toEqual([]);
    await harness.api.client.delete(PODS, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
    await harness.settle();
    expect(slices().map(({ endpoints }) => endpoints)).toEqual([[]]);
  });

  it('shows all addresses as ready when it publishes those that are not', async () => {
    await start(service({ publishNotReadyAddresses: true }), pod('a', '10.0.0.1', false));
    expect(slices()[0]?.endpoints).toMatchObject([{ conditions: { ready: true, serving: false } }]);
    expect(subsets()).toMatchObject([{ addresses: [{ ip: '10.0.0.1' }] }]);
  });

  it('keeps pods apart whose named port has another number', async () => {
    await start(service(), pod('a', '10.0.0.1'), pod('b', '10.0.0.2', true, 9090));
    expect(
      slices()
        .map(({ ports }) => ports?.[0]?.port)
        .sort(),
    ).toEqual([8080, 9090]);
    expect(subsets()).toHaveLength(2);
  });

  it('has an empty slice while it has no pods, and writes nothing when nothing changes', async () => {
    await start(service());
    expect(slices().map(({ endpoints }) => endpoints)).toEqual([[]]);
    const before = harness.api.writes.length;
    await harness.pass(60_000);
    expect(harness.api.writes.length).toBe(before);
  });

  it('takes its slices and Endpoints along when it goes', async () => {
    await start(service(), pod('a', '10.0.0.1'));
    await harness.api.client.delete(SERVICES, { namespace: 'default', name: 'web' });
    await harness.settle();
    expect(slices()).toEqual([]);
    expect(harness.api.list(ENDPOINTS)).toEqual([]);
  });

  it('makes no second slice while the cache lags', async () => {
    await start(service({ selector: undefined }), pod('a', '10.0.0.1'));
    harness.api.holdWatches(ENDPOINT_SLICES);
    for (const label of ['one', 'two', 'three']) {
      const live = await harness.api.client.get(SERVICES, { namespace: 'default', name: 'web' });
      const labelled = { ...live.metadata, labels: { label } };
      await harness.api.client.update(SERVICES, {
        ...live,
        metadata: labelled,
        spec: { ...live.spec, selector: LABELS },
      });
      await harness.settle();
      expect(slices()).toHaveLength(1);
    }
    harness.api.releaseWatches();
    await harness.pass(60_000);
    expect(slices().map(({ metadata }) => metadata.labels?.label)).toEqual(['three']);
  });
});

describe('services that get no endpoints', () => {
  it('are those without a selector: what others wrote for them stays', async () => {
    await start(service({ selector: undefined }), pod('a', '10.0.0.1'));
    expect(slices()).toEqual([]);
    expect(harness.api.list(ENDPOINTS)).toEqual([]);
  });
});

describe('the distribution over slices', () => {
  const owner = { ...service(), metadata: { name: 'web', namespace: 'default', uid: 'uid-web' } } as Served<Service>;
  const candidate = (index: number): Candidate => ({
    address: `10.0.${index >> 8}.${index & 255}`,
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    serving: true,
    terminating: false,
    nodeName: undefined,
    zone: undefined,
    hostname: undefined,
    target: { kind: 'Pod', name: `p${index}`, uid: `u${index}` },
  });
  const apply = (before: readonly Served<EndpointSlice>[], wanted: readonly number[]): Served<EndpointSlice>[] => {
    const candidates = new Map([['IPv4' as const, wanted.map(candidate)]]);
    const byName = new Map(before.map((slice) => [slice.metadata.name, slice]));
    for (const action of planSlices({ service: owner, slices: before, candidates })) {
      const name = action.slice.metadata?.name ?? '';
      if (action.kind === 'delete') byName.delete(name);
      else byName.set(name, action.slice as Served<EndpointSlice>);
    }
    return [...byName.values()];
  };

  it('shows every endpoint once, at most a hundred a slice, and moves none that stays', () => {
    const sets = fc.uniqueArray(fc.nat(399), { maxLength: 350 });
    fc.assert(
      fc.property(fc.array(sets, { minLength: 1, maxLength: 5 }), (steps) => {
        let now: Served<EndpointSlice>[] = [];
        for (const wanted of steps) {
          const before = new Map(
            now.flatMap((s) => (s.endpoints ?? []).map((e) => [e.targetRef?.uid, s.metadata.name])),
          );
          now = apply(now, wanted);
          const shown = now.flatMap(({ endpoints }) => (endpoints ?? []).map(({ targetRef }) => targetRef?.uid));
          expect([...shown].sort()).toEqual(wanted.map((index) => `u${index}`).sort());
          for (const slice of now) {
            expect(slice.endpoints?.length).toBeLessThanOrEqual(100);
            for (const { targetRef } of slice.endpoints ?? []) {
              expect(before.get(targetRef?.uid) ?? slice.metadata.name).toBe(slice.metadata.name);
            }
          }
          expect(now.length).toBeGreaterThanOrEqual(1);
          expect(apply(now, wanted)).toEqual(now);
        }
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});

describe('every namespace', () => {
  it('has a default ServiceAccount and the CA, also after somebody removed or changed them', async () => {
    harness = await startHarness(['serviceaccount']);
    const { client } = harness.api;
    await client.create(NAMESPACES, { metadata: { name: 'team' } });
    await harness.settle();
    const account = () => harness.api.find(SERVICE_ACCOUNTS, 'team', 'default');
    const ca = () => harness.api.find(CONFIG_MAPS, 'team', 'kube-root-ca.crt');
    expect(account()).toBeDefined();
    expect(ca()?.data).toEqual({ 'ca.crt': 'CA' });
    await client.delete(SERVICE_ACCOUNTS, { namespace: 'team', name: 'default' });
    const changed = ca();
    if (changed !== undefined) await client.update(CONFIG_MAPS, { ...changed, data: { 'ca.crt': 'forged' } });
    await harness.settle();
    expect(account()).toBeDefined();
    expect(ca()?.data).toEqual({ 'ca.crt': 'CA' });
  });
});
