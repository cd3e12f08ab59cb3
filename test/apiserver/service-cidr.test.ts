// The default ServiceCIDR and the IPAddresses of services: made with the cluster, kept, and as Kubernetes tells them.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceCIDR } from '../../src/api/index.ts';
import { repairServiceAddresses } from '../../src/apiserver/background/address-repair.ts';
import { bootstrap } from '../../src/apiserver/background/bootstrap.ts';
import { changeOf } from '../../src/apiserver/background/service-cidr.ts';
import { networkOf } from '../../src/apiserver/storage/service-addresses.ts';
import { type Answer, type TestApi, testApi } from './harness.ts';

const CIDRS = '/apis/networking.k8s.io/v1/servicecidrs';
const ADDRESSES = '/apis/networking.k8s.io/v1/ipaddresses';
const SERVICES = '/api/v1/namespaces/default/services';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const FINALIZERS = ['networking.k8s.io/service-cidr-finalizer'];
const READY = {
  type: 'Ready',
  status: 'True',
  reason: '',
  message: 'Kubernetes Service CIDR is ready',
};

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const again = (): Promise<void> => bootstrap(api.context, new AbortController().signal);
const get = (path: string): Promise<Answer> => api.call('GET', path);
const names = async (path: string): Promise<string[]> =>
  (await get(path)).body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);

describe('the ServiceCIDR kubernetes', () => {
  it('is there from the beginning, protected and ready, and is written once', async () => {
    const { body } = await get(`${CIDRS}/kubernetes`);
    expect(body).toMatchObject({
      metadata: { finalizers: FINALIZERS },
      spec: { cidrs: ['10.96.0.0/16'] },
    });
    expect(body.status.conditions).toMatchObject([READY]);
    const { revision } = api.store.snapshot();
    await again();
    expect(api.store.snapshot().revision).toBe(revision);
  });

  it('is named by its network, wherever in it the address of the option lies', async () => {
    const other = await testApi({ serviceCidr: '10.9.8.7/20' });
    expect((await other.call('GET', `${CIDRS}/kubernetes`)).body.spec.cidrs).toEqual(['10.9.0.0/20']);
    expect(networkOf('10.96.0.0/12')).toBe('10.96.0.0/12');
  });

  it('stays while services have addresses of it, and says so', async () => {
    await api.call('DELETE', `${CIDRS}/kubernetes`);
    await again();
    expect((await get(`${CIDRS}/kubernetes`)).body.status.conditions).toMatchObject([
      {
        type: 'Ready',
        status: 'False',
        reason: 'Terminating',
        message: expect.stringContaining('still IPAddresses'),
      },
    ]);
  });

  it('goes when another one holds its range, and comes back ready', async () => {
    const { uid } = (await get(`${CIDRS}/kubernetes`)).body.metadata;
    await api.call('POST', CIDRS, {
      metadata: { name: 'all' },
      spec: { cidrs: ['10.0.0.0/8'] },
    });
    await api.call('DELETE', `${CIDRS}/kubernetes`);
    await again();
    expect((await get(`${CIDRS}/kubernetes`)).status).toBe(404);
    await again();
    const { body } = await get(`${CIDRS}/kubernetes`);
    expect(body.metadata.uid).not.toBe(uid);
    expect(body.status.conditions).toMatchObject([READY]);
  });

  it('has its condition set right, but is left alone where it is of another range', () => {
    const of = (cidr: string, status?: object): ServiceCIDR => ({
      spec: { cidrs: [cidr] },
      ...(status && { status }),
    });
    const now = '2026-01-01T00:00:00Z';
    const wrong = {
      conditions: [{ ...READY, status: 'False', lastTransitionTime: now }],
    };
    const settled = changeOf(of('10.0.0.0/16', wrong), of('10.0.0.0/16'), [], now);
    expect(settled).toMatchObject({
      part: 'status',
      object: { status: { conditions: [READY] } },
    });
    expect(changeOf(settled?.object ?? {}, of('10.0.0.0/16'), [], now)).toBeUndefined();
    expect(changeOf(of('10.1.0.0/16'), of('10.0.0.0/16'), [], now)).toBeUndefined();
  });
});

describe('the IPAddress of a service', () => {
  const service = (name: string, spec: object = {}): object => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });

  it('comes with its cluster IP, says whose it is, and goes with it', async () => {
    expect((await get(`${ADDRESSES}/10.96.0.1`)).body.spec.parentRef).toEqual({
      resource: 'services',
      namespace: 'default',
      name: 'kubernetes',
    });
    const { clusterIP } = (await api.call('POST', SERVICES, service('web'))).body.spec;
    const { body } = await get(`${ADDRESSES}/${clusterIP}`);
    expect(body.metadata.labels).toEqual({
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    });
    expect(body.spec.parentRef).toMatchObject({
      namespace: 'default',
      name: 'web',
    });
    const external = {
      spec: {
        type: 'ExternalName',
        externalName: 'example.com',
        clusterIP: null,
        clusterIPs: null,
      },
    };
    expect((await api.call('PATCH', `${SERVICES}/web`, external, MERGE)).status).toBe(200);
    expect(await names(ADDRESSES)).toEqual(['10.96.0.1']);
    await api.call('POST', SERVICES, service('two'));
    await api.call('POST', SERVICES, service('headless', { clusterIP: 'None' }));
    expect(await names(ADDRESSES)).toHaveLength(2);
    await api.call('DELETE', `${SERVICES}/two`);
    expect(await names(ADDRESSES)).toEqual(['10.96.0.1']);
  });

  it('keeps its address from services when somebody made it by hand', async () => {
    const parentRef = {
      group: 'gateway.networking.k8s.io',
      resource: 'gateways',
      namespace: 'default',
      name: 'g',
    };
    await api.call('POST', ADDRESSES, {
      metadata: { name: '10.96.0.9' },
      spec: { parentRef },
    });
    const refused = await api.call('POST', SERVICES, service('web', { clusterIP: '10.96.0.9' }));
    expect(refused.body.message).toContain('failed to allocate IP 10.96.0.9: provided IP is already allocated');
    await repairServiceAddresses(api.context, new AbortController().signal);
    expect(await names(ADDRESSES)).toContain('10.96.0.9');
  });

  it('is made again when it was deleted, and deleted when it is nobody’s', async () => {
    const managed = {
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    };
    const parentRef = {
      resource: 'services',
      namespace: 'default',
      name: 'gone',
    };
    await api.call('POST', ADDRESSES, {
      metadata: { name: '10.96.0.9', labels: managed },
      spec: { parentRef },
    });
    await api.call('DELETE', `${ADDRESSES}/10.96.0.1`);
    await repairServiceAddresses(api.context, new AbortController().signal);
    expect(await names(ADDRESSES)).toEqual(['10.96.0.1']);
    expect((await get(`${ADDRESSES}/10.96.0.1`)).body.spec.parentRef.name).toBe('kubernetes');
  });
});
