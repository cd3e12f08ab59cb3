// Patience with clients of HTTP/2: connections and streams that keep the server waiting are ended when it is over, and not before;
// and when the server drains, all are.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CONNECTION_SWEEP_PERIOD_MS,
  HEADERS_TIMEOUT_MS,
  HTTP2_RESETS_LIMIT,
  HTTP2_STREAMS_LIMIT,
  KEEP_ALIVE_TIMEOUT_MS,
  RECEIVE_TIMEOUT_MS,
} from '../../../src/apiserver/limits.ts';
import { createPairs, type Pair, type Pairs } from './pairs.ts';
import {
  bodyOf,
  codeOf,
  data,
  ERROR,
  FLAG,
  FRAME,
  type FrameClient,
  frame,
  get,
  isGoaway,
  isHeaders,
  isReset,
  request,
  requestFields,
  rstStream,
  uint32,
} from './raw-frames.ts';
import { until } from './served.ts';

const HOUR_MS = 3_600_000;
/** More than the window of a stream. */
const BIG = Buffer.alloc(200_000, 'x');

let pairs: Pairs;

beforeEach(async () => {
  pairs = await createPairs();
});
afterEach(() => pairs.close());

function isOpen({ socket }: Pair): boolean {
  return !socket.destroyed && !socket.writableEnded;
}

/** Time passes, and the client answers whatever it is asked. */
async function pass(ms: number, { client }: Pair): Promise<void> {
  let answered = client.received.length;
  for (let passed = 0; passed < ms; passed += CONNECTION_SWEEP_PERIOD_MS) {
    pairs.clock.advance(Math.min(CONNECTION_SWEEP_PERIOD_MS, ms - passed));
    for (let turn = 0; turn < 4; turn++) {
      await new Promise(setImmediate);
      for (const { type, flags, payload } of client.received.slice(answered))
        if (type === FRAME.ping && flags === 0) client.send(frame(FRAME.ping, FLAG.ack, 0, payload));
      answered = client.received.length;
    }
  }
}

/** Its patience is over after so long from now, seen at the next look at the latest. */
async function expectPatience(pair: Pair, patienceMs: number): Promise<void> {
  await pass(patienceMs, pair);
  expect(isOpen(pair)).toBe(true);
  await pass(CONNECTION_SWEEP_PERIOD_MS, pair);
  await pair.client.frame(isGoaway);
  expect(isOpen(pair)).toBe(false);
}

async function answered({ client }: Pair, stream: number, at: number): Promise<void> {
  client.send(get(stream, '/'));
  const { exchange, done } = await pairs.request(at);
  exchange.answer(200, {}, 'ok');
  done();
  await ended(client, stream);
  expect(bodyOf(client, stream)).toBe('ok');
}

async function ended(client: FrameClient, stream: number): Promise<void> {
  await client.frame((each) => each.stream === stream && each.type <= 1 && (each.flags & FLAG.endStream) !== 0);
}

describe('a client that is silent', () => {
  it('is ended when no request has come at all', async () => {
    const pair = await pairs.pair();
    await expectPatience(pair, HEADERS_TIMEOUT_MS);
    await pair.client.gone();
  });

  it('is ended when it has not even begun', async () => {
    const pair = await pairs.pair(false);
    pairs.clock.advance(HEADERS_TIMEOUT_MS);
    expect(isOpen(pair)).toBe(true);
    pairs.clock.advance(CONNECTION_SWEEP_PERIOD_MS);
    await pair.client.gone();
  });

  it('is ended when no further request comes', async () => {
    const pair = await pairs.pair();
    await answered(pair, 1, 0);
    await expectPatience(pair, KEEP_ALIVE_TIMEOUT_MS);
    await pair.client.gone();
  });

  it('is waited for anew after each request', async () => {
    const pair = await pairs.pair();
    for (let at = 0; at < 3; at++) {
      await answered(pair, 2 * at + 1, at);
      await pass(KEEP_ALIVE_TIMEOUT_MS - CONNECTION_SWEEP_PERIOD_MS, pair);
    }
    expect(isOpen(pair)).toBe(true);
  });

  it('is not ended while it is the server that is slow, or while it listens', async () => {
    const pair = await pairs.pair();
    pair.client.send(get(1, '/'), get(3, '/'));
    const slow = await pairs.request(0);
    const stream = (await pairs.request(1)).exchange.stream(200, {});
    stream.write('one');
    await pass(HOUR_MS, pair);
    expect(isOpen(pair)).toBe(true);
    slow.exchange.answer(200, {}, 'late');
    stream.end('two');
    await ended(pair.client, 1);
    await ended(pair.client, 3);
    expect([bodyOf(pair.client, 1), bodyOf(pair.client, 3)]).toEqual(['late', 'onetwo']);
    await expectPatience(pair, KEEP_ALIVE_TIMEOUT_MS);
  });

  it('is cut off with its streams when it does not answer that it is there', async () => {
    const pair = await pairs.pair();
    pair.client.send(get(1, '/'));
    const stream = (await pairs.request(0)).exchange.stream(200, {});
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    stream.write('one');
    await pair.client.frame(isHeaders(1));
    for (let ms = 0; ms <= KEEP_ALIVE_TIMEOUT_MS; ms += CONNECTION_SWEEP_PERIOD_MS) {
      expect(isOpen(pair)).toBe(true);
      pairs.clock.advance(CONNECTION_SWEEP_PERIOD_MS);
      await new Promise(setImmediate);
    }
    await closed;
    expect(isOpen(pair)).toBe(false);
  });
});

describe('a client that has said goodbye', () => {
  it('ends when its last answer is given', async () => {
    const pair = await pairs.pair();
    pair.client.send(get(1, '/'), frame(FRAME.goaway, 0, 0, Buffer.alloc(8)));
    const { exchange } = await pairs.request(0);
    await pair.client.frame(isGoaway);
    exchange.answer(200, {}, 'last');
    await ended(pair.client, 1);
    expect(bodyOf(pair.client, 1)).toBe('last');
    await pair.client.gone();
  });

  it('is cut off when it listens on for ever', async () => {
    const pair = await pairs.pair();
    pair.client.send(get(1, '/'), frame(FRAME.goaway, 0, 0, Buffer.alloc(8)));
    const stream = (await pairs.request(0)).exchange.stream(200, {});
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    await pair.client.frame(isGoaway);
    await pass(KEEP_ALIVE_TIMEOUT_MS, pair);
    expect(isOpen(pair)).toBe(true);
    await pass(2 * CONNECTION_SWEEP_PERIOD_MS, pair);
    await closed;
    expect(isOpen(pair)).toBe(false);
  });
});

describe('a body that does not arrive', () => {
  const begin = (stream: number): Buffer => request(stream, requestFields('POST', '/'), 0);

  it('is a bad request when its time is over, and only its stream ends', async () => {
    const pair = await pairs.pair();
    pair.client.send(begin(1), data(1, 'abc'));
    const { exchange } = await pairs.request(0);
    const broken = expect(exchange.readBody()).rejects.toMatchObject({
      status: { code: 400, message: expect.stringContaining('it does not arrive') },
    });
    await pass(RECEIVE_TIMEOUT_MS, pair);
    await pass(CONNECTION_SWEEP_PERIOD_MS, pair);
    await broken;
    exchange.answer(400, {}, 'bad');
    await ended(pair.client, 1);
    expect(bodyOf(pair.client, 1)).toBe('bad');
    expect(codeOf(await pair.client.frame(isReset(1)))).toBe(ERROR.none);
    await answered(pair, 3, 1);
  });

  it('is there in time when its last byte comes just before', async () => {
    const pair = await pairs.pair();
    pair.client.send(begin(1), data(1, 'abc'));
    const { exchange } = await pairs.request(0);
    const body = exchange.readBody();
    await pass(RECEIVE_TIMEOUT_MS, pair);
    pair.client.send(data(1, 'd', FLAG.endStream));
    expect(Buffer.from(await body).toString()).toBe('abcd');
    await pass(HOUR_MS, pair);
    exchange.answer(200, {}, 'ok');
    await ended(pair.client, 1);
  });
});

describe('a client that does not take an answer', () => {
  it.each(['whole', 'streamed'] as const)('has its stream ended, and only that (%s)', async (how) => {
    const pair = await pairs.pair();
    // Of the connection it takes enough for everybody.
    pair.client.send(frame(FRAME.windowUpdate, 0, 0, uint32(1_000_000)), get(1, '/'));
    const { exchange } = await pairs.request(0);
    if (how === 'whole') exchange.answer(200, {}, BIG);
    else exchange.stream(200, {}).end(BIG);
    await pass(KEEP_ALIVE_TIMEOUT_MS, pair);
    expect(pair.client.received.some(isReset(1))).toBe(false);
    await pass(2 * CONNECTION_SWEEP_PERIOD_MS, pair);
    expect(codeOf(await pair.client.frame(isReset(1)))).toBe(ERROR.internal);
    await answered(pair, 3, 1);
  });
});

describe('a request that its client gives up', () => {
  it('is told so, once, if it is not answered', async () => {
    const pair = await pairs.pair();
    pair.client.send(get(1, '/'));
    const { exchange } = await pairs.request(0);
    let times = 0;
    exchange.onAbandoned?.(() => {
      times += 1;
    });
    pair.client.send(rstStream(1, ERROR.cancel));
    await until(() => times > 0);
    exchange.answer(200, {}, 'nobody listens');
    const stream = get(3, '/');
    pair.client.send(stream);
    await pairs.request(1);
    expect(times).toBe(1);
    expect(pair.client.received.some(isHeaders(1))).toBe(false);
  });

  it('is not told so when it is answered', async () => {
    const pair = await pairs.pair();
    pair.client.send(get(1, '/'));
    const { exchange } = await pairs.request(0);
    let times = 0;
    exchange.onAbandoned?.(() => {
      times += 1;
    });
    const stream = exchange.stream(200, {});
    stream.flushHeaders();
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    pair.client.send(rstStream(1, ERROR.cancel));
    await closed;
    expect([times, stream.writableFinished]).toEqual([0, false]);
  });

  it('still counts while it is being worked at: as many more are refused', async () => {
    const pair = await pairs.pair();
    for (let at = 0; at < HTTP2_STREAMS_LIMIT; at++)
      pair.client.send(get(2 * at + 1, '/'), rstStream(2 * at + 1, ERROR.cancel));
    await pairs.request(HTTP2_STREAMS_LIMIT - 1);
    const next = 2 * HTTP2_STREAMS_LIMIT + 1;
    pair.client.send(get(next, '/'));
    expect(codeOf(await pair.client.frame(isReset(next)))).toBe(ERROR.refusedStream);
    for (const { done } of pairs.begun) done();
    await new Promise(setImmediate);
    await answered(pair, next + 2, HTTP2_STREAMS_LIMIT);
    expect(pairs.calmed).toEqual([]);
  });

  it('may be given up again after a while, by a client that did so often', async () => {
    const pair = await pairs.pair();
    let id = 1;
    const resets = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at++, id += 2) {
        pair.client.send(get(id, '/'), rstStream(id, ERROR.cancel));
        const { done } = await pairs.request((id - 1) / 2);
        done();
      }
      pair.client.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8, id % 256)));
      await pair.client.frame(
        ({ type, flags, payload }) => type === FRAME.ping && flags === 1 && payload[0] === id % 256,
      );
    };
    await resets(HTTP2_RESETS_LIMIT - 10);
    await pass(10_000, pair);
    await resets(200);
    expect([isOpen(pair), pairs.calmed.length]).toEqual([true, 0]);
    for (let more = 0; more < HTTP2_RESETS_LIMIT; more++, id += 2)
      pair.client.send(get(id, '/'), rstStream(id, ERROR.cancel));
    expect(codeOf(await pair.client.frame(isGoaway))).toBe(ERROR.enhanceYourCalm);
    expect(pairs.calmed).toEqual([pair.socket]);
  });
});

describe('connections of a server that drains', () => {
  it('end at once when they are at rest', async () => {
    const fresh = await pairs.pair();
    const idle = await pairs.pair();
    await answered(idle, 1, 0);
    pairs.connections.close();
    for (const each of [fresh, idle]) {
      expect(codeOf(await each.client.frame(isGoaway))).toBe(ERROR.none);
      await each.client.gone();
    }
  });

  it('end with the answers under way, and begin nothing more', async () => {
    const pair = await pairs.pair();
    pair.client.send(get(1, '/'), get(3, '/'));
    const whole = await pairs.request(0);
    const stream = (await pairs.request(1)).exchange.stream(200, {});
    stream.write('one');
    pairs.connections.close();
    const goaway = await pair.client.frame(isGoaway);
    expect([codeOf(goaway), goaway.payload.readUInt32BE(0)]).toEqual([ERROR.none, 3]);
    pair.client.send(get(5, '/'));
    whole.exchange.answer(200, {}, 'ok');
    await ended(pair.client, 1);
    expect(isOpen(pair)).toBe(true);
    stream.end('two');
    await pair.client.gone();
    expect([bodyOf(pair.client, 1), bodyOf(pair.client, 3)]).toEqual(['ok', 'onetwo']);
    expect(pairs.begun).toHaveLength(2);
  });

  it('end at once when they come afterwards', async () => {
    pairs.connections.close();
    const pair = await pairs.pair(false);
    expect(isOpen(pair)).toBe(false);
    await pair.client.gone();
  });

  it('are looked after no longer', () => {
    expect(pairs.clock.pending).toBe(1);
    pairs.connections.close();
    expect(pairs.clock.pending).toBe(0);
  });
});
