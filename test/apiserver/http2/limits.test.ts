// What a client of HTTP/2 may not do, frame by frame: each is refused with the least that ends it, a request, a stream or a
// connection, and nobody else notices.
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  HTTP2_HEADERS_LIMIT,
  HTTP2_RESETS_LIMIT,
  HTTP2_SILENT_SWEEPS_MAX,
  HTTP2_STREAMS_LIMIT,
} from '../../../src/apiserver/limits.ts';
import { prng } from '../../../src/lib/index.ts';
import { CONFIG_MAPS, configMap, PODS } from '../harness.ts';
import {
  bodyOf,
  codeOf,
  data,
  ERROR,
  type Fields,
  FLAG,
  FRAME,
  type FrameClient,
  fieldBlock,
  frame,
  frameClient,
  framesOver,
  get,
  isGoaway,
  isHeaders,
  isReset,
  PREFACE,
  request,
  requestFields,
  rstStream,
  SETTINGS_ACK,
  settings,
  tlsClient,
  uint32,
} from './raw-frames.ts';
import { ask, type Served, serveHttp2, until } from './served.ts';

let served: Served;
let client: FrameClient;

beforeEach(async () => {
  served = await serveHttp2();
  client = await frameClient(served.port);
});
afterEach(async () => {
  client.socket.destroy();
  await served.close();
});

const WATCH = `${PODS}?watch=true`;

/** Others are served as if nothing had been. */
async function expectServing(): Promise<void> {
  const session = await served.session();
  expect((await ask(session, 'GET', '/readyz')).text).toBe('ok');
}

/** The connection goes on. */
async function expectGoingOn(stream = 9_001): Promise<void> {
  client.send(get(stream, '/readyz'));
  await client.frame(({ type, stream: of }) => type === FRAME.data && of === stream);
  expect(bodyOf(client, stream)).toBe('ok');
}

async function expectEnded(code: number): Promise<void> {
  expect(codeOf(await client.frame(isGoaway))).toBe(code);
  await client.gone();
  await expectServing();
}

describe('a request', () => {
  it('is answered when its frames are as they should be', async () => {
    client.send(get(1, '/readyz'));
    await client.frame(({ type, stream }) => type === FRAME.data && stream === 1);
    expect(bodyOf(client, 1)).toBe('ok');
  });

  it.each<[string, Fields]>([
    ['a connection', [['connection', 'keep-alive']]],
    ['keep-alive', [['keep-alive', 'timeout=5']]],
    ['an upgrade', [['upgrade', 'websocket']]],
    ['a transfer-encoding', [['transfer-encoding', 'chunked']]],
    ['a proxy-connection', [['proxy-connection', 'close']]],
    ['a te that is not for trailers', [['te', 'gzip']]],
    ['capital letters in a name', [['Accept', 'a']]],
    ["a pseudo-header that is no request's", [[':status', '200']]],
    [
      'a pseudo-header that comes late',
      [
        ['accept', 'a'],
        [':path', '/version'],
      ],
    ],
    ['a path that comes twice', [[':path', '/version']]],
    ['a protocol, which is not offered', [[':protocol', 'websocket']]],
  ])('is malformed with %s', async (_what, more) => {
    client.send(request(1, requestFields('GET', '/readyz', more)));
    expect(codeOf(await client.frame(isReset(1)))).toBe(ERROR.protocol);
    expect(client.received.some(isHeaders(1))).toBe(false);
    await expectGoingOn();
  });

  it.each<[string, Fields]>([
    [
      'method',
      [
        [':scheme', 'https'],
        [':path', '/'],
        [':authority', 'a'],
      ],
    ],
    [
      'path',
      [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', 'a'],
      ],
    ],
    [
      'scheme',
      [
        [':method', 'GET'],
        [':path', '/'],
        [':authority', 'a'],
      ],
    ],
  ])('is malformed without its %s', async (_what, fields) => {
    client.send(request(1, fields));
    expect(codeOf(await client.frame(isReset(1)))).toBe(ERROR.protocol);
    await expectGoingOn();
  });

  it.each<[string, Fields]>([
    ['a line break', [['accept', 'application/yaml\r\nb: c']]],
    ['an end', [['accept', 'application/yaml\0']]],
    ['a space in its name', [['accept ', 'application/yaml']]],
  ])('is read without a field that has %s', async (_what, more) => {
    client.send(request(1, requestFields('GET', CONFIG_MAPS, more)));
    await client.frame(({ type, flags, stream }) => type === FRAME.data && stream === 1 && flags === FLAG.endStream);
    expect(JSON.parse(bodyOf(client, 1)).kind).toBe('ConfigMapList');
  });

  it('may say te for trailers', async () => {
    client.send(request(1, requestFields('GET', '/readyz', [['te', 'trailers']])));
    await client.frame(isHeaders(1));
  });

  it.each([
    ['more', '12', 'abc'],
    ['less', '2', 'abc'],
  ])('is malformed when its length says %s than comes', async (_what, length, body) => {
    client.send(request(1, requestFields('POST', CONFIG_MAPS, [['content-length', length]]), 0));
    client.send(data(1, body, FLAG.endStream));
    expect(codeOf(await client.frame(isReset(1)))).toBe(ERROR.protocol);
    await expectGoingOn();
  });

  it.each([
    ['a reset', ERROR.cancel],
    ['a reset that is no error', ERROR.none],
  ])('creates nothing when %s comes before the end of its body', async (_what, code) => {
    client.send(request(1, requestFields('POST', CONFIG_MAPS, [['content-type', 'application/json']]), 0));
    // Whole by itself, but for its end.
    client.send(data(1, JSON.stringify(configMap('broken'))));
    await expectGoingOn(3);
    client.send(rstStream(1, code));
    await expectGoingOn(5);
    const session = await served.session();
    const many = { body: configMap('other') };
    for (let round = 0; round < 8; round++) await ask(session, 'POST', `${CONFIG_MAPS}?dryRun=All`, many);
    expect((await ask(session, 'GET', `${CONFIG_MAPS}/broken`)).status).toBe(404);
  });

  it('has headers of a limited number and size', async () => {
    const many: Fields = Array.from({ length: HTTP2_HEADERS_LIMIT }, (_, at) => [`x-${at}`, 'a']);
    client.send(request(1, requestFields('GET', '/readyz', many)));
    expect(codeOf(await client.frame(isReset(1)))).toBe(ERROR.enhanceYourCalm);
    const large: Fields = ['a', 'b', 'c'].map((name) => [name, 'x'.repeat(15_000)]);
    const block = fieldBlock(requestFields('GET', '/readyz', large));
    const parts = [0, 1, 2].map((at) => block.subarray(at * 16_000, (at + 1) * 16_000));
    client.send(
      frame(FRAME.headers, FLAG.endStream, 3, parts[0]),
      frame(FRAME.continuation, 0, 3, parts[1]),
      frame(FRAME.continuation, FLAG.endHeaders, 3, parts[2]),
    );
    expect(codeOf(await client.frame(isReset(3)))).toBe(ERROR.enhanceYourCalm);
    await expectGoingOn();
  });
});

describe('streams', () => {
  it('may be as many as the limit, and one more for each that ends', async () => {
    const ids = Array.from({ length: HTTP2_STREAMS_LIMIT }, (_, at) => 2 * at + 1);
    client.send(...ids.map((id) => get(id, WATCH)));
    await until(() => served.watches() === HTTP2_STREAMS_LIMIT);
    for (let id = 501; id < 601; id += 2) {
      client.send(rstStream(id - 500, ERROR.cancel), get(id, WATCH));
      await client.frame(isHeaders(id));
    }
    await until(() => served.watches() === HTTP2_STREAMS_LIMIT);
    expect(client.received.some(isGoaway)).toBe(false);
    // Whoever knows the limit and passes it breaks the protocol.
    client.send(get(601, '/readyz'));
    await client.gone();
    await until(() => served.watches() === 0);
    await expectServing();
  });

  it('are limited for a client that does not acknowledge the limit', async () => {
    client.socket.destroy();
    client = framesOver(await tlsClient(served.port));
    client.send(PREFACE, settings());
    const ids = Array.from({ length: HTTP2_STREAMS_LIMIT + 50 }, (_, at) => 2 * at + 1);
    client.send(...ids.map((id) => get(id, WATCH)));
    expect(codeOf(await client.frame(isReset(2 * HTTP2_STREAMS_LIMIT + 1)))).toBe(ERROR.refusedStream);
    await until(() => served.watches() === HTTP2_STREAMS_LIMIT);
    await expectServing();
  });

  it('end the connection when they go on beyond the limit', async () => {
    const ids = Array.from({ length: 3 * HTTP2_STREAMS_LIMIT }, (_, at) => 2 * at + 1);
    client.send(...ids.map((id) => get(id, WATCH)));
    await client.gone();
    await until(() => served.watches() === 0);
    await expectServing();
  });
});

describe('a client that resets its streams', () => {
  it.each([
    ['requests', `${CONFIG_MAPS}?limit=1`],
    ['watches', WATCH],
  ])('again and again has its connection ended (%s)', async (_what, target) => {
    for (let at = 0; at <= HTTP2_RESETS_LIMIT + 100; at++)
      client.send(get(2 * at + 1, target), rstStream(2 * at + 1, ERROR.cancel));
    await expectEnded(ERROR.enhanceYourCalm);
    await until(() => served.watches() === 0);
  });

  it('in one write has no more begun than is allowed', async () => {
    const frames = Array.from({ length: 5_000 }, (_, at) => [
      get(2 * at + 1, WATCH),
      rstStream(2 * at + 1, ERROR.cancel),
    ]);
    client.send(...frames.flat());
    await expectEnded(ERROR.enhanceYourCalm);
    await until(() => served.watches() === 0);
  });

  it('by frames that the server has to answer with a reset is ended too', async () => {
    // A window that grows beyond its limit is an error of its stream alone (RFC 9113 §6.9.1).
    const frames = Array.from({ length: 2_000 }, (_, at) => [
      get(2 * at + 1, WATCH),
      frame(FRAME.windowUpdate, 0, 2 * at + 1, uint32(0x7fff_ffff)),
    ]);
    client.send(...frames.flat());
    await client.gone();
    await until(() => served.watches() === 0);
    await expectServing();
  });

  it('now and then is served on', async () => {
    for (let at = 0; at < HTTP2_RESETS_LIMIT - 100; at++)
      client.send(get(2 * at + 1, '/readyz'), rstStream(2 * at + 1, ERROR.cancel));
    await expectGoingOn();
  });
});

describe('a flood', () => {
  /** Sends without ever reading, until the server has ended the connection. */
  async function floods(chunk: Buffer): Promise<void> {
    client.socket.pause();
    const ended = new Promise<void>((resolve) => client.socket.once('close', () => resolve()));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      if (client.socket.write(chunk)) await new Promise(setImmediate);
      else await Promise.race([ended, new Promise((resolve) => client.socket.once('drain', resolve))]);
    }
  }

  it.each([
    ['pings', frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['settings', settings([3, 100])],
  ])('of %s whose answers nobody reads ends the connection', async (_what, one) => {
    await floods(Buffer.concat(Array.from({ length: 1_000 }, () => one)));
    await expectServing();
  });

  it('of headers that never end does too', async () => {
    client.send(frame(FRAME.headers, 0, 1, fieldBlock(requestFields('GET', '/readyz'))));
    const more = frame(FRAME.continuation, 0, 1, fieldBlock([['x', 'y']]));
    for (let at = 0; at < 100; at++) client.send(more);
    await client.gone();
    await expectServing();
  });

  it('of empty frames of data does too', async () => {
    client.send(request(1, requestFields('POST', CONFIG_MAPS), 0));
    client.send(...Array.from({ length: 1_000 }, () => data(1, '')));
    await client.gone();
    await expectServing();
  });
});

describe('a body that nobody has asked for', () => {
  it('comes no further than the window of its stream', async () => {
    client.send(request(1, requestFields('GET', WATCH), 0));
    await client.frame(isHeaders(1));
    for (let sent = 0; sent < 4; sent++) client.send(data(1, Buffer.alloc(16_000)));
    await expectGoingOn();
    expect(client.received.some(({ type, stream }) => type === FRAME.windowUpdate && stream === 1)).toBe(false);
    client.send(data(1, Buffer.alloc(16_000)));
    expect(codeOf(await client.frame((each) => isReset(1)(each) || isGoaway(each)))).toBe(ERROR.flowControl);
  });
});

describe('garbage', () => {
  const SEED = 20_260_101;

  it('ends its own connection and no other, whatever it is', async () => {
    const random = prng(SEED);
    const session = await served.session();
    const watching = session.request({ ':path': WATCH });
    watching.on('error', () => {});
    const others: FrameClient[] = [];
    for (let round = 0; round < 60; round++) {
      const garbage = framesOver(await tlsClient(served.port));
      others.push(garbage);
      garbage.send(PREFACE, settings(), SETTINGS_ACK);
      for (let at = 0; at < 40; at++) garbage.send(anyFrame(random));
      // What came before it did no harm, and the connection is as good as new: this ends it.
      garbage.send(frame(FRAME.settings, 0, 1));
      await Promise.race([garbage.gone(), garbage.frame(isGoaway)]);
      if (round % 2 === 0) garbage.socket.destroy();
      expect((await ask(session, 'GET', '/readyz')).text).toBe('ok');
    }
    for (let sweeps = 0; sweeps <= HTTP2_SILENT_SWEEPS_MAX; sweeps++) {
      served.sweep();
      await new Promise((resolve) => session.ping(resolve));
    }
    await until(() => served.watches() === 1);
    await Promise.all(others.map((each) => each.gone()));
    expect([watching.destroyed, session.destroyed]).toEqual([false, false]);
    expect((await ask(session, 'GET', '/readyz')).text).toBe('ok');
  });

  it('instead of the preface ends its connection', async () => {
    const random = prng(SEED + 1);
    for (let round = 0; round < 20; round++) {
      const socket = await tlsClient(served.port);
      const garbage = framesOver(socket);
      garbage.send(bytesOf(random, 200));
      await garbage.gone();
      socket.destroy();
    }
    await expectServing();
  });

  it('instead of a handshake ends its connection', async () => {
    const socket = connect(served.port, '127.0.0.1');
    const garbage = framesOver(socket);
    garbage.send(PREFACE, settings());
    await garbage.gone();
    await expectServing();
  });
});

function bytesOf(random: ReturnType<typeof prng>, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.int(256)));
}

/** A frame of any type, for any of a few streams, of a length that may not be its own. */
function anyFrame(random: ReturnType<typeof prng>): Buffer {
  const stream = random.int(8);
  switch (random.int(5)) {
    case 0:
      return get(2 * random.int(40) + 1, WATCH);
    case 1:
      return request(2 * random.int(40) + 1, requestFields('POST', CONFIG_MAPS), 0);
    case 2:
      return frame(FRAME.headers, random.int(256), stream, fieldBlock(requestFields('GET', '/readyz')));
    case 3:
      return rstStream(stream, random.int(20));
    default:
      return frame(random.int(12), random.int(256), stream, bytesOf(random, random.int(24)));
  }
}
