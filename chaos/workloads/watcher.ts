// A watcher of all registers that moves from server to server: when its stream ends it goes on at another one, at the
// revision it has seen. What it was told is kept in order, to be compared with what happened.
import { Agent, request } from 'node:https';
import { type Clock, messageOf, type Prng, sleep } from '../../src/lib/index.ts';
import type { Credentials } from '../http.ts';
import { REFUSED_PAUSE_MS, WATCH_LONGEST_MS, WATCH_SHORTEST_MS, WATCH_SILENT_MS } from '../limits.ts';
import { NAMESPACE, versionOf } from './recorded-client.ts';

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
  readonly urls: readonly string[];
  readonly credentials: Credentials;
  /** Where it begins. */
  readonly revision: number;
  readonly clock: Clock;
  readonly random: Prng;
  readonly signal: AbortSignal;
  readonly event: (event: WatchedEvent) => void;
  /** A refusal that no server may give. */
  readonly trouble: (what: string) => void;
}

interface Line {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name: string; readonly resourceVersion: string };
    readonly data?: { readonly value?: string };
    readonly code?: number;
    readonly message?: string;
  };
}

/** Watches until the revision that `until` names has come, or the signal aborts. */
export async function watchAll(options: WatcherOptions, until: () => number): Promise<void> {
  const { clock, random, signal, urls } = options;
  let revision = options.revision;
  while (!signal.aborted && revision < until()) {
    const url = random.pick(urls);
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
  const { credentials, clock, watcher, trouble, event } = options;
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${revision}`;
  const agent = new Agent(credentials);
  return new Promise((resolve) => {
    const call = request(new URL(`/api/v1/namespaces/${NAMESPACE}/configmaps?${query}`, url), {
      agent,
      timeout: WATCH_SILENT_MS,
    });
    const timer = clock.timer(lastsMs, () => call.destroy());
    const end = (): void => {
      timer.cancel();
      agent.destroy();
      resolve();
    };
    const take = (line: string): void => {
      const { type, object } = JSON.parse(line) as Line;
      if (type === 'ERROR') {
        trouble(`watcher ${watcher} at ${url} from ${revision}: ${object.code} ${object.message}`);
        return;
      }
      const told = Number(object.metadata.resourceVersion);
      if (type !== 'BOOKMARK') event({ ...eventOf(type, object, clock), watcher, via: url });
      if (reached(told)) call.destroy();
    };
    call.on('response', (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        try {
          if (response.statusCode === 200) for (const line of lines) take(line);
          else if ((response.statusCode ?? 0) < 500) trouble(`watcher ${watcher} at ${url}: ${text.slice(0, 200)}`);
        } catch (error) {
          trouble(`watcher ${watcher} at ${url}: ${messageOf(error)}`);
        }
      });
      response.on('error', () => call.destroy());
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => call.destroy());
    call.on('close', end);
    call.end();
  });
}

function eventOf(
  type: string,
  object: Line['object'],
  clock: Clock,
): Pick<WatchedEvent, 'type' | 'key' | 'revision' | 'value' | 'at'> {
  return {
    type: type as WatchedEvent['type'],
    key: object.metadata.name,
    ...versionOf(object),
    at: Math.round(clock.monotonic() * 1e6),
  };
}
