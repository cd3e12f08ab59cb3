// One watch, from its first event to its end:
// 1. what is there now, where the client asked for it, as fast as the client takes it;
// 2. each change after that revision, in order, from the store's hub;
// 3. bookmarks each minute, and one before the end, so that the client resumes close to where it was.
// A client that does not take its events is ended when WATCH_BUDGET_BYTES wait for it: it resumes at its revision.
import { expiredError, type Status, statusOf } from '../../api/index.ts';
import { every, type Timer } from '../../lib/index.ts';
import {
  CompactedError,
  type KeyRange,
  type Revision,
  type Snapshot,
  StoreStoppedError,
  type Watch,
  type WatchEvent,
  type WatchOptions,
} from '../../store/index.ts';
import type { ServerContext } from '../context.ts';
import type { Seat } from '../fairness/seat.ts';
import type { Selection } from '../handlers/selection.ts';
import type { Shape } from '../handlers/shape.ts';
import { WATCH_BOOKMARK_PERIOD_MS, WATCH_SEAT_LIMIT_MS } from '../limits.ts';
import { encodeBookmark, encodeError, encodeEvent, encodeEvents } from './events.ts';
import type { WatchRequest } from './options.ts';
import { Outbox } from './outbox.ts';
import type { WatchTransport } from './transport.ts';

/** How many initial events are handed to the socket before it is asked whether it keeps up. */
const INITIAL_BATCH = 256;

export interface WatchSession {
  readonly server: ServerContext;
  readonly request: WatchRequest;
  readonly range: KeyRange;
  readonly selection: Selection;
  readonly shape: Shape;
  readonly labels: { readonly group: string; readonly version: string; readonly kind: string };
  /** What the first events show, and where the changes begin. */
  readonly snapshot: Snapshot;
  readonly from: Revision;
  /** Held until the first events are sent. */
  readonly seat?: Seat | undefined;
}

/** Runs the watch over `transport` until either side ends it. Never throws. */
export function runWatch(session: WatchSession, transport: WatchTransport): void {
  const { server, request, shape, labels } = session;
  const { clock, logger } = server.options;
  const timers: Timer[] = [];
  let watch: Watch | undefined;
  let over = false;
  const counter = server.metrics.watchEvents.labels(labels);
  const sent = (count: number): void => counter.inc(count);
  const outbox = new Outbox(transport, server.pacer, sent, (error) => fail(error));

  /** Releases everything; the transport is ended by whoever calls. Idempotent. */
  const release = (): void => {
    if (over) return;
    over = true;
    outbox.drop();
    for (const timer of timers) timer.cancel();
    server.streams.delete(endInGoodOrder);
    server.metrics.watches.dec(labels);
    watch?.close();
  };
  const bookmark = (): void => {
    if (over || watch === undefined || !request.bookmarks) return;
    outbox.flush();
    transport.send([encodeBookmark(shape, String(watch.progress()), false)]);
  };
  const endInGoodOrder = (): void => {
    if (over) return;
    outbox.flush();
    bookmark();
    release();
    transport.end();
  };
  const fail = (error: unknown): void => {
    if (over) return;
    outbox.flush();
    release();
    const expected = error instanceof CompactedError || error instanceof StoreStoppedError;
    if (!expected) logger.warn({ error: String(error) }, 'a watch failed');
    transport.send([encodeError(shape, statusOfFailure(error, session.from))]);
    transport.end();
  };
  const events = (batch: readonly WatchEvent[]): void => {
    if (over || batch.length === 0) return;
    if (outbox.put(encodeEvents(batch, shape))) return;
    server.metrics.watchesTerminated.inc({ reason: 'slow' });
    release();
    transport.destroy();
  };
  const follow = (): void => {
    watch = server.options.store.watch(watchOptions(session), {
      events,
      ended: (reason) => (reason === 'closed' ? endInGoodOrder() : fail(expiredError('too old resource version'))),
    });
    // The hub may have called back, and ended everything, before the watch was in our hands.
    if (over) watch.close();
  };

  server.streams.add(endInGoodOrder);
  server.metrics.watches.inc(labels);
  transport.onClosed(release);
  timers.push(clock.timer(request.timeoutSeconds * 1000, endInGoodOrder));
  timers.push(every(clock, WATCH_BOOKMARK_PERIOD_MS, bookmark));
  holdSeat(session, timers);
  sendInitial(session, transport, () => over)
    .then(() => {
      if (!over) follow();
    })
    .catch(fail)
    .finally(() => session.seat?.release());
}

/** A client that is slow to take a long beginning does not hold it for all that time. */
function holdSeat({ server, request, seat }: WatchSession, timers: Timer[]): void {
  if (seat === undefined || !request.initialEvents) return;
  seat.keep();
  timers.push(server.options.clock.timer(WATCH_SEAT_LIMIT_MS, () => seat.release()));
}

function watchOptions({ range, from, selection }: WatchSession): WatchOptions {
  if (selection.everything) return { range, from };
  return { range, from, matches: (object) => selection.matches(object) };
}

/** What the client is told: 410 when its revision is forgotten, so that it lists anew. */
function statusOfFailure(error: unknown, from: Revision): Status {
  if (!(error instanceof CompactedError)) return statusOf(error);
  return expiredError(`too old resource version: ${from} (${error.compactedRevision})`).status;
}

async function sendInitial(session: WatchSession, transport: WatchTransport, over: () => boolean): Promise<void> {
  const { request, shape, snapshot } = session;
  if (request.initialEvents) {
    let batch: Uint8Array[] = [];
    for (const object of snapshot.scan(session.range)) {
      if (!session.selection.matches(object)) continue;
      batch.push(encodeEvent({ type: 'added', object }, shape));
      if (batch.length < INITIAL_BATCH) continue;
      transport.send(batch);
      batch = [];
      await transport.drained();
      if (over()) return;
    }
    if (batch.length > 0) transport.send(batch);
  }
  if (request.markInitialEnd) transport.send([encodeBookmark(shape, String(snapshot.revision), true)]);
  await transport.drained();
}
