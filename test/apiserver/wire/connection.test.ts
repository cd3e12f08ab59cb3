// Connections of a real server, byte by byte: answers come in order and in step, whatever is asked in whichever pieces, and
// nothing is begun that nobody is told of.
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServingTls } from '../../../src/apiserver/index.ts';
import { CONFIG_MAPS, configMap, PODS } from '../harness.ts';
import { clientOver, type RawAnswer, type RawClient, requestText } from './raw-client.ts';
import { type Served, serve, servingTls } from './served.ts';

const BIG_BYTES = 900_000;
const NOT_THERE = '/nowhere';
/** More than the server takes of a body: refused by what the client says of it. */
const TOO_LARGE_BYTES = 4_000_000;

function bodyOf(name: string, bytes = 1): string {
  return JSON.stringify(configMap(name, { a: 'x'.repeat(bytes) }));
}

function create(name: string, headers: readonly string[] = []): string {
  return requestText('POST', CONFIG_MAPS, headers, bodyOf(name));
}

function get(target: string, headers: readonly string[] = []): string {
  return requestText('GET', target, headers);
}

function inChunks(name: string): string {
  const body = bodyOf(name);
  const head = requestText('POST', CONFIG_MAPS, ['Content-Type: application/json', 'Transfer-Encoding: chunked']);
  return `${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

/** A request whose body is announced, of which this much comes. */
function announced(bytes: number, begin: string, target = CONFIG_MAPS): string {
  return `${requestText('POST', target, ['Content-Type: application/json', `Content-Length: ${bytes}`])}${begin}`;
}

function nameIn({ body }: RawAnswer): string {
  return JSON.parse(body).metadata.name;
}

async function statuses(client: RawClient, ...methods: readonly string[]): Promise<number[]> {
  const all: number[] = [];
  for (const method of methods) all.push((await client.answer(method)).status);
  return all;
}

async function createBig(served: Served, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const made = await served.ask('POST', CONFIG_MAPS, configMap(`big-${at}`, { a: 'x'.repeat(BIG_BYTES) }));
    expect(made.status).toBe(201);
  }
}

/** Which of these names are in the store. */
function namesOf(served: Served, names: readonly string[]): readonly string[] {
  return names.filter((name) => served.has(name));
}

let served: Served;
let client: RawClient;

async function begin(tls?: ServingTls): Promise<void> {
  served = await serve(tls);
  client = await served.client();
}

describe.each(['HTTP', 'HTTPS'])('requests on a connection over %s', (protocol) => {
  beforeEach(async () => begin(protocol === 'HTTPS' ? await servingTls() : undefined));
  afterEach(() => served.close());

  it('are answered one after another, in order, however many come at once', async () => {
    const object = `${CONFIG_MAPS}/a`;
    const all = [create('a'), get(object), create('a'), requestText('DELETE', object), get(object), create('b')];
    client.send(`${all.join('')}${get('/version')}${get(NOT_THERE)}`);
    const methods = ['POST', 'GET', 'POST', 'DELETE', 'GET', 'POST', 'GET', 'GET'];
    expect(await statuses(client, ...methods)).toEqual([201, 200, 409, 200, 404, 201, 200, 404]);
  });

  it('are answered in order by the hundred', async () => {
    await served.ask('POST', CONFIG_MAPS, configMap('known'));
    const targets = Array.from({ length: 600 }, (_, at) => (at % 3 === 0 ? `${CONFIG_MAPS}/known` : '/readyz'));
    client.send(targets.map((target) => get(target)).join(''));
    for (const target of targets) {
      const { status, body } = await client.answer();
      expect([status, body === 'ok']).toEqual([200, target === '/readyz']);
    }
  });

  it('may have a body that comes in pieces', async () => {
    const text = create('pieces');
    const end = text.indexOf('\r\n\r\n') + 4;
    for (const piece of [text.slice(0, end), text.slice(end, end + 5), text.slice(end + 5, -1), text.slice(-1)]) {
      expect(served.has('pieces')).toBe(false);
      client.send(piece);
      await served.settle();
    }
    expect(nameIn(await client.answer())).toBe('pieces');
    client.send(get('/version'));
    expect((await client.answer()).status).toBe(200);
  });

  it('may have a body of a megabyte', async () => {
    client.send(`${requestText('POST', CONFIG_MAPS, [], bodyOf('large', 1_000_000))}${get(`${CONFIG_MAPS}/large`)}`);
    expect((await client.answer()).status).toBe(201);
    expect(JSON.parse((await client.answer()).body).data.a).toBe('x'.repeat(1_000_000));
  });

  it('may have a body whose end comes with the next request', async () => {
    const first = create('first');
    const second = create('second');
    client.send(first.slice(0, -20));
    await served.settle();
    client.send(`${first.slice(-20)}${get('/readyz')}${second.slice(0, -10)}`);
    await served.settle();
    client.send(`${second.slice(-10)}${get(`${CONFIG_MAPS}/second`)}`);
    expect(nameIn(await client.answer())).toBe('first');
    expect((await client.answer()).body).toBe('ok');
    expect(nameIn(await client.answer())).toBe('second');
    expect(nameIn(await client.answer())).toBe('second');
  });

  it('may come with heads in pieces', async () => {
    const text = create('head');
    client.send(`${get('/readyz')}${text.slice(0, 9)}`);
    expect((await client.answer()).body).toBe('ok');
    await served.settle();
    client.send(`${text.slice(9)}${get('/readyz')}`);
    expect(nameIn(await client.answer())).toBe('head');
    expect((await client.answer()).body).toBe('ok');
  });

  it.each([
    ['a body in chunks', inChunks('odd'), [201]],
    ['an expectation', create('odd', ['Expect: 100-continue']), [100, 201]],
    ['HTTP/1.0', get('/readyz', ['Connection: keep-alive']).replace('HTTP/1.1', 'HTTP/1.0'), [200]],
    ['an absolute target', 'GET http://x/version HTTP/1.1\r\nHost: x\r\n\r\n', [200]],
    ['a name that comes twice', get('/readyz', ['X-A: b', 'X-A: b']), [200]],
    ['an empty line before it', `\r\n${get('/readyz')}`, [200]],
  ])('may be unusual after others were not: %s', async (_what, unusual, expected) => {
    client.send(get('/readyz'));
    expect((await client.answer()).body).toBe('ok');
    client.send(unusual);
    expect(await statuses(client, ...expected.map(() => 'GET'))).toEqual(expected);
    client.send(create('after'));
    expect(nameIn(await client.answer('POST'))).toBe('after');
    client.send(`${get(`${CONFIG_MAPS}/after`)}${requestText('HEAD', '/version')}${get('/readyz')}`);
    expect(await statuses(client, 'GET', 'HEAD', 'GET')).toEqual([200, 200, 200]);
  });

  it.each([
    ['a body in chunks', inChunks('odd'), [201]],
    ['an expectation', create('odd', ['Expect: 100-continue']), [100, 201]],
    ['an absolute target', 'GET http://x/version HTTP/1.1\r\nHost: x\r\n\r\n', [200]],
  ])('may be unusual in the middle of others: %s', async (_what, unusual, expected) => {
    client.send(`${create('before')}${get(`${CONFIG_MAPS}/before`)}${unusual}${create('after')}${get('/readyz')}`);
    const methods = ['POST', 'GET', ...expected.map(() => 'POST'), 'POST', 'GET'];
    expect(await statuses(client, ...methods)).toEqual([201, 200, ...expected, 201, 200]);
  });

  it('may name a whole URL, as they do to a proxy', async () => {
    client.send('GET http://x/version HTTP/1.1\r\nHost: x\r\n\r\n');
    const { status, body } = await client.answer();
    expect(status).toBe(200);
    expect(JSON.parse(body)).toHaveProperty('gitVersion');
  });

  it.each(['OPTIONS * HTTP/1.1', 'GET version HTTP/1.1'])('name no resource: %s', async (line) => {
    client.send(`${line}\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const { status } = await client.head();
    expect([4, status]).toEqual([Math.floor(status / 100), status]);
    await client.gone();
    expect((await served.ask('GET', '/readyz')).status).toBe(200);
  });
});

describe.each(['HTTP', 'HTTPS'])('answers on a connection over %s', (protocol) => {
  beforeEach(async () => begin(protocol === 'HTTPS' ? await servingTls() : undefined));
  afterEach(() => served.close());

  it.each(['/version', '/metrics', NOT_THERE, CONFIG_MAPS, `${CONFIG_MAPS}/known`, `${CONFIG_MAPS}/unknown`])(
    'to HEAD %s have no body, and the next one is in step',
    async (target) => {
      await served.ask('POST', CONFIG_MAPS, configMap('known', { a: 'HTTP/1.1 200 OK\r\n\r\n' }));
      const expected = (await served.ask('GET', target)).status;
      client.send(requestText('HEAD', target));
      expect((await client.answer('HEAD')).status).toBe(expected);
      client.send(`${requestText('HEAD', target)}${get('/readyz')}`);
      expect((await client.answer('HEAD')).status).toBe(expected);
      expect((await client.answer()).body).toBe('ok');
    },
  );

  it('to HEAD of a watch have no body although there are events, and the next one is in step', async () => {
    await served.ask('POST', CONFIG_MAPS, configMap('known'));
    const watch = `${CONFIG_MAPS}?watch=1&resourceVersion=0&timeoutSeconds=1`;
    client.send(`${requestText('HEAD', watch)}${get('/readyz')}`);
    expect((await client.answer('HEAD')).status).toBe(200);
    await served.ask('POST', CONFIG_MAPS, configMap('seen'));
    expect((await client.answer()).body).toBe('ok');
  });

  it('that a client has already have no body, and the next one is in step', async () => {
    const accept = 'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    client.send(get('/apis', [accept]));
    const etag = (await client.answer()).headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    const again = get('/apis', [accept, `If-None-Match: ${etag}`]);
    client.send(`${again}${again}${get('/readyz')}`);
    expect(await statuses(client, 'GET', 'GET')).toEqual([304, 304]);
    expect((await client.answer()).body).toBe('ok');
  });

  it('given before the body has come leave the connection in step: what follows of the body is no request', async () => {
    const smuggled = create('smuggled');
    client.send(announced(TOO_LARGE_BYTES, smuggled));
    expect((await client.answer('POST')).status).toBe(413);
    client.send(`${smuggled.repeat(30)}${'x'.repeat(TOO_LARGE_BYTES - 31 * smuggled.length)}${create('after')}`);
    expect(nameIn(await client.answer('POST'))).toBe('after');
    expect(namesOf(served, ['smuggled', 'after'])).toEqual(['after']);
  });

  it('of a watch come as they happen, and its end is in step', async () => {
    client.send(`${get(`${CONFIG_MAPS}?watch=1&resourceVersion=0&timeoutSeconds=1`)}${get('/readyz')}`);
    expect((await client.head()).headers.get('transfer-encoding')).toBe('chunked');
    await served.ask('POST', CONFIG_MAPS, configMap('seen'));
    let text = '';
    for (let next = await client.chunk(); next !== ''; next = await client.chunk()) text += next;
    const names = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).object.metadata.name);
    expect(names).toContain('seen');
    expect((await client.answer()).body).toBe('ok');
  });
});

describe.each(['HTTP', 'HTTPS'])('a connection over %s that is to end', (protocol) => {
  beforeEach(async () => begin(protocol === 'HTTPS' ? await servingTls() : undefined));
  afterEach(() => served.close());

  it.each(['/readyz', '/version', NOT_THERE, PODS])(
    'ends with the answer to GET %s, and what is behind it is not done',
    async (target) => {
      client.send(`${get(target, ['Connection: close'])}${create('behind')}`);
      expect((await client.answer()).headers.get('connection')).toBe('close');
      expect(await client.rest()).toBe('');
      await served.settle();
      expect(served.has('behind')).toBe(false);
    },
  );

  it('ends with the answer to a request that changes something, and that is done', async () => {
    client.send(`${create('last', ['Connection: close'])}${create('behind')}`);
    const answer = await client.answer('POST');
    expect([answer.status, answer.headers.get('connection')]).toEqual([201, 'close']);
    expect(await client.rest()).toBe('');
    await served.settle();
    expect(namesOf(served, ['last', 'behind'])).toEqual(['last']);
  });

  it('takes no request any more while its last answer is still leaving', async () => {
    await createBig(served, 30);
    client.send(get(CONFIG_MAPS, ['Connection: close']));
    const { headers } = await client.head();
    client.send(create('behind').repeat(3));
    await served.settle();
    const rest = await client.rest();
    if (headers.has('content-length')) expect(rest.length).toBe(Number(headers.get('content-length')));
    else expect(rest.endsWith('\r\n0\r\n\r\n')).toBe(true);
    await served.settle();
    expect(served.has('behind')).toBe(false);
  });

  it('says all answers before the last, although the client takes them late', async () => {
    await createBig(served, 1);
    const big = get(`${CONFIG_MAPS}/big-0`);
    client.send(`${big.repeat(20)}${get('/readyz', ['Connection: close'])}`);
    await served.settle();
    client.send(create('behind'));
    await served.settle();
    for (let at = 0; at < 20; at++) expect((await client.answer()).body.length).toBeGreaterThan(BIG_BYTES);
    expect((await client.answer()).body).toBe('ok');
    expect(await client.rest()).toBe('');
    await served.settle();
    expect(served.has('behind')).toBe(false);
  });
});

/** Rounds of a request that changes something and an answer that is too large for a client that takes nothing. */
const BIG_ROUNDS = 60;
const rounds = Array.from({ length: BIG_ROUNDS }, (_, at) => `round-${at}`);

describe.each(['HTTP', 'HTTPS'])('a client over %s that does not take its answers', (protocol) => {
  beforeEach(async () => begin(protocol === 'HTTPS' ? await servingTls() : undefined));
  afterEach(() => served.close());

  it('has no further request of it begun, until it takes them', async () => {
    await createBig(served, 1);
    const big = get(`${CONFIG_MAPS}/big-0`);
    client.send(rounds.map((name) => `${create(name)}${big}`).join(''));
    await served.settle();
    // What the system holds for a connection that is not read is some megabytes.
    const begun = namesOf(served, rounds).length;
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThan(BIG_ROUNDS / 2);
    await served.settle();
    expect(namesOf(served, rounds)).toHaveLength(begun);
    for (const name of rounds) {
      expect(nameIn(await client.answer('POST'))).toBe(name);
      expect((await client.answer()).body.length).toBeGreaterThan(BIG_BYTES);
    }
    client.send(get('/readyz'));
    expect((await client.answer()).body).toBe('ok');
  });

  it('cannot send ahead without end', async () => {
    client.send(get(`${PODS}?watch=1`));
    expect((await client.head()).status).toBe(200);
    const { socket } = client;
    const sent = get('/readyz').repeat(1_000_000);
    client.send(sent);
    await served.settle();
    expect(socket.writableLength).toBeGreaterThan(0);
    expect((await served.ask('GET', '/readyz')).body).toBe('ok');
  });
});

describe.each(['HTTP', 'HTTPS'])('a server over %s that stops', (protocol) => {
  beforeEach(async () => begin(protocol === 'HTTPS' ? await servingTls() : undefined));
  afterEach(() => served.close());

  it('waits for no connection that is at rest', { timeout: 10_000 }, async () => {
    client.send(get('/readyz'));
    expect((await client.answer()).body).toBe('ok');
    await served.server.stop();
    expect(await client.rest()).toBe('');
  });

  it('waits for no connection that has not asked anything', { timeout: 10_000 }, async () => {
    await served.server.stop();
    expect(await client.rest()).toBe('');
  });

  it('waits for no body of a request that is answered', { timeout: 10_000 }, async () => {
    client.send(announced(TOO_LARGE_BYTES, 'abc'));
    expect((await client.answer('POST')).status).toBe(413);
    await served.server.stop();
    expect(await client.rest()).toBe('');
  });

  it('ends its watches in good order, and their connections with them', { timeout: 10_000 }, async () => {
    client.send(`${get(`${PODS}?watch=1`)}${create('behind')}`);
    expect((await client.head()).status).toBe(200);
    await served.server.stop();
    expect(await client.rest()).toBe('0\r\n\r\n');
    expect(served.has('behind')).toBe(false);
  });

  it('lets a request be finished whose body is on its way, and says that it is the last', {
    timeout: 10_000,
  }, async () => {
    const text = create('late');
    client.send(text.slice(0, -5));
    await served.settle();
    const stopped = served.server.stop();
    client.send(`${text.slice(-5)}${create('behind')}`);
    const { status, headers } = await client.answer('POST');
    expect([status, headers.get('connection')]).toEqual([201, 'close']);
    expect(await client.rest()).toBe('');
    await stopped;
    expect(namesOf(served, ['late', 'behind'])).toEqual(['late']);
  });

  it('does nothing that comes afterwards, while earlier answers are still leaving', { timeout: 10_000 }, async () => {
    await createBig(served, 1);
    client.send(get(`${CONFIG_MAPS}/big-0`).repeat(20));
    await served.settle();
    const late = await served.client();
    const stopped = served.server.stop();
    client.send(create('behind'));
    late.send(create('late'));
    await Promise.all([stopped, client.gone(), late.gone()]);
    expect(namesOf(served, ['behind', 'late'])).toEqual([]);
  });
});

describe('a client that ends its side', () => {
  beforeEach(() => begin());
  afterEach(() => served.close());

  it('still has all its answers, and then the end', async () => {
    client.send(`${create('a')}${get(PODS)}${get('/readyz')}${get(`${CONFIG_MAPS}/a`)}`);
    client.socket.end();
    expect(await statuses(client, 'POST', 'GET', 'GET', 'GET')).toEqual([201, 200, 200, 200]);
    expect(await client.rest()).toBe('');
  });

  it('still has answers that it takes late', async () => {
    await createBig(served, 1);
    client.send(get(`${CONFIG_MAPS}/big-0`).repeat(20) + create('last'));
    client.socket.end();
    await served.settle();
    for (let at = 0; at < 20; at++) expect((await client.answer()).body.length).toBeGreaterThan(BIG_BYTES);
    expect((await client.answer('POST')).status).toBe(201);
    expect(await client.rest()).toBe('');
  });

  it('before it asks anything is let go', async () => {
    client.socket.end();
    expect(await client.rest()).toBe('');
  });

  it('after its last answer is let go', async () => {
    client.send(get('/readyz'));
    expect((await client.answer()).body).toBe('ok');
    client.socket.end();
    expect(await client.rest()).toBe('');
  });

  it('in the middle of a head has the answers to what was whole, and is let go', async () => {
    client.send(`${get('/readyz')}${get(CONFIG_MAPS)}GET /ver`);
    client.socket.end();
    expect(await statuses(client, 'GET', 'GET')).toEqual([200, 200]);
    await client.gone();
    expect((await served.ask('GET', '/readyz')).body).toBe('ok');
  });

  it('in the middle of a body is told that it is wrong, and has nothing done', { timeout: 10_000 }, async () => {
    client.send(create('broken').slice(0, -5));
    await served.settle();
    client.socket.end();
    const { status, body } = await client.answer('POST');
    expect([status, JSON.parse(body).reason]).toEqual([400, 'BadRequest']);
    expect(served.has('broken')).toBe(false);
  });

  it('in the middle of a body is let go once it is told', { timeout: 10_000 }, async () => {
    client.send(create('broken').slice(0, -5));
    await served.settle();
    client.socket.end();
    await client.answer('POST');
    expect(await client.rest()).toBe('');
  });

  it('after the answer that came before its body is let go', { timeout: 10_000 }, async () => {
    client.send(announced(TOO_LARGE_BYTES, 'abc'));
    expect((await client.answer('POST')).status).toBe(413);
    client.socket.end();
    expect(await client.rest()).toBe('');
  });
});

/** How many watches of pods the server has. */
async function watchesOfPods(): Promise<number> {
  const { body } = await served.ask('GET', '/metrics');
  const line = body.split('\n').find((each) => /^apiserver_longrunning_requests\{.*kind="Pod"/.test(each));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe.each(['HTTP', 'HTTPS'])('a client over %s that leaves', (protocol) => {
  beforeEach(async () => begin(protocol === 'HTTPS' ? await servingTls() : undefined));
  afterEach(() => served.close());

  it.each(['ends its side', 'breaks off'])('a watch and %s ends it for the server too', async (how) => {
    client.send(get(`${PODS}?watch=1`));
    expect((await client.head()).status).toBe(200);
    while ((await watchesOfPods()) !== 1) await new Promise(setImmediate);
    if (how === 'ends its side') {
      client.socket.end();
      await client.gone();
    } else client.socket.destroy();
    while ((await watchesOfPods()) !== 0) await new Promise(setImmediate);
  });

  it('in the middle of a body has nothing done for it, and harms nobody', async () => {
    const text = create('broken');
    client.send(text.slice(0, -5));
    await served.settle();
    client.socket.destroy();
    await served.settle();
    expect(served.has('broken')).toBe(false);
  });
});

describe('a connection whose handshake is done after the server was told to stop', () => {
  it('is ended unserved', { timeout: 10_000 }, async () => {
    await begin(await servingTls());
    const { port, hostname: host } = new URL(served.url);
    const socket = connect({ host, port: Number(port) });
    await once(socket, 'connect');
    await served.settle();
    const stopped = served.server.stop();
    const late = clientOver(connectTls({ socket, rejectUnauthorized: false }));
    late.send(create('late'));
    expect(await late.rest().catch(() => '')).toBe('');
    await stopped;
    expect(served.has('late')).toBe(false);
    await served.close();
  });
});
