// Informers over real sockets, while their servers break streams, die and forget.
import { describe, expect, it } from 'vitest';
import type { KubeObject, Pod, Served } from '../../src/api/index.ts';
import { createInformer, createInformerFactory, PODS } from '../../src/client/index.ts';
import { WATCH_PING_PERIOD_MS, WATCH_QUIET_LIMIT_MS, WATCH_SILENCE_LIMIT_MS } from '../../src/client/limits.ts';
import { prng, silentLogger, systemClock } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { at, type Setup, setup, until } from './support/setup.ts';

const pod = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  metadata: { namespace: 'default', name, labels },
});

function follow(setup: Setup, options: Parameters<typeof createInformer<Pod>>[2] = {}) {
  const stop = new AbortController();
  const runtime = { client: setup.client, clock: systemClock(), logger: silentLogger, random: prng(2), freeze: true };
  const informer = createInformer(PODS, runtime, options);
  const log: string[] = [];
  const line = (what: string, one: Served<Pod>) =>
    log.push(`${what} ${one.metadata.name}@${one.metadata.resourceVersion}`);
  informer.addHandlers({
    added: (one) => line('added', one),
    updated: (one) => line('updated', one),
    deleted: (one) => line('deleted', one),
  });
  return { informer, log, stop, started: informer.start(stop.signal) };
}

describe('an informer', () => {
  it('lists, then tells each change once and in order', async () => {
    const all = await setup(1);
    all.cluster.create('pods', pod('a'));
    const { informer, log, started, stop } = follow(all);
    expect(informer.synced()).toBe(false);
    await started;
    expect(informer.synced()).toBe(true);
    all.cluster.create('pods', pod('b'));
    all.cluster.patch('pods', 'default', 'a', { metadata: { labels: { x: 'y' } } });
    all.cluster.remove('pods', 'default', 'b');
    await until(() => log.length === 4);
    expect(log).toEqual(['added a@101', 'added b@102', 'updated a@103', 'deleted b@104']);
    expect(informer.lister.get({ namespace: 'default', name: 'a' })?.metadata.labels).toEqual({ x: 'y' });
    stop.abort();
  });

  it('hears every change once while streams break and servers die', async () => {
    const all = await setup(3);
    const { log, started, stop, informer } = follow(all);
    await started;
    const random = prng(7);
    const expected: string[] = [];
    for (let round = 0; round < 60; round++) {
      const victim = at(all.servers, random.int(3));
      const killed = random.chance(0.4) ? victim.kill() : undefined;
      if (killed === undefined) victim.breakWatches();
      for (let i = random.int(4); i >= 0; i--) {
        const made = all.cluster.create('pods', pod(`p${round}-${i}`));
        expected.push(`added ${made.metadata.name}@${made.metadata.resourceVersion}`);
        if (random.chance(0.5)) {
          const gone = all.cluster.remove('pods', 'default', made.metadata.name);
          expected.push(`deleted ${gone.metadata.name}@${gone.metadata.resourceVersion}`);
        }
      }
      await until(() => all.servers.some((server) => server.watches > 0) || log.length === expected.length);
      if (killed !== undefined) {
        await killed;
        await victim.restart();
      }
    }
    await until(() => log.length >= expected.length);
    expect(log).toEqual(expected);
    expect(informer.lister.list().length).toBe(all.cluster.list({ resource: 'pods', namespace: '' }).length);
    stop.abort();
  });

  it('lists anew when its revision was compacted, and tells only what differs', async () => {
    const all = await setup(2);
    for (const name of ['kept', 'changed', 'gone', 'replaced']) all.cluster.create('pods', pod(name));
    const { log, started, stop } = follow(all);
    await started;
    const before = all.servers.map((server) => server.seen.length);
    await Promise.all(all.servers.map((server) => server.kill()));
    all.cluster.patch('pods', 'default', 'changed', { metadata: { labels: { x: 'y' } } });
    all.cluster.remove('pods', 'default', 'gone');
    all.cluster.remove('pods', 'default', 'replaced');
    all.cluster.create('pods', pod('replaced'));
    all.cluster.compact();
    log.length = 0;
    await Promise.all(all.servers.map((server) => server.restart()));
    await until(() => log.length === 4);
    expect(log).toEqual(['deleted gone@103', 'updated changed@105', 'deleted replaced@104', 'added replaced@108']);
    const lists = all.servers.flatMap((server, i) => server.seen.slice(before[i]));
    expect(lists.filter((line) => line.includes('sendInitialEvents')).length).toBe(1);
    stop.abort();
  });

  it('applies nothing of a list that was cut off half way', async () => {
    const all = await setup(1);
    const server = at(all.servers, 0);
    all.cluster.create('pods', pod('old'));
    server.holdEvents(true);
    const { log, started, stop, informer } = follow(all);
    await until(() => server.watches === 1);
    all.cluster.remove('pods', 'default', 'old');
    server.breakWatches();
    server.holdEvents(false);
    await started;
    expect(log).toEqual([]);
    expect(informer.lister.list()).toEqual([]);
    stop.abort();
  });

  it('leaves a server that went silent for one that answers', async () => {
    const clock = manualClock();
    const all = await setup(2, { clock });
    const stop = new AbortController();
    const runtime = { client: all.client, clock, logger: silentLogger, random: prng(2) };
    const informer = createInformer(PODS, runtime);
    await informer.start(stop.signal);
    expect(all.servers.map((server) => server.watches)).toEqual([1, 0]);
    at(all.servers, 0).freeze();
    all.cluster.create('pods', pod('a'));
    clock.advance(WATCH_SILENCE_LIMIT_MS - 1);
    expect(at(all.servers, 1).watches).toBe(0);
    while (informer.lister.list().length === 0) {
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(at(all.servers, 1).watches).toBe(1);
    stop.abort();
  });

  it('leaves a server that answers pings, but has neither event nor bookmark for it any more', async () => {
    const clock = manualClock();
    const all = await setup(2, { clock });
    const [stuck, good] = [at(all.servers, 0), at(all.servers, 1)];
    const stop = new AbortController();
    const runtime = { client: all.client, clock, logger: silentLogger, random: prng(2) };
    const informer = createInformer(PODS, runtime);
    await informer.start(stop.signal);
    /** Lets `ms` pass in steps in which each ping is answered. */
    const pass = async (ms: number): Promise<void> => {
      for (let passedMs = 0; passedMs < ms; passedMs += WATCH_PING_PERIOD_MS) {
        const pings = stuck.pings;
        clock.advance(WATCH_PING_PERIOD_MS);
        await until(() => stuck.pings > pings || stuck.watches === 0);
        // The pong's way back.
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await pass(WATCH_QUIET_LIMIT_MS - 10_000);
    all.cluster.create('pods', pod('a'));
    await until(() => informer.lister.list().length === 1);
    stuck.holdEvents(true);
    all.cluster.create('pods', pod('b'));
    await pass(WATCH_QUIET_LIMIT_MS - 10_000);
    expect([stuck.watches, good.watches]).toEqual([1, 0]);
    await pass(10_000);
    await until(() => stuck.watches === 0);
    while (informer.lister.list().length < 2) {
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(good.watches).toBe(1);
    stop.abort();
  });

  it('sees objects enter and leave its selection', async () => {
    const all = await setup(1);
    const { log, started, stop } = follow(all, { labelSelector: 'app=web', fieldSelector: 'spec.nodeName=n1' });
    await started;
    all.cluster.create('pods', pod('a', { app: 'web' }));
    all.cluster.patch('pods', 'default', 'a', { spec: { nodeName: 'n1' } });
    all.cluster.patch('pods', 'default', 'a', { metadata: { labels: { app: 'db' } } });
    await until(() => log.length === 2);
    expect(log).toEqual(['added a@102', 'deleted a@103']);
    stop.abort();
  });

  it('tells handlers that come later what is there, and survives one that throws', async () => {
    const all = await setup(1);
    all.cluster.create('pods', pod('a'));
    const { informer, log, started, stop } = follow(all);
    await started;
    const late: string[] = [];
    informer.addHandlers({
      added: (one) => {
        late.push(one.metadata.name);
        throw new Error('a handler is broken');
      },
    });
    all.cluster.create('pods', pod('b'));
    await until(() => late.length === 2 && log.length === 2);
    expect(late).toEqual(['a', 'b']);
    stop.abort();
  });

  it('tells handlers nothing once their signal aborted', async () => {
    const all = await setup(1);
    const { informer, log, started, stop } = follow(all);
    await started;
    const heard: string[] = [];
    const enough = new AbortController();
    informer.addHandlers({ added: (one) => heard.push(one.metadata.name) }, enough.signal);
    all.cluster.create('pods', pod('a'));
    await until(() => log.length === 1);
    enough.abort();
    all.cluster.create('pods', pod('b'));
    await until(() => log.length === 2);
    expect(heard).toEqual(['a']);
    stop.abort();
  });

  it('finds objects by its indexes, and freezes them', async () => {
    const all = await setup(1);
    all.cluster.create('pods', pod('a', { app: 'web' }));
    all.cluster.create('pods', pod('b', { app: 'db' }));
    const byApp = (one: Pod) => [one.metadata?.labels?.['app'] ?? ''];
    const { informer, started, stop } = follow(all, { indexes: { byApp } });
    await started;
    const [found] = informer.lister.byIndex('byApp', 'web');
    expect(found?.metadata.name).toBe('a');
    expect(() => Object.assign(found?.metadata ?? {}, { name: 'other' })).toThrow(TypeError);
    expect(informer.lister.list('default').length).toBe(2);
    expect(informer.lister.list('other')).toEqual([]);
    stop.abort();
  });
});

describe('an informer factory', () => {
  it('opens one watch per selection, however many ask', async () => {
    const all = await setup(1);
    all.cluster.create('pods', pod('a', { app: 'web' }));
    const stop = new AbortController();
    const factory = createInformerFactory({
      client: all.client,
      clock: systemClock(),
      logger: silentLogger,
      random: prng(3),
    });
    const first = factory.informer(PODS);
    const second = factory.informer(PODS, { indexes: { name: (one) => [one.metadata?.name ?? ''] } });
    const other = factory.informer(PODS, { labelSelector: 'app=db' });
    await factory.start(stop.signal);
    expect(at(all.servers, 0).watches).toBe(2);
    expect(first).toBe(second);
    expect(first.lister.byIndex('name', 'a').length).toBe(1);
    expect(other.lister.list()).toEqual([]);
    stop.abort();
  });
});
