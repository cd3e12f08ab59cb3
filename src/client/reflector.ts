// Follows a selection for as long as its signal allows: one streaming list, then the same stream as a watch, opened anew
// at the last revision whenever it ends, at whichever server answers. It promises its target each change once, in order.
//
// The race of a reconnect, as a story:
// 1. A watch at server A has delivered revision 10. A is cut off from us, but lives.
// 2. We open a watch at server B after revision 10. B may be behind: it waits until it has applied 10, then goes on.
// 3. The network heals, and A's old socket delivers 11, which B delivers too.
// 4. The old stream was ended before the new one was opened, and an ended stream says nothing (watch.ts): 11 counts once,
//    from B. Were a server to repeat itself, the revision (11 ≤ 11) would tell.
// 5. A list that was cut off half way is not applied at all: it is collected aside and replaces the cache in one step.
import type { KubeObject, Served } from '../api/index.ts';
import { type Clock, type Logger, messageOf, type Prng, sleep } from '../lib/index.ts';
import { ApiStatusError, errorOfStatus, isExpired } from './errors.ts';
import { REMINDER_PERIOD_MS, WATCH_BACKOFF_MAX_MS, WATCH_BACKOFF_MIN_MS } from './limits.ts';
import { keyOf } from './resources.ts';
import type { ApiClient, ObjectKey, ResourceRef, Selection, WatchEvent } from './types.ts';

/** What a reflector keeps up to date. */
export interface ReflectorTarget<T extends KubeObject> {
  /** The whole selection as of one revision. */
  replace(objects: ReadonlyMap<ObjectKey, Served<T>>): void;
  put(object: Served<T>): void;
  remove(object: Served<T>): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: ApiClient;
  readonly ref: ResourceRef<T>;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  readonly signal: AbortSignal;
  readonly target: ReflectorTarget<T>;
}

/** The annotation of the bookmark that ends a streaming list. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

interface Progress {
  /** Everything up to here was given to the target; undefined: list anew. */
  revision: string | undefined;
  /** Streams in a row that brought nothing. */
  failures: number;
  /** When a refusal was last told to the log, monotonic. */
  toldMs: number;
}

/** Resolves when `signal` aborts; never rejects. */
export async function runReflector<T extends KubeObject>(options: ReflectorOptions<T>): Promise<void> {
  const { clock, random, signal, logger } = options;
  const progress: Progress = { revision: undefined, failures: 0, toldMs: Number.NEGATIVE_INFINITY };
  while (!signal.aborted) {
    const error = await follow(options, progress);
    if (signal.aborted) return;
    if (mustRelist(error)) {
      logger.info(
        { revision: progress.revision, error: messageOf(error) },
        'the watch cannot be resumed: listing anew',
      );
      progress.revision = undefined;
    } else if (error !== undefined) {
      const level = isWorthTelling(error, progress, clock.monotonic()) ? 'warn' : 'debug';
      const { revision, failures } = progress;
      logger[level]({ revision, failures, error: messageOf(error) }, 'a watch failed and is opened anew');
    }
    const backoffMs = Math.min(WATCH_BACKOFF_MAX_MS, WATCH_BACKOFF_MIN_MS * 2 ** progress.failures);
    const askedMs = error instanceof ApiStatusError ? (error.retryAfterMs ?? 0) : 0;
    progress.failures += 1;
    await sleep(clock, Math.max(askedMs, backoffMs * random.float()), signal);
  }
}

/** Refusals that last are told now and then. Of servers that cannot be reached the client itself tells, once for all. */
function isWorthTelling(error: Error, progress: Progress, nowMs: number): boolean {
  if (!(error instanceof ApiStatusError) || progress.failures < 3) return false;
  if (nowMs - progress.toldMs < REMINDER_PERIOD_MS) return false;
  progress.toldMs = nowMs;
  return true;
}

/** 410: compacted. 504 and 400: the servers do not know the revision at all (another cluster, or one restored). */
function mustRelist(error: Error | undefined): boolean {
  return isExpired(error) || (error instanceof ApiStatusError && (error.code === 504 || error.code === 400));
}

/** One stream, until it ends: answers why. */
function follow<T extends KubeObject>(
  { client, ref, selection, signal, target }: ReflectorOptions<T>,
  progress: Progress,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    let list: Map<ObjectKey, Served<T>> | undefined = progress.revision === undefined ? new Map() : undefined;
    const stopped = (): void => resolve(undefined);
    const done = (error: Error | undefined): void => {
      signal.removeEventListener('abort', stopped);
      resolve(error);
    };

    const listed = (event: WatchEvent<T>, into: Map<ObjectKey, Served<T>>): void => {
      if (event.type === 'DELETED') into.delete(keyOf(event.object));
      else if (event.type === 'ADDED' || event.type === 'MODIFIED') into.set(keyOf(event.object), event.object);
      else if (event.type === 'BOOKMARK' && event.object.metadata.annotations?.[INITIAL_EVENTS_END] === 'true') {
        list = undefined;
        progress.revision = event.object.metadata.resourceVersion;
        target.replace(into);
      }
    };
    const changed = (event: WatchEvent<T> & { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' }): void => {
      const revision = event.object.metadata.resourceVersion;
      if (event.type !== 'BOOKMARK' && !isAfter(revision, progress.revision)) return;
      if (isAfter(revision, progress.revision)) progress.revision = revision;
      if (event.type === 'DELETED') target.remove(event.object);
      else if (event.type !== 'BOOKMARK') target.put(event.object);
    };

    const handle = client.watch(
      ref,
      selection,
      {
        signal,
        ...(progress.revision === undefined ? { sendInitialEvents: true } : { resourceVersion: progress.revision }),
      },
      {
        event(event) {
          if (event.type === 'ERROR') {
            handle.close();
            done(errorOfStatus(event.object, 500));
            return;
          }
          progress.failures = 0;
          if (list === undefined) changed(event);
          else listed(event, list);
        },
        ended: done,
      },
    );
    signal.addEventListener('abort', stopped, { once: true });
    if (signal.aborted) stopped();
  });
}

/** Revisions are decimal numbers that grow (api.md, resourceVersion). */
function isAfter(revision: string, than: string | undefined): boolean {
  return than === undefined || Number(revision) > Number(than);
}
