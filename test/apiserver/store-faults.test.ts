// What clients are told when the store is behind, has no quorum, or is overtaken: never a false refusal, never a stale one.
import { describe, expect, it } from 'vitest';
import {
  type Command,
  createMemoryStore,
  type ObjectStore,
  type Revision,
  type Snapshot,
  StoreTimeoutError,
} from '../../src/store/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, PODS, pod, testApi } from './harness.ts';

/** `inner` with some of its methods replaced. */
function overriding<T extends Partial<ObjectStore>>(inner: ObjectStore, methods: T): ObjectStore & T {
  return new Proxy(inner, {
    get(target, name) {
      const own: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  }) as ObjectStore & T;
}

/** The same store as another server sees it that has not applied everything. */
function laggingStore(inner: ObjectStore): ObjectStore & { freeze(): void } {
  let frozen: Snapshot | undefined;
  return overriding(inner, {
    /** From now on the server sees nothing new, until it asks the leader or waits for a revision. */
    freeze() {
      frozen = inner.snapshot();
    },
    async readBarrier(signal: AbortSignal) {
      const revision = await inner.readBarrier(signal);
      frozen = undefined;
      return revision;
    },
    async waitFor(revision: Revision, signal: AbortSignal) {
      await inner.waitFor(revision, signal);
      frozen = undefined;
    },
    snapshot: (revision?: Revision) =>
      revision === undefined && frozen !== undefined ? frozen : inner.snapshot(revision),
  });
}

/** A server without a quorum: reads of what it has, and nothing else. */
function leaderlessStore(inner: ObjectStore): ObjectStore & { lose(): void } {
  let lost = false;
  const timeOut = (): never => {
    throw new StoreTimeoutError('no leader');
  };
  return overriding(inner, {
    lose() {
      lost = true;
    },
    commit: async (command: Command, signal: AbortSignal) => (lost ? timeOut() : inner.commit(command, signal)),
    readBarrier: async (signal: AbortSignal) => (lost ? timeOut() : inner.readBarrier(signal)),
    status: () => (lost ? { ...inner.status(), ready: false, reason: 'no quorum' } : inner.status()),
  });
}

describe('a server that is behind', () => {
  it('refuses nothing that is not so', async () => {
    const store = createMemoryStore({ clock: manualClock() });
    const lagging = laggingStore(store);
    const ahead = await testApi({}, store);
    const behind = await testApi({}, lagging);
    const maps = '/api/v1/namespaces/n/configmaps';

    lagging.freeze();
    await ahead.call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    expect((await behind.call('POST', '/api/v1/namespaces/n/pods', pod('p'))).status).toBe(201);

    const created = await ahead.call('POST', maps, configMap('a'));
    lagging.freeze();
    const updated = await ahead.call('PUT', `${maps}/a`, { ...created.body, data: { k: '1' } });
    const next = await behind.call('PUT', `${maps}/a`, { ...updated.body, data: { k: '2' } });
    expect(next.status).toBe(200);

    lagging.freeze();
    await ahead.call('DELETE', `${maps}/a`);
    expect((await behind.call('POST', maps, configMap('a'))).status).toBe(201);
  });

  it('does not take an update for no change because it has not seen the change before', async () => {
    const store = createMemoryStore({ clock: manualClock() });
    const lagging = laggingStore(store);
    const ahead = await testApi({}, store);
    const behind = await testApi({}, lagging);
    await ahead.call('POST', CONFIG_MAPS, configMap('a', { k: '1' }));
    lagging.freeze();
    await ahead.call('PUT', `${CONFIG_MAPS}/a`, configMap('a', { k: '2' }));
    await behind.call('PUT', `${CONFIG_MAPS}/a`, configMap('a', { k: '1' }));
    expect((await ahead.call('GET', `${CONFIG_MAPS}/a`)).body.data).toEqual({ k: '1' });
  });

  it('creates nothing in a namespace that another server is ending', async () => {
    const store = createMemoryStore({ clock: manualClock() });
    const lagging = laggingStore(store);
    const ahead = await testApi({}, store);
    const behind = await testApi({}, lagging);
    await ahead.call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    lagging.freeze();
    await ahead.call('DELETE', '/api/v1/namespaces/n');
    expect((await behind.call('POST', '/api/v1/namespaces/n/configmaps', configMap('a'))).status).toBe(403);
  });
});

describe('a server without a quorum', () => {
  it('answers writes and current reads with 504, cached reads with what it has, and says so in readyz', async () => {
    const store = leaderlessStore(createMemoryStore({ clock: manualClock() }));
    const api = await testApi({}, store);
    await api.call('POST', CONFIG_MAPS, configMap('a'));
    store.lose();
    const write = await api.call('POST', CONFIG_MAPS, configMap('b'));
    expect(write.body).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(write.body.message).toContain('outcome is unknown');
    for (const path of [`${CONFIG_MAPS}/a`, CONFIG_MAPS]) {
      const read = await api.call('GET', path);
      expect(read.body).toMatchObject({ code: 504, reason: 'Timeout' });
      expect(read.body.message).toContain('with resourceVersion=0 it answers what it has');
    }
    expect((await api.call('GET', `${CONFIG_MAPS}/a?resourceVersion=0`)).status).toBe(200);
    expect((await api.call('GET', `${PODS}?resourceVersion=0`)).status).toBe(200);
    expect((await api.call('GET', `${DEPLOYMENTS}/nope?resourceVersion=0`)).status).toBe(504);
    const ready = await api.call('GET', '/readyz');
    expect(ready.status).toBe(500);
    expect(ready.text).toContain('[-]store failed: no quorum');
    expect((await api.call('GET', '/livez')).status).toBe(200);
  });
});
