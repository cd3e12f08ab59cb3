// The client room against the real API server: what a fake could have got wrong on both sides.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openAuthority } from '../../cluster/certificates.ts';
import type { ConfigMap, Pod, Served } from '../../src/api/index.ts';
import {
  type ApiClient,
  bindingOf,
  CONFIG_MAPS,
  createClient,
  createEventRecorder,
  createInformer,
  createLeaderElector,
  EVENTS,
  type Fence,
  isAlreadyExists,
  isConflict,
  isNotFound,
  NAMESPACES,
  NODES,
  PODS,
} from '../../src/client/index.ts';
import { prng, silentLogger, systemClock } from '../../src/lib/index.ts';
import { realServers } from './support/real-servers.ts';
import { until } from './support/setup.ts';

const clock = systemClock();
const pod = (name: string): Pod => ({
  metadata: { namespace: 'default', name, labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'busybox:1.35' }] },
});
const map = (name: string): ConfigMap => ({ metadata: { namespace: 'default', name }, data: { a: 'b' } });

/** Servers make the namespaces in the background. */
async function ready(client: ApiClient): Promise<void> {
  for (;;) {
    const names = (await client.list(NAMESPACES)).items.map((one) => one.metadata.name);
    if (names.includes('default') && names.includes('kube-system')) return;
  }
}

describe('against real API servers', { timeout: 30_000 }, () => {
  it('requests, patches, preconditions and subresources mean what the client thinks', async () => {
    const { client } = await realServers(2);
    await ready(client);
    const created = await client.create(PODS, pod('web'));
    expect(created).toMatchObject({ apiVersion: 'v1', kind: 'Pod', status: { phase: 'Pending' } });
    await expect(client.create(PODS, pod('web'))).rejects.toSatisfy(isAlreadyExists);
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'm' };
    const patch = { metadata: { uid: created.metadata.uid }, status: { conditions: [condition] } };
    const name = { namespace: 'default', name: 'web' };
    const patched = await client.patch(PODS, name, 'strategic', patch, { subresource: 'status' });
    expect(patched.status?.conditions).toMatchObject([condition]);
    await expect(client.update(PODS, created)).rejects.toSatisfy(isConflict);
    await client.create(NODES, { metadata: { name: 'n1' } });
    await client.createSubresource(PODS, name, 'binding', bindingOf(created, 'n1'));
    await expect(client.createSubresource(PODS, name, 'binding', bindingOf(created, 'n1'))).rejects.toSatisfy(
      isConflict,
    );
    const bound = await client.list(PODS, { fieldSelector: 'spec.nodeName=n1', labelSelector: 'app in (web)' });
    expect(bound.items.map((one) => [one.kind, one.metadata.name])).toEqual([['Pod', 'web']]);
    await expect(client.delete(PODS, name, { uid: 'another' })).rejects.toSatisfy(isConflict);
    await client.delete(PODS, name, { uid: created.metadata.uid, gracePeriodSeconds: 0 });
    await expect(client.get(PODS, name)).rejects.toSatisfy(isNotFound);
  });

  it('an informer hears every change once, in order, while servers restart', async () => {
    const all = await realServers(2);
    await ready(all.client);
    const stop = new AbortController();
    const informer = createInformer(
      CONFIG_MAPS,
      { client: all.client, clock, logger: silentLogger, random: prng(2) },
      {
        namespace: 'default',
      },
    );
    const log: string[] = [];
    const line = (what: string, one: Served<ConfigMap>) => {
      if (one.metadata.name !== 'kube-root-ca.crt')
        log.push(`${what} ${one.metadata.name}@${one.metadata.resourceVersion}`);
    };
    informer.addHandlers({
      added: (one) => line('added', one),
      updated: (one) => line('updated', one),
      deleted: (one) => line('deleted', one),
    });
    await informer.start(stop.signal);
    const expected: string[] = [];
    for (let round = 0; round < 6; round++) {
      const restarted = all.restart(round % 2);
      for (let i = 0; i < 10; i++) {
        const made = await all.client.create(CONFIG_MAPS, map(`m${round}-${i}`));
        expected.push(`added ${made.metadata.name}@${made.metadata.resourceVersion}`);
        const changed = await all.client.update(CONFIG_MAPS, { ...made, data: { a: 'c' } });
        expected.push(`updated ${made.metadata.name}@${changed.metadata.resourceVersion}`);
      }
      await restarted;
    }
    await until(() => log.length >= expected.length);
    expect(log).toEqual(expected);
    stop.abort();
  });

  it('the fence of a former leader is refused, and the lease is handed over at once', async () => {
    const { client } = await realServers(2);
    await ready(client);
    const stops = [new AbortController(), new AbortController()];
    const fences: (() => Fence | undefined)[] = [];
    const order: number[] = [];
    const runs = stops.map((stop, index) => {
      const lease = { namespace: 'kube-system', name: 'test' };
      const elector = createLeaderElector({ client, lease, clock, logger: silentLogger, random: prng(index + 9) });
      return elector.run(stop.signal, async (fence, signal) => {
        fences.push(fence);
        order.push(index);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      });
    });
    await until(() => order.length === 1);
    const [first = 0] = order;
    const proof = fences[0]?.();
    await client.fenced(() => proof).create(CONFIG_MAPS, map('by-the-leader'));
    stops[first]?.abort();
    await until(() => order.length === 2);
    const late = client.fenced(() => proof).create(CONFIG_MAPS, map('too-late'));
    await expect(late).rejects.toSatisfy(isConflict);
    await client.fenced(() => fences[1]?.()).create(CONFIG_MAPS, map('by-the-next'));
    for (const stop of stops) stop.abort();
    await Promise.all(runs);
  });

  it('requests and watches identify themselves by certificate, and strangers are refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const authority = await openAuthority(folder, 'c1', clock);
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
    const common = { hosts: ['127.0.0.1'], organization: 'system:masters' };
    await authority.ensure({ ...common, name: 'serving', commonName: 'server', usages: ['server'] });
    await authority.ensure({ ...common, name: 'admin', commonName: 'kubernetes-admin', usages: ['client'] });
    const ca = authority.caPem;
    const serving = { cert: read('serving.crt'), key: read('serving.key'), clientCa: ca };
    const tls = { ca, cert: read('admin.crt'), key: read('admin.key') };
    const { client, urls } = await realServers(2, { serving, tls });
    await ready(client);
    const stop = new AbortController();
    const informer = createInformer(CONFIG_MAPS, { client, clock, logger: silentLogger, random: prng(2) });
    await informer.start(stop.signal);
    await client.create(CONFIG_MAPS, map('secure'));
    await until(() => informer.lister.get({ namespace: 'default', name: 'secure' }) !== undefined);
    stop.abort();
    const stranger = createClient({
      endpoints: urls,
      tls: { ca },
      clock,
      logger: silentLogger,
      random: prng(3),
      userAgent: 'stranger/1',
    });
    await expect(stranger.list(CONFIG_MAPS)).rejects.toMatchObject({
      reason: expect.stringMatching(/Unauthorized|Forbidden/),
    });
    await stranger.close();
  });

  it('events are accepted and counted', async () => {
    const { client } = await realServers(1);
    await ready(client);
    const recorder = createEventRecorder({ client, component: 'test', clock, logger: silentLogger });
    const created = await client.create(PODS, pod('web'));
    recorder.event(created, 'Normal', 'Scheduled', 'it was');
    const events = async () => (await client.list(EVENTS, { namespace: 'default' })).items;
    while ((await events()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    recorder.event(created, 'Normal', 'Scheduled', 'it was');
    while ((await events())[0]?.count !== 2) await new Promise((resolve) => setImmediate(resolve));
    expect((await events()).length).toBe(1);
  });
});
