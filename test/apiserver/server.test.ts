// The server around the API: sockets, health, discovery, documents, logs of containers, starting and stopping.
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, createApiServer } from '../../src/apiserver/index.ts';
import { systemClock, UserError } from '../../src/lib/index.ts';
import { createMemoryStore, type ObjectStore } from '../../src/store/index.ts';
import { CONFIG_MAPS, configMap, PODS, pod, testApi, testOptions } from './harness.ts';

describe('discovery', () => {
  it('lists groups, versions and resources in the old form', async () => {
    const api = await testApi();
    expect((await api.call('GET', '/api')).body.versions).toEqual(['v1']);
    expect((await api.call('GET', '/apis')).body.groups.map(({ name }: { name: string }) => name)).toContain('apps');
    expect((await api.call('GET', '/apis/apps')).body.preferredVersion.version).toBe('v1');
    const { resources } = (await api.call('GET', '/api/v1')).body;
    expect(resources.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['pods', 'pods/log']));
  });

  it('is aggregated for those who ask, and not repeated for those who have it', async () => {
    const api = await testApi();
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const first = await api.call('GET', '/apis', undefined, { accept });
    expect(first.body.kind).toBe('APIGroupDiscoveryList');
    const again = await api.call('GET', '/apis', undefined, {
      accept,
      'if-none-match': first.headers.get('etag') ?? '',
    });
    expect(again.status).toBe(304);
    expect(again.text).toBe('');
  });

  it('names OpenAPI documents by their hash, for good', async () => {
    const api = await testApi();
    const { paths } = (await api.call('GET', '/openapi/v3')).body;
    const url: string = paths['apis/apps/v1'].serverRelativeURL;
    const document = await api.call('GET', url);
    expect(document.body.components.schemas).toHaveProperty(['io.k8s.api.apps.v1.Deployment']);
    expect(document.headers.get('cache-control')).toContain('immutable');
    expect((await api.call('GET', url.replace(/hash=.*/, 'hash=OLD'))).status).toBe(301);
    expect((await api.call('GET', '/openapi/v2')).body.swagger).toBe('2.0');
  });

  it('serves version, metrics and the status of the member', async () => {
    const api = await testApi();
    await api.call('GET', PODS);
    expect((await api.call('GET', '/version')).body.gitVersion).toMatch(/^v1\.36\.\d+\+quorate$/);
    expect((await api.call('GET', '/metrics')).text).toMatch(
      /apiserver_request_total\{[^}]*resource="pods"[^}]*code="200"[^}]*\} 1/,
    );
    expect((await api.call('GET', '/quorate/v1/status')).body).toMatchObject({ id: 'm1', ready: true });
    expect((await api.call('GET', '/readyz?verbose')).text).toContain('readyz check passed');
  });

  it('tells of each health check, and which ones were left out', async () => {
    const api = await testApi();
    const text = async (path: string): Promise<string> => (await api.call('GET', path)).text;
    expect(await text('/livez?exclude=ping')).toBe('ok');
    expect(await text('/readyz?verbose&exclude=ping&exclude=none')).toBe(
      [
        '[+]ping excluded: ok',
        '[+]store ok',
        '[+]shutdown ok',
        'warn: some health checks cannot be excluded: no matches for "none"',
        'readyz check passed',
        '',
      ].join('\n'),
    );
    expect((await api.call('GET', '/readyz/none')).status).toBe(404);
  });
});

let store: ObjectStore;
let server: ApiServer;
let url: string;

function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

describe('a listening server', () => {
  beforeEach(async () => {
    const clock = systemClock();
    store = createMemoryStore({ clock });
    await store.start();
    server = createApiServer(
      testOptions(store, {
        clock,
        listen: [
          { host: '127.0.0.1', port: 0 },
          { host: '127.0.0.1', port: 0 },
        ],
      }),
    );
    const started = await server.start();
    url = started.url;
    expect(new Set(started.urls).size).toBe(2);
    while ((await get('/api/v1/namespaces/default/endpoints/kubernetes')).status === 404)
      await new Promise(setImmediate);
  });
  afterEach(() => server.stop());

  it('says which address is taken, and what to do', async () => {
    const { port } = new URL(url);
    const second = createApiServer(testOptions(store, { listen: [{ host: '127.0.0.1', port: Number(port) }] }));
    await expect(second.start()).rejects.toBeInstanceOf(UserError);
  });

  it('compresses what is large for those who take it', async () => {
    await post(CONFIG_MAPS, configMap('big', { a: 'x'.repeat(300_000) }));
    const plain = await get(`${CONFIG_MAPS}/big`);
    const small = await get(`${CONFIG_MAPS}/big`, { 'accept-encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBe('gzip');
    expect(small.bytes.length).toBeLessThan(plain.bytes.length / 10);
    expect(gunzipSync(small.bytes).equals(plain.bytes)).toBe(true);
  });

  it('takes a path as it was sent: two dots never name what is above them', async () => {
    await post('/api/v1/namespaces', { metadata: { name: 'kept' } });
    const above = await get('/api/v1/namespaces/kept/pods/..', {}, 'DELETE');
    const escaped = await get('/api/v1/namespaces/kept/pods/%2e%2e', {}, 'DELETE');
    expect([above.status, escaped.status]).toEqual([400, 400]);
    const kept = JSON.parse((await get('/api/v1/namespaces/kept')).bytes.toString());
    expect(kept.metadata.deletionTimestamp).toBeUndefined();
  });

  it('stops once however often it is told to, and serves no one after', async () => {
    await get('/version');
    await Promise.all([server.stop(), server.stop()]);
    await expect(get('/version')).rejects.toThrow();
  });

  it('finishes what is under way when it stops, and says that the connection ends with it', async () => {
    const agent = new Agent({ keepAlive: true });
    const body = JSON.stringify(configMap('late', {}));
    const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' };
    const sent = request(url, { path: CONFIG_MAPS, method: 'POST', headers, agent });
    const answered = once(sent, 'response');
    // The server has the request, and waits for its body.
    const waits = once(sent, 'continue');
    sent.flushHeaders();
    await waits;
    const stopped = server.stop();
    sent.end(body);
    const [answer] = (await answered) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.connection).toBe('close');
    await stopped;
    agent.destroy();
  });

  describe('with a kubelet', () => {
    let kubelet: Server;
    let asked: string[];
    beforeEach(async () => {
      asked = [];
      kubelet = createServer((incoming, outgoing) => {
        asked.push(incoming.url ?? '');
        if ((incoming.url ?? '').includes('/waiting/')) {
          outgoing.writeHead(400).end('container "c" in pod "waiting" is waiting to start: ContainerCreating');
          return;
        }
        outgoing.writeHead(200, { 'content-type': 'text/plain' });
        outgoing.write('one\n');
        outgoing.end('two\n');
      });
      await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
      const { port } = kubelet.address() as AddressInfo;
      const status = {
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: port } },
      };
      await post('/api/v1/nodes', { metadata: { name: 'n' }, status });
      await fetch(`${url}/api/v1/nodes/n/status`, {
        method: 'PATCH',
        body: JSON.stringify({ status }),
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    });
    afterEach(() => {
      kubelet.close();
    });

    it('passes on the log of a container and the options that were asked', async () => {
      await post(PODS, pod('p', { nodeName: 'n' }));
      const log = await get(`${PODS}/p/log?tailLines=2&follow=true`);
      expect(log.bytes.toString()).toBe('one\ntwo\n');
      expect(asked).toEqual(['/containerLogs/default/p/c?follow=true&tailLines=2']);
    });

    it('passes on what the kubelet says against it as a bad request', async () => {
      await post(PODS, pod('waiting', { nodeName: 'n' }));
      const log = await get(`${PODS}/waiting/log`);
      expect(JSON.parse(log.bytes.toString())).toMatchObject({
        code: 400,
        message: 'container "c" in pod "waiting" is waiting to start: ContainerCreating',
      });
    });

    it('asks for a container where there are several', async () => {
      const two = [
        { name: 'a', image: 'b' },
        { name: 'c', image: 'b' },
      ];
      await post(PODS, pod('two', { nodeName: 'n', containers: two }));
      const log = await get(`${PODS}/two/log`);
      expect(JSON.parse(log.bytes.toString()).message).toBe(
        'a container name must be specified for pod two, choose one of: [a c]',
      );
    });
  });
});
