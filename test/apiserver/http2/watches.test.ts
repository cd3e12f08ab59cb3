// Watches that share a connection: each at its own pace, each ended by its own client alone, and none of them for the others.
import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Http2StreamedAnswer } from '../../../src/apiserver/http/http2/streamed-answer.ts';
import { WATCH_BUDGET_BYTES } from '../../../src/apiserver/limits.ts';
import { httpTransport } from '../../../src/apiserver/watch/transport.ts';
import { CONFIG_MAPS, configMap, PODS, pod } from '../harness.ts';
import { createPairs } from './pairs.ts';
import { bodyOf, codeOf, ERROR, FLAG, FRAME, frameClient, get, isHeaders, isReset, rstStream } from './raw-frames.ts';
import { ask, connected, type Served, serveHttp2, until } from './served.ts';

const BIG_BYTES = 900_000;

let served: Served;
let session: ClientHttp2Session;

beforeEach(async () => {
  served = await serveHttp2();
  session = await served.session();
});
afterEach(() => served.close());

interface Watcher {
  readonly stream: ClientHttp2Stream;
  /** Names of the objects of its events, in order. */
  readonly names: readonly string[];
  readonly types: readonly string[];
}

async function watch(of: ClientHttp2Session, target: string): Promise<Watcher> {
  const stream = of.request({ ':path': target });
  stream.on('error', () => {});
  const names: string[] = [];
  const types: string[] = [];
  let held = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = `${held}${text}`.split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      const event = JSON.parse(line) as { type: string; object: { metadata: { name?: string } } };
      types.push(event.type);
      names.push(event.object.metadata.name ?? '');
    }
  });
  const [headers] = await once(stream, 'response');
  expect(headers[':status']).toBe(200);
  return { stream, names, types };
}

function closed(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => void stream.once('close', () => resolve()));
}

async function create(target: string, body: unknown): Promise<void> {
  expect((await ask(session, 'POST', target, { body })).status).toBe(201);
}

async function metric(name: string): Promise<string[]> {
  const { text } = await ask(session, 'GET', '/metrics');
  return text.split('\n').filter((line) => line.startsWith(name));
}

const NOW = 'watch=true&resourceVersion=1';

describe('a hundred watches on one connection', () => {
  it('see what happens at once, though one of them is slow, which alone is ended when too much waits for it', async () => {
    const other = await served.session();
    const slow = await watch(other, `${CONFIG_MAPS}?${NOW}&fieldSelector=metadata.name!%3Dkube-root-ca.crt`);
    const quick = await watch(other, `${CONFIG_MAPS}?${NOW}&fieldSelector=metadata.name!%3Dkube-root-ca.crt`);
    const pods = await Promise.all(Array.from({ length: 98 }, () => watch(other, `${PODS}?${NOW}`)));
    await until(() => served.watches() === 100);
    slow.stream.pause();
    let created = 0;
    for (; created * BIG_BYTES < WATCH_BUDGET_BYTES / 4; created++)
      await create(CONFIG_MAPS, configMap(`big-${created}`, { a: 'x'.repeat(BIG_BYTES) }));
    await create(PODS, pod('while-one-is-slow'));
    await until(() => quick.names.length === created && pods.every(({ names }) => names.length === 1));
    // What waits for it comes when it reads on.
    expect(slow.names.length).toBe(0);
    slow.stream.resume();
    await until(() => slow.names.length === created);
    slow.stream.pause();
    const ended = closed(slow.stream);
    for (let more = 0; served.watches() === 100; more++, created++) {
      expect(more * BIG_BYTES).toBeLessThan(2 * WATCH_BUDGET_BYTES);
      await create(CONFIG_MAPS, configMap(`big-${created}`, { a: 'x'.repeat(BIG_BYTES) }));
    }
    await ended;
    expect(slow.stream.rstCode).toBe(ERROR.internal);
    expect(await metric('apiserver_terminated_watchers_total')).toEqual([expect.stringMatching(/reason="slow".* 1$/)]);
    await create(PODS, pod('after-it'));
    await until(() => pods.every(({ names }) => names.at(-1) === 'after-it'));
    await until(() => quick.names.length === created);
    expect([served.watches(), other.destroyed]).toEqual([99, false]);
  });
});

describe('a watch', () => {
  it('ends at once when its client resets it, and the others go on', async () => {
    const first = await watch(session, `${PODS}?${NOW}`);
    const second = await watch(session, `${PODS}?${NOW}`);
    await until(() => served.watches() === 2);
    expect(await metric('apiserver_longrunning_requests{')).toEqual([expect.stringMatching(/ 2$/)]);
    first.stream.close(ERROR.cancel);
    await until(() => served.watches() === 1);
    await create(PODS, pod('seen'));
    await until(() => second.names.length === 1);
    expect(await metric('apiserver_longrunning_requests{')).toEqual([expect.stringMatching(/ 1$/)]);
  });

  it.each([ERROR.none, ERROR.cancel, ERROR.internal])('ends with any reset, also %i', async (code) => {
    const client = await frameClient(served.port);
    client.send(get(1, `${PODS}?${NOW}`));
    await until(() => served.watches() === 1);
    client.send(rstStream(1, code));
    await until(() => served.watches() === 0);
    client.socket.destroy();
  });

  it('ends with its connection', async () => {
    const other = await served.session();
    await watch(other, `${PODS}?${NOW}`);
    await watch(other, `${CONFIG_MAPS}?${NOW}`);
    await until(() => served.watches() === 2);
    other.destroy();
    await until(() => served.watches() === 0);
  });

  it('ends in good order when its time is over', async () => {
    const { stream, types } = await watch(session, `${PODS}?${NOW}&timeoutSeconds=1&allowWatchBookmarks=true`);
    await once(stream, 'close');
    expect([stream.rstCode, types]).toEqual([ERROR.none, ['BOOKMARK']]);
    expect(served.watches()).toBe(0);
  });

  it('begins with what is there', async () => {
    await create(PODS, pod('a'));
    await create(PODS, pod('b'));
    const { names, types } = await watch(
      session,
      `${PODS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    await until(() => types.length === 3);
    expect([names.slice(0, 2), types]).toEqual([
      ['a', 'b'],
      ['ADDED', 'ADDED', 'BOOKMARK'],
    ]);
  });

  it('is refused with a Status', async () => {
    const { status, body } = await ask(session, 'GET', `${PODS}?watch=true&resourceVersion=x`);
    expect([status, body.reason]).toEqual([400, 'BadRequest']);
  });

  it('has no body in the answer to HEAD', async () => {
    const { status, text } = await ask(session, 'HEAD', `${PODS}?watch=true&timeoutSeconds=1`);
    expect([status, text]).toEqual([200, '']);
  });
});

describe('the events of one round', () => {
  it('are one frame', async () => {
    const pairs = await createPairs();
    const { client } = await pairs.pair();
    client.send(get(1, '/'));
    const answer = (await pairs.request(0)).exchange.stream(200, { 'content-type': 'application/json' });
    expect(answer).toBeInstanceOf(Http2StreamedAnswer);
    const transport = httpTransport(answer);
    await client.frame(isHeaders(1));
    transport.send(['one\n', 'two\n', 'three\n'].map((line) => Buffer.from(line)));
    await transport.drained();
    transport.end();
    await client.frame(({ type, flags }) => type === FRAME.data && (flags & FLAG.endStream) !== 0);
    const frames = client.received.filter(({ type, payload }) => type === FRAME.data && payload.length > 0);
    expect(frames.map(({ payload }) => payload.toString())).toEqual(['one\ntwo\nthree\n']);
    pairs.close();
  });

  it('wait here, counted, while the client takes none of them', async () => {
    const pairs = await createPairs();
    const { client } = await pairs.pair();
    client.send(get(1, '/'));
    const transport = httpTransport((await pairs.request(0)).exchange.stream(200, {}));
    let isClosed = false;
    transport.onClosed(() => {
      isClosed = true;
    });
    const events = Array.from({ length: 10 }, () => Buffer.alloc(100_000, 'x'));
    for (const event of events) transport.send([event]);
    await client.frame(({ type }) => type === FRAME.data);
    expect(transport.pendingBytes()).toBe(1_000_000);
    transport.destroy();
    expect(codeOf(await client.frame(isReset(1)))).toBe(ERROR.internal);
    await until(() => isClosed);
    expect(bodyOf(client, 1).length).toBeLessThan(100_000);
    pairs.close();
  });
});

describe('informers', () => {
  const RESOURCES = [
    ...['pods', 'configmaps', 'services', 'nodes', 'endpoints', 'secrets', 'events', 'serviceaccounts'].map(
      (name) => `/api/v1/${name}`,
    ),
    ...['deployments', 'replicasets'].map((name) => `/apis/apps/v1/${name}`),
  ];

  interface Reflected {
    /** Names of what changed. */
    readonly seen: string[];
    /** Watches, one after another. */
    begun: number;
  }

  /** Lists, watches, and resumes where its watch ended, as reflectors do. */
  async function reflect(of: ClientHttp2Session, target: string, reflected: Reflected): Promise<void> {
    const { body } = await ask(of, 'GET', `${target}?limit=500`);
    let revision: string = body.metadata.resourceVersion;
    for (let round = 0; !of.destroyed; round++) {
      reflected.begun += 1;
      const query = `watch=true&resourceVersion=${revision}&timeoutSeconds=${round === 0 ? 1 : 60}`;
      const stream = of.request({ ':path': `${target}?${query}&allowWatchBookmarks=true` });
      stream.on('error', () => {});
      stream.setEncoding('utf8');
      let text = '';
      stream.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          const { type, object } = JSON.parse(text.slice(0, end));
          text = text.slice(end + 1);
          revision = object.metadata.resourceVersion;
          if (type !== 'BOOKMARK') reflected.seen.push(object.metadata.name);
        }
      });
      await closed(stream);
    }
  }

  it('of ten resources need one connection, also when their watches are resumed', async () => {
    let connections = 0;
    const gate = createServer((socket) => {
      connections += 1;
      const upstream = connect(served.port, '127.0.0.1');
      socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
      upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    gate.listen(0, '127.0.0.1');
    await once(gate, 'listening');
    const one = await connected(`https://127.0.0.1:${(gate.address() as AddressInfo).port}`);
    const all = RESOURCES.map((): Reflected => ({ seen: [], begun: 0 }));
    const reflectors = RESOURCES.map((target, at) => reflect(one, target, all[at] ?? { seen: [], begun: 0 }));
    await until(() => all.every(({ begun }) => begun === 2) && served.watches() === 10);
    await create(PODS, pod('seen'));
    await create(CONFIG_MAPS, configMap('seen-too'));
    await until(() => all[0]?.seen.includes('seen') === true && all[1]?.seen.includes('seen-too') === true);
    expect([connections, all[0]?.seen]).toEqual([1, ['seen']]);
    one.destroy();
    await Promise.all(reflectors);
    gate.close();
  });
});
