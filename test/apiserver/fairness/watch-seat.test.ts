// A watch holds its seat only until it has begun: until what is there is sent, and not for as long as a slow client likes.
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/apiserver/fairness/classifier.ts';
import { Seat } from '../../../src/apiserver/fairness/seat.ts';
import { shapeFor } from '../../../src/apiserver/handlers/shape.ts';
import { PLAIN_JSON } from '../../../src/apiserver/http/negotiate.ts';
import { WATCH_SEAT_LIMIT_MS } from '../../../src/apiserver/limits.ts';
import { runWatch } from '../../../src/apiserver/watch/session.ts';
import { defined } from '../../../src/lib/index.ts';
import { resourceRange } from '../../../src/store/index.ts';
import { CONFIG_MAPS, configMap, type TestApi, testApi } from '../harness.ts';

interface Begun {
  readonly seat: Seat;
  /** Times that it was given back. */
  readonly released: () => number;
  /** The client has taken what was sent. */
  readonly take: () => void;
  readonly close: () => void;
}

function begin({ context, store, clock }: TestApi, initialEvents: boolean): Begun {
  let released = 0;
  let take = (): void => undefined;
  let close = (): void => undefined;
  const taken = new Promise<void>((resolve) => {
    take = resolve;
  });
  const flow: Flow = { level: {} as Flow['level'], hand: [], stats: {} as Flow['stats'], headers: undefined };
  const seat = new Seat({ released: () => released++ }, flow, true);
  const definition = defined(context.options.registry.find('', 'v1', 'configmaps'), 'config maps');
  const snapshot = store.snapshot();
  runWatch(
    {
      server: context,
      request: { revision: undefined, initialEvents, markInitialEnd: false, bookmarks: false, timeoutSeconds: 600 },
      range: resourceRange('configmaps'),
      selection: { everything: true, matches: () => true },
      shape: shapeFor(definition, PLAIN_JSON, new URLSearchParams(), clock),
      labels: { group: '', version: 'v1', kind: 'ConfigMap' },
      snapshot,
      from: snapshot.revision,
      seat,
    },
    {
      send: () => undefined,
      pendingBytes: () => 0,
      drained: () => (initialEvents ? taken : Promise.resolve()),
      end: () => undefined,
      destroy: () => undefined,
      onClosed: (closed) => {
        close = closed;
      },
    },
  );
  // What the request's handler does when it has returned.
  seat.leave();
  return { seat, released: () => released, take: () => take(), close: () => close() };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe('the seat of a watch', () => {
  it('is given back at once where there is nothing to send first', async () => {
    const watch = begin(await testApi(), false);
    await turn();
    expect(watch.released()).toBe(1);
  });

  it('is held while what is there is sent, and given back once', async () => {
    const api = await testApi();
    await api.call('POST', CONFIG_MAPS, configMap('a'));
    const watch = begin(api, true);
    await turn();
    expect(watch.released()).toBe(0);
    watch.take();
    await turn();
    expect(watch.released()).toBe(1);
    api.clock.advance(WATCH_SEAT_LIMIT_MS);
    expect(watch.released()).toBe(1);
  });

  it('is not held longer than a limit by a client that takes nothing', async () => {
    const api = await testApi();
    const watch = begin(api, true);
    api.clock.advance(WATCH_SEAT_LIMIT_MS);
    expect(watch.released()).toBe(1);
  });
});
