// What an informer makes of streams that a well-behaved server would not send, and of those that cannot be resumed.
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConfigMap, Served } from '../../src/api/index.ts';
import {
  type ApiClient,
  ApiStatusError,
  CONFIG_MAPS,
  createInformer,
  type WatchEvent,
  type WatchOptions,
  type WatchSink,
} from '../../src/client/index.ts';
import { prng, silentLogger } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { fakeClient } from './support/fake-client.ts';
import { fakeCluster, statusOf } from './support/fake-cluster.ts';

interface Stream {
  readonly options: WatchOptions;
  readonly sink: WatchSink<ConfigMap>;
  closed: boolean;
}

const map = (name: string, revision: number): Served<ConfigMap> => ({
  metadata: { namespace: 'default', name, uid: name, resourceVersion: `${revision}`, creationTimestamp: '' },
});
const bookmark = (revision: number, end = false): WatchEvent<ConfigMap> => {
  const object = map('', revision);
  return {
    type: 'BOOKMARK',
    object: end ? { metadata: { ...object.metadata, annotations: { 'k8s.io/initial-events-end': 'true' } } } : object,
  };
};

/** An informer whose streams the test plays by hand. */
function start() {
  const clock = manualClock();
  const streams: Stream[] = [];
  const client: ApiClient = {
    ...fakeClient(fakeCluster()),
    watch(_ref, _selection, options, sink) {
      const stream: Stream = { options, sink: sink as unknown as WatchSink<ConfigMap>, closed: false };
      streams.push(stream);
      return {
        close: () => {
          stream.closed = true;
        },
      };
    },
  };
  const log: string[] = [];
  const informer = createInformer(CONFIG_MAPS, { client, clock, logger: silentLogger, random: prng(1) });
  const note = (what: string, one: Served<ConfigMap>) =>
    log.push(`${what} ${one.metadata.name}@${one.metadata.resourceVersion}`);
  informer.addHandlers({
    added: (one) => note('added', one),
    updated: (one) => note('updated', one),
    deleted: (one) => note('deleted', one),
  });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  void informer.start(stop.signal);
  /** The stream that is opened next, once the back-off is over. */
  const next = async (): Promise<Stream> => {
    const count = streams.length;
    for (let i = 0; i < 1_000 && streams.length === count; i++) {
      await Promise.resolve();
      clock.advance(10);
    }
    const stream = streams[count];
    if (stream === undefined) throw new Error('no stream was opened');
    return stream;
  };
  return { streams, log, informer, next, clock };
}

function listed(stream: Stream, ...objects: Served<ConfigMap>[]): void {
  for (const object of objects) stream.sink.event({ type: 'ADDED', object });
  stream.sink.event(bookmark(10, true));
}

describe('a reflector', () => {
  it('resumes at the last revision it has seen, bookmarks included', async () => {
    const { streams, next, log } = start();
    const [first] = streams as [Stream];
    expect(first.options).toMatchObject({ sendInitialEvents: true });
    listed(first, map('a', 5));
    first.sink.event({ type: 'MODIFIED', object: map('a', 12) });
    first.sink.event(bookmark(20));
    first.sink.ended(new Error('cut off'));
    expect((await next()).options).toMatchObject({ resourceVersion: '20' });
    expect(log).toEqual(['added a@5', 'updated a@12']);
  });

  it('tells a change once when a server repeats itself', async () => {
    const { streams, next, log } = start();
    const [first] = streams as [Stream];
    listed(first);
    first.sink.event({ type: 'ADDED', object: map('a', 11) });
    first.sink.ended(undefined);
    const second = await next();
    second.sink.event({ type: 'ADDED', object: map('a', 11) });
    second.sink.event({ type: 'DELETED', object: map('a', 12) });
    second.sink.event({ type: 'DELETED', object: map('a', 12) });
    expect(log).toEqual(['added a@11', 'deleted a@12']);
  });

  it.each([
    ['410 as an event', 410, true],
    ['410 as an answer', 410, false],
    ['a revision that no server knows', 504, false],
  ])('lists anew after %s, keeping what it has until then', async (_what, code, asEvent) => {
    const { streams, next, log, informer } = start();
    const [first] = streams as [Stream];
    listed(first, map('a', 5), map('b', 6));
    log.length = 0;
    const error = new ApiStatusError(code, code === 410 ? 'Expired' : 'Timeout', 'no');
    if (asEvent) first.sink.event({ type: 'ERROR', object: statusOf(error) });
    else first.sink.ended(error);
    const second = await next();
    expect(first.closed).toBe(asEvent);
    expect(second.options).toMatchObject({ sendInitialEvents: true });
    expect(second.options.resourceVersion).toBeUndefined();
    expect(informer.lister.list().length).toBe(2);
    listed(second, map('a', 5));
    expect(log).toEqual(['deleted b@6']);
  });

  it('waits longer after each failure, as long as the server asks, and starts anew after a success', async () => {
    const { streams, next, clock } = start();
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const before = clock.monotonic();
      streams.at(-1)?.sink.ended(new Error('refused'));
      await next();
      waits.push(clock.monotonic() - before);
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
    expect(Math.max(...waits.slice(6))).toBeGreaterThan(Math.max(...waits.slice(0, 3)));
    const before = clock.monotonic();
    streams.at(-1)?.sink.ended(new ApiStatusError(429, 'TooManyRequests', 'later', { retryAfterMs: 7_000 }));
    const stream = await next();
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(7_000);
    listed(stream);
    const after = clock.monotonic();
    stream.sink.ended(undefined);
    await next();
    expect(clock.monotonic() - after).toBeLessThanOrEqual(30);
  });
});
