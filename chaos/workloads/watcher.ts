// A watcher of all registers that moves from server to server: when its stream ends it goes on at another one, at the
// revision it has seen. What it was told is kept in order, to be compared with what happened.
import { type Clock, type Prng, sleep } from '../../src/lib/index.ts';
import type { Credentials } from '../http.ts';
import { REFUSED_PAUSE_MS, WATCH_LONGEST_MS, WATCH_SHORTEST_MS } from '../limits.ts';
import { versionOf } from './versions.ts';
import { type WatchLine, watchStream } from './watch-stream.ts';

export interface WatchedEvent {
  readonly watcher: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly revision: number;
  readonly value: string;
  readonly via: string;
  readonly at: number;
}

export interface WatcherOptions {
  readonly watcher: number;
  /** Where it may go, now. */
  readonly urls: () => readonly string[];
  readonly credentials: Credentials;
  /** What it watches: a collection's path, with `?`, and any selectors, with `&` behind them. */
  readonly collection: string;
  /** What an object is called. */
  readonly keyOf: (name: string, namespace: string | undefined) => string;
  /** Where it begins. */
  readonly revision: number;
  readonly clock: Clock;
  readonly random: Prng;
  readonly signal: AbortSignal;
  readonly event: (event: WatchedEvent) => void;
  /** A refusal that no server may give. */
  readonly trouble: (what: string) => void;
}

/** Watches until the revision that `until` names has come, or the signal aborts. */
export async function watchAll(options: WatcherOptions, until: () => number): Promise<void> {
  const { clock, random, signal, urls } = options;
  let revision = options.revision;
  while (!signal.aborted && revision < until()) {
    const url = random.pick(urls());
    const lastsMs = WATCH_SHORTEST_MS + random.int(WATCH_LONGEST_MS - WATCH_SHORTEST_MS);
    const before = revision;
    await watchOnce(options, url, revision, lastsMs, (reached) => {
      revision = reached;
      return signal.aborted || revision >= until();
    });
    if (revision === before) await sleep(clock, REFUSED_PAUSE_MS);
  }
}

/** One stream; resolves when it has ended for whatever reason. `reached` answers whether that was enough. */
function watchOnce(
  options: WatcherOptions,
  url: string,
  revision: number,
  lastsMs: number,
  reached: (revision: number) => boolean,
): Promise<void> {
  const { collection, credentials, clock, watcher, trouble, event, keyOf } = options;
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${revision}`;
  return watchStream({
    url,
    path: `${collection}${query}`,
    credentials,
    clock,
    lastsMs,
    line({ type, object }) {
      if (type === 'ERROR') {
        trouble(`watcher ${watcher} at ${url} from ${revision}: ${object.code} ${object.message}`);
        return false;
      }
      if (type !== 'BOOKMARK') event({ ...eventOf(type, object, clock, keyOf), watcher, via: url });
      return reached(Number(object.metadata.resourceVersion));
    },
    refused: (status, text) => trouble(`watcher ${watcher} at ${url}: ${status} ${text}`),
  });
}

function eventOf(
  type: string,
  object: WatchLine['object'],
  clock: Clock,
  keyOf: WatcherOptions['keyOf'],
): Pick<WatchedEvent, 'type' | 'key' | 'revision' | 'value' | 'at'> {
  return {
    type: type as WatchedEvent['type'],
    key: keyOf(object.metadata.name, object.metadata.namespace),
    ...versionOf(object),
    at: Math.round(clock.monotonic() * 1e6),
  };
}
