// A watch as informers keep one: when its server goes away it is opened again elsewhere, at the last revision seen, so that no
// event is missed and none comes twice.

import { eventually } from '../e2e/support/command.ts';
import type { RawClient, WatchEvent } from './raw-client.ts';

export interface Watching {
  /** Everything seen so far, bookmarks left out. */
  readonly events: readonly WatchEvent[];
  /** Waits until an event was seen that `match` accepts, after those that earlier calls answered. */
  next(what: string, match: (event: WatchEvent) => boolean): Promise<WatchEvent>;
  stop(): void;
}

/** Watches from a revision on ('' for now, with what is there as ADDED). */
export async function watch(raw: RawClient, path: string, resourceVersion: string, query = ''): Promise<Watching> {
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  let last = resourceVersion;
  let taken = 0;
  const take = (line: string): void => {
    const event = JSON.parse(line) as WatchEvent;
    if (event.type === 'ERROR') throw new Error(`a watch of ${path} ended: ${line}`);
    last = event.object.metadata.resourceVersion;
    if (event.type !== 'BOOKMARK') events.push(event);
  };
  const open = (): Promise<{ readonly ended: Promise<void> }> =>
    raw.stream(`${path}?watch=true&allowWatchBookmarks=true&resourceVersion=${last}${query}`, take, abort.signal);
  const first = await open();
  void keepOpen(first, open, abort.signal);
  return {
    events,
    next: (what, match) =>
      eventually(
        what,
        () => {
          while (taken < events.length) {
            const event = events[taken++];
            if (event !== undefined && match(event)) return event;
          }
          return undefined;
        },
        30_000,
      ),
    stop: () => abort.abort(),
  };
}

async function keepOpen(
  first: { readonly ended: Promise<void> },
  open: () => Promise<{ readonly ended: Promise<void> }>,
  signal: AbortSignal,
): Promise<void> {
  for (let stream = first; !signal.aborted; ) {
    await stream.ended;
    if (signal.aborted) return;
    // Until some server answers again.
    stream = await open().catch(() => ({ ended: new Promise<void>((done) => setTimeout(done, 100)) }));
  }
}

/** True for an event about an object of that name. */
export function about(type: string, name: string): (event: WatchEvent) => boolean {
  return (event) => event.type === type && event.object.metadata.name === name;
}
