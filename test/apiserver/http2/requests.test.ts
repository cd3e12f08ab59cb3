// Requests over HTTP/2 are answered as over HTTP/1.1: the same statuses, bodies, limits and refusals, many at a time.
import { once } from 'node:events';
import { type ClientHttp2Session, constants } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, configMap } from '../harness.ts';
import { rawClient, requestText } from '../wire/raw-client.ts';
import { answerOf, ask, type Served, serveHttp2, until } from './served.ts';

let served: Served;
let session: ClientHttp2Session;

beforeEach(async () => {
  served = await serveHttp2();
  session = await served.session();
});
afterEach(() => served.close());

describe('the protocol of a connection', () => {
  async function agreed(ALPNProtocols: string[] | undefined): Promise<string | false | null> {
    const offer = ALPNProtocols === undefined ? {} : { ALPNProtocols };
    const socket = connectTls({ host: '127.0.0.1', port: served.port, rejectUnauthorized: false, ...offer });
    await once(socket, 'secureConnect');
    socket.destroy();
    return socket.alpnProtocol;
  }

  it.each([
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1', 'h2'], 'h2'],
    [['h2'], 'h2'],
    [['http/1.1'], 'http/1.1'],
    [undefined, false],
  ])('is agreed on before the first byte: %j is %s', async (offered, protocol) => {
    expect(await agreed(offered)).toBe(protocol);
  });

  it('is HTTP/1.1 for a client that offers nothing', async () => {
    const client = await rawClient(served.url);
    client.send(requestText('GET', '/version'));
    const { status, headers } = await client.answer();
    expect([status, headers.get('connection')]).toEqual([200, 'keep-alive']);
    client.socket.destroy();
  });
});

describe('requests on one connection', () => {
  it('create, read, update, patch, list and delete', async () => {
    const name = `${CONFIG_MAPS}/a`;
    const made = await ask(session, 'POST', CONFIG_MAPS, { body: configMap('a', { key: 'one' }) });
    expect([made.status, made.body.data.key]).toEqual([201, 'one']);
    const read = await ask(session, 'GET', name);
    expect([read.status, read.text]).toEqual([200, made.text]);
    const put = await ask(session, 'PUT', name, { body: { ...read.body, data: { key: 'two' } } });
    expect([put.status, put.body.data.key]).toEqual([200, 'two']);
    const patched = await ask(session, 'PATCH', name, {
      body: { data: { more: 'x' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect([patched.status, patched.body.data]).toEqual([200, { key: 'two', more: 'x' }]);
    const list = await ask(session, 'GET', `${CONFIG_MAPS}?fieldSelector=metadata.name%3Da`);
    expect(list.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['a']);
    expect((await ask(session, 'DELETE', name)).status).toBe(200);
    expect((await ask(session, 'GET', name)).status).toBe(404);
  });

  it('are answered with the headers of HTTP/1.1, but for what is about its connection', async () => {
    await ask(session, 'POST', CONFIG_MAPS, { body: configMap('a') });
    const client = await rawClient(served.url);
    client.send(requestText('GET', `${CONFIG_MAPS}/a`));
    const old = await client.answer();
    client.socket.destroy();
    const { headers } = await ask(session, 'GET', `${CONFIG_MAPS}/a`);
    const names = Object.keys(headers).filter((name) => !name.startsWith(':'));
    expect(names.sort()).toEqual(
      [...old.headers.keys()].filter((name) => !/^(connection|keep-alive)$/.test(name)).sort(),
    );
    for (const name of names.filter((each) => each !== 'audit-id' && each !== 'date'))
      expect([name, headers[name]]).toEqual([name, old.headers.get(name)]);
  });

  it('may be under way by the hundred', async () => {
    const names = Array.from({ length: 150 }, (_, at) => `c${at}`);
    const answers = await Promise.all(
      names.map((name) => ask(session, 'POST', CONFIG_MAPS, { body: configMap(name, { name }) })),
    );
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    const read = await Promise.all(names.map((name) => ask(session, 'GET', `${CONFIG_MAPS}/${name}`)));
    expect(read.map(({ body }) => body.data.name)).toEqual(names);
  });

  it('are refused with a Status', async () => {
    const { status, body } = await ask(session, 'GET', `${CONFIG_MAPS}/missing`);
    expect(status).toBe(404);
    expect(body).toMatchObject({
      kind: 'Status',
      code: 404,
      reason: 'NotFound',
      message: 'configmaps "missing" not found',
    });
    const bad = await ask(session, 'POST', CONFIG_MAPS, { body: '{' });
    expect([bad.status, bad.body.reason]).toEqual([400, 'BadRequest']);
  });

  it('have no body in the answer to HEAD', async () => {
    await ask(session, 'POST', CONFIG_MAPS, { body: configMap('a') });
    for (const [target, status] of [
      [`${CONFIG_MAPS}/a`, 200],
      [CONFIG_MAPS, 200],
      [`${CONFIG_MAPS}/missing`, 404],
    ] as const) {
      const head = await ask(session, 'HEAD', target);
      expect([head.status, head.text]).toEqual([status, '']);
      expect(head.headers['content-type']).toBe('application/json');
    }
    expect((await ask(session, 'GET', '/readyz')).text).toBe('ok');
  });

  it('take a path as it was sent', async () => {
    await ask(session, 'POST', '/api/v1/namespaces', { body: { metadata: { name: 'kept' } } });
    for (const target of ['/api/v1/namespaces/kept/pods/..', '/api/v1/namespaces/kept/pods/%2e%2e'])
      expect((await ask(session, 'DELETE', target)).status).toBe(400);
    const kept = await ask(session, 'GET', '/api/v1/namespaces/kept');
    expect(kept.body.metadata.deletionTimestamp).toBeUndefined();
  });

  it('are cancelled at once when their client gives them up', async () => {
    let waits = 0;
    let aborted = 0;
    served.store.readBarrier = (signal) =>
      new Promise((_, reject) => {
        waits += 1;
        signal.addEventListener('abort', () => {
          aborted += 1;
          reject(new Error('nobody waits any more'));
        });
      });
    const [given, kept] = [session.request({ ':path': CONFIG_MAPS }), session.request({ ':path': CONFIG_MAPS })];
    for (const stream of [given, kept]) stream.on('error', () => {});
    await until(() => waits === 2);
    given.close(constants.NGHTTP2_CANCEL);
    await until(() => aborted > 0);
    expect((await ask(session, 'GET', '/livez')).text).toBe('ok');
    expect([aborted, kept.closed]).toEqual([1, false]);
  });

  it.each([
    ['OPTIONS', '*', 400],
    ['OPTIONS', 'x', 'reset'],
    ['GET', '*', 'reset'],
    ['GET', 'https://x/version', 'reset'],
  ])('%s of %j, which is no path, are refused', async (method, target, refused) => {
    const { status } = await ask(session, method, target).catch(() => ({ status: 'reset' }));
    expect(status).toBe(refused);
    expect((await ask(session, 'GET', '/readyz')).status).toBe(200);
  });
});

describe('the body of a request', () => {
  it('may be a megabyte, back and forth', async () => {
    const large = 'x'.repeat(1_000_000);
    expect((await ask(session, 'POST', CONFIG_MAPS, { body: configMap('large', { large }) })).status).toBe(201);
    expect((await ask(session, 'GET', `${CONFIG_MAPS}/large`)).body.data.large).toBe(large);
  });

  it.each([
    ['it says so', true],
    ['it turns out to be', false],
  ])('is refused as too large when %s, and the connection goes on', async (_how, says) => {
    const body = JSON.stringify(configMap('huge', { a: 'x'.repeat(4_000_000) }));
    const headers: Record<string, string> = says ? { 'content-length': String(body.length) } : {};
    const { status, body: refusal } = await ask(session, 'POST', CONFIG_MAPS, { body, headers });
    expect([status, refusal.reason]).toEqual([413, 'RequestEntityTooLarge']);
    expect((await ask(session, 'GET', '/readyz')).text).toBe('ok');
  });

  it('may have trailers, which are nothing', async () => {
    const stream = session.request(
      { ':method': 'POST', ':path': CONFIG_MAPS, 'content-type': 'application/json', te: 'trailers' },
      { endStream: false, waitForTrailers: true },
    );
    stream.once('wantTrailers', () => stream.sendTrailers({ 'content-type': 'text/plain', 'x-checksum': '1' }));
    stream.end(JSON.stringify(configMap('trailed')));
    expect((await answerOf(stream)).status).toBe(201);
  });

  it('is asked for when its client waits to be told', async () => {
    const stream = session.request(
      { ':method': 'POST', ':path': CONFIG_MAPS, 'content-type': 'application/json', expect: '100-continue' },
      { endStream: false },
    );
    await once(stream, 'continue');
    stream.end(JSON.stringify(configMap('expected')));
    expect((await answerOf(stream)).status).toBe(201);
  });
});
