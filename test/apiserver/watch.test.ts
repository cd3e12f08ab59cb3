// Watches on real sockets: chunked HTTP and WebSocket, from now and from a revision, with bookmarks and to their end.
import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ApiServer } from '../../src/apiserver/index.ts';
import { createApiServer } from '../../src/apiserver/index.ts';
import { WATCH_PAUSE_MAX_MS } from '../../src/apiserver/limits.ts';
import { systemClock } from '../../src/lib/index.ts';
import { createMemoryStore, type ObjectStore } from '../../src/store/index.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { CONFIG_MAPS, configMap, testOptions } from './harness.ts';

interface Event {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: events carry objects of every kind
  readonly object: any;
}

interface Stream {
  next(): Promise<Event | undefined>;
  close(): void;
  /** Resolves when the server has heard everything that the client has said so far. */
  settle(): Promise<void>;
}

let server: ApiServer;
let store: ObjectStore;
let url: string;
let clock: ManualClock;

beforeEach(async () => {
  clock = manualClock();
  store = createMemoryStore({ clock: systemClock() });
  await store.start();
  server = createApiServer(testOptions(store, { clock }));
  ({ url } = await server.start());
  while ((await call('GET', '/api/v1/namespaces/default/endpoints/kubernetes')).code === 404)
    await new Promise(setImmediate);
  // Tests count config maps: the namespace's own is out of their way.
  await call('DELETE', `${CONFIG_MAPS}/kube-root-ca.crt`);
});
afterEach(async () => {
  await server.stop();
  await store.stop();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of every kind
async function call(method: string, path: string, body?: unknown): Promise<any> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  // Watchers are written to in rounds: the next one is due.
  clock.advance(WATCH_PAUSE_MAX_MS);
  return response.json();
}

/** A queue between a stream's callbacks and a test that awaits. */
function queue(): { push(event: Event): void; end(): void; next(): Promise<Event | undefined> } {
  const events: (Event | undefined)[] = [];
  const waiting: ((event: Event | undefined) => void)[] = [];
  const put = (event: Event | undefined): void => {
    const resolve = waiting.shift();
    if (resolve === undefined) events.push(event);
    else resolve(event);
  };
  return {
    push: put,
    end: () => put(undefined),
    next: () => (events.length > 0 ? Promise.resolve(events.shift()) : new Promise((resolve) => waiting.push(resolve))),
  };
}

function httpWatch(path: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${path}`, (response) => {
      const events = queue();
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) events.push(JSON.parse(line) as Event);
      });
      response.on('end', events.end);
      response.on('error', () => {});
      resolve({ next: events.next, close: () => request.destroy(), settle: async () => {} });
    });
    request.on('error', reject);
    request.end();
  });
}

function socketWatch(path: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`);
    const events = queue();
    socket.on('message', (data) => events.push(JSON.parse(String(data)) as Event));
    socket.on('close', events.end);
    socket.on('open', () =>
      resolve({ next: events.next, close: () => socket.close(), settle: () => settleSocket(socket) }),
    );
    socket.on('error', reject);
  });
}

/** The first round trip brings the server's pings here, the second one our answers there. */
async function settleSocket(socket: WebSocket): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await new Promise<void>((resolve) => {
      socket.once('pong', () => resolve());
      socket.ping();
    });
  }
}

/** Lets time pass in steps short enough for the pings of WebSockets to be answered. */
async function pass(stream: Stream, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 10) {
    clock.advance(10_000);
    if (left > 10) await stream.settle();
  }
}

describe.each([
  ['HTTP', httpWatch],
  ['WebSocket', socketWatch],
])('a watch over %s', (_name, watch) => {
  it('begins with what is there, and tells each change in order', async () => {
    await call('POST', CONFIG_MAPS, configMap('a'));
    const stream = await watch(`${CONFIG_MAPS}?watch=true`);
    expect(await stream.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    const created = await call('POST', CONFIG_MAPS, configMap('b'));
    expect(await stream.next()).toEqual({ type: 'ADDED', object: created });
    const updated = await call('PUT', `${CONFIG_MAPS}/b`, { ...configMap('b'), data: { k: 'v' } });
    expect(await stream.next()).toEqual({ type: 'MODIFIED', object: updated });
    await call('DELETE', `${CONFIG_MAPS}/b`);
    const deleted = await stream.next();
    expect(deleted).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'b' }, data: { k: 'v' } } });
    expect(Number(deleted?.object.metadata.resourceVersion)).toBeGreaterThan(Number(updated.metadata.resourceVersion));
    stream.close();
  });

  it('goes on after a revision', async () => {
    const first = await call('POST', CONFIG_MAPS, configMap('a'));
    await call('POST', CONFIG_MAPS, configMap('b'));
    const stream = await watch(`${CONFIG_MAPS}?watch=true&resourceVersion=${first.metadata.resourceVersion}`);
    expect(await stream.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    stream.close();
  });

  it('marks the end of the initial events', async () => {
    await call('POST', CONFIG_MAPS, configMap('a'));
    const query =
      'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=x';
    const stream = await watch(`${CONFIG_MAPS}?${query}`);
    const event = await stream.next();
    expect(event).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    expect(Number(event?.object.metadata.resourceVersion)).toBe(store.status().revision);
    stream.close();
  });

  it('shows objects that enter and leave the selection as added and deleted', async () => {
    const stream = await watch(`${CONFIG_MAPS}?watch=true&labelSelector=in%3Dyes`);
    await call('POST', CONFIG_MAPS, configMap('a'));
    await call('PUT', `${CONFIG_MAPS}/a`, configMap('a', {}, { in: 'yes' }));
    expect(await stream.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    await call('PUT', `${CONFIG_MAPS}/a`, configMap('a', {}, { in: 'no' }));
    expect(await stream.next()).toMatchObject({ type: 'DELETED', object: { metadata: { labels: { in: 'yes' } } } });
    stream.close();
  });

  it('sends a bookmark each minute and before its end', async () => {
    const stream = await watch(
      `${CONFIG_MAPS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=90&labelSelector=none`,
    );
    await call('POST', CONFIG_MAPS, configMap('a'));
    await pass(stream, 60);
    const first = await stream.next();
    expect(first).toMatchObject({ type: 'BOOKMARK' });
    expect(Number(first?.object.metadata.resourceVersion)).toBe(store.status().revision);
    await pass(stream, 30);
    expect(await stream.next()).toMatchObject({ type: 'BOOKMARK' });
    expect(await stream.next()).toBeUndefined();
  });

  it('ends when the server stops', async () => {
    const stream = await watch(`${CONFIG_MAPS}?watch=true&labelSelector=none`);
    await server.stop();
    expect(await stream.next()).toBeUndefined();
  });
});

describe('a watch', () => {
  it('of one object tells of that object alone', async () => {
    await call('POST', CONFIG_MAPS, configMap('web-1'));
    await call('POST', CONFIG_MAPS, configMap('web'));
    const stream = await httpWatch(`${CONFIG_MAPS}/web?watch=true`);
    expect(await stream.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'web' } } });
    await call('DELETE', `${CONFIG_MAPS}/web-1`);
    await call('DELETE', `${CONFIG_MAPS}/web`);
    expect(await stream.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'web' } } });
    stream.close();
  });

  it('that cannot be opened over WebSocket answers its Status', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/widgets?watch=true`);
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => {});
    });
    expect(status).toBe(404);
  });
});
