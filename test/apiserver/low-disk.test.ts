// An API server whose disk is low: writes are told so in plain words, each step of a deletion goes through, leases too.
import { describe, expect, it } from 'vitest';
import { isAdmittedInReserve } from '../../src/store/disk/reserve.ts';
import {
  type Command,
  createMemoryStore,
  DiskLowError,
  type DiskStatus,
  type ObjectStore,
} from '../../src/store/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { CONFIG_MAPS, configMap, PODS, pod, type TestApi, testApi } from './harness.ts';

const DISK: DiskStatus = { directory: '/data', freeBytes: 5, reserveBytes: 10, low: true };
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

/** A server with what it needs in it, and then a disk that is low. */
async function lowServer(prepare: (api: TestApi) => Promise<void>): Promise<TestApi> {
  const inner = createMemoryStore({ clock: manualClock() });
  let low = false;
  const commit: ObjectStore['commit'] = (command: Command, signal) =>
    low && !isAdmittedInReserve(command)
      ? Promise.reject(new DiskLowError('the disk of this server is low'))
      : inner.commit(command, signal);
  const store = new Proxy(inner, {
    get(target, name) {
      if (name === 'commit') return commit;
      if (name === 'status') return () => ({ ...target.status(), disk: low ? DISK : undefined });
      const own: unknown = Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
  const api = await testApi({}, store);
  await prepare(api);
  low = true;
  return api;
}

describe('an API server whose disk is low', () => {
  it('refuses to create and to change objects with 507, and says why', async () => {
    const api = await lowServer(async ({ call }) => {
      expect((await call('POST', CONFIG_MAPS, configMap('a'))).status).toBe(201);
    });
    const created = await api.call('POST', CONFIG_MAPS, configMap('b'));
    expect(created).toMatchObject({
      status: 507,
      body: { kind: 'Status', status: 'Failure', code: 507, message: 'the disk of this server is low' },
    });
    expect((await api.call('PUT', `${CONFIG_MAPS}/a`, configMap('a', { k: 'v' }))).status).toBe(507);
    expect(created.headers.get('retry-after')).toBeNull();
  });

  it('reads, is ready, and tells of the disk in its status', async () => {
    const api = await lowServer(async ({ call }) => {
      await call('POST', CONFIG_MAPS, configMap('a'));
    });
    expect((await api.call('GET', `${CONFIG_MAPS}/a`)).status).toBe(200);
    expect((await api.call('GET', '/readyz')).status).toBe(200);
    expect((await api.call('GET', '/quorate/v1/status')).body.disk).toEqual(DISK);
  });

  it('deletes at once, in a collection, gracefully, and through finalizers', async () => {
    const api = await lowServer(async ({ call }) => {
      for (const name of ['a', 'b', 'c']) await call('POST', CONFIG_MAPS, configMap(name));
      const held = { ...configMap('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } };
      expect((await call('POST', CONFIG_MAPS, held)).status).toBe(201);
      expect((await call('POST', PODS, pod('p', { nodeName: 'n1' }))).status).toBe(201);
    });
    expect((await api.call('DELETE', `${CONFIG_MAPS}/a`)).status).toBe(200);
    expect((await api.call('DELETE', CONFIG_MAPS)).status).toBe(200);
    const held = await api.call('GET', `${CONFIG_MAPS}/held`);
    expect(held.body.metadata.deletionTimestamp).toBeDefined();
    const { finalizers: _, ...metadata } = held.body.metadata;
    expect((await api.call('PUT', `${CONFIG_MAPS}/held`, { ...held.body, metadata })).status).toBe(200);
    expect((await api.call('GET', `${CONFIG_MAPS}/held`)).status).toBe(404);
    const graceful = await api.call('DELETE', `${PODS}/p`);
    expect(graceful.body.metadata.deletionTimestamp).toBeDefined();
    expect((await api.call('DELETE', `${PODS}/p?gracePeriodSeconds=0`)).status).toBe(200);
    expect((await api.call('GET', `${PODS}/p`)).status).toBe(404);
  });

  it('creates and renews leases, so that nobody loses leadership or its node over it', async () => {
    const api = await lowServer(async () => {});
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
      spec: { holderIdentity: 'a' },
    };
    const created = await api.call('POST', LEASES, lease);
    expect(created.status).toBe(201);
    const renewed = { ...created.body, spec: { holderIdentity: 'b' } };
    expect((await api.call('PUT', `${LEASES}/l`, renewed)).status).toBe(200);
  });
});
