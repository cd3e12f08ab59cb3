// Tells the story of an object as core/v1 Events, the way `kubectl describe` reads them. Repeats raise a count, floods of
// similar messages are combined, chatter is limited per object. It never throws and never makes its caller wait: what
// cannot be written soon is dropped, because events inform and decide nothing.
import type { CoreEvent, KubeObject, ObjectReference } from '../api/index.ts';
import { type Clock, type Logger, messageOf, rfc3339 } from '../lib/index.ts';
import { isNotFound } from './errors.ts';
import {
  EVENT_BURST,
  EVENT_CACHE_LIMIT,
  EVENT_MESSAGE_LIMIT,
  EVENT_QUEUE_LIMIT,
  EVENT_REFILL_MS,
  EVENT_SIMILAR_INTERVAL_MS,
  EVENT_SIMILAR_LIMIT,
  EVENT_WRITE_TIMEOUT_MS,
} from './limits.ts';
import { EVENTS, nameOf } from './resources.ts';
import type { ApiClient, EventRecorder } from './types.ts';

export interface EventRecorderOptions {
  /** Unfenced: events are told, not decided. */
  readonly client: ApiClient;
  /** Who reports: `default-scheduler`, `deployment-controller`, `kubelet`. */
  readonly component: string;
  /** The node it runs on, for kubelets. */
  readonly host?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One event object: what is the same about its occurrences, and how many there were. */
interface Series {
  readonly regarding: ObjectReference;
  readonly type: string;
  readonly reason: string;
  message: string;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  /** '' until it was created. */
  name: string;
  queued: boolean;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, logger } = options;
  const allow = createBucket(clock);
  const combine = createCombiner(clock);
  const known = new Map<string, Series>();
  const queue: Series[] = [];
  let writing = false;
  // Tells events of one millisecond apart.
  let sequence = 0;

  const drain = async (): Promise<void> => {
    writing = true;
    for (let series = queue.shift(); series !== undefined; series = queue.shift()) {
      series.queued = false;
      try {
        await write(options, series, sequence++);
      } catch (error) {
        logger.debug({ reason: series.reason, error: messageOf(error) }, 'an event was not written');
      }
    }
    writing = false;
  };

  return {
    event(regarding, type, reason, message, fieldPath) {
      const reference = { ...referenceTo(regarding), ...(fieldPath === undefined ? {} : { fieldPath }) };
      const who = [reference.kind, reference.namespace, reference.name, reference.uid].join('/');
      if (!allow(who)) return;
      const similar = `${who}/${fieldPath ?? ''}/${type}/${reason}`;
      const { text, identity } = combine(similar, message.slice(0, EVENT_MESSAGE_LIMIT));
      const key = `${similar}/${identity}`;
      const series = known.get(key) ?? createSeries(reference, type, reason, clock.now());
      remember(known, key, series);
      series.count += 1;
      series.lastMs = clock.now();
      series.message = text;
      if (series.queued) return;
      if (queue.length >= EVENT_QUEUE_LIMIT) {
        logger.debug({ reason }, 'an event was dropped: too many are waiting');
        return;
      }
      series.queued = true;
      queue.push(series);
      if (!writing) void drain();
    },
  };
}

function createSeries(regarding: ObjectReference, type: string, reason: string, nowMs: number): Series {
  return { regarding, type, reason, message: '', firstMs: nowMs, lastMs: nowMs, count: 0, name: '', queued: false };
}

/** Creates the event, or raises the count of the one that is there. */
async function write(options: EventRecorderOptions, series: Series, sequence: number): Promise<void> {
  const { client, component, host } = options;
  const namespace = series.regarding.namespace || 'default';
  const lastTimestamp = rfc3339(series.lastMs);
  const { count, message } = series;
  if (series.name !== '') {
    try {
      const name = { namespace, name: series.name };
      await client.patch(
        EVENTS,
        name,
        'merge',
        { count, message, lastTimestamp },
        { timeoutMs: EVENT_WRITE_TIMEOUT_MS },
      );
      return;
    } catch (error) {
      // Events live for an hour.
      if (!isNotFound(error)) throw error;
    }
  }
  // A name of its own at each creation: the object's name and the time, as upstream's events are called.
  const suffix = (BigInt(series.lastMs) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16);
  const name = `${(series.regarding.name ?? '').slice(0, 230)}.${suffix}`;
  const event: CoreEvent = {
    metadata: { namespace, name },
    involvedObject: series.regarding,
    reason: series.reason,
    message,
    type: series.type,
    count,
    firstTimestamp: rfc3339(series.firstMs),
    lastTimestamp,
    source: { component, ...(host === undefined ? {} : { host }) },
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
  await client.create(EVENTS, event, { timeoutMs: EVENT_WRITE_TIMEOUT_MS });
  series.name = name;
}

function referenceTo(object: KubeObject): ObjectReference {
  const { namespace, name } = nameOf(object);
  return {
    ...(object.apiVersion === undefined ? {} : { apiVersion: object.apiVersion }),
    ...(object.kind === undefined ? {} : { kind: object.kind }),
    ...(namespace === '' ? {} : { namespace }),
    name,
    ...(object.metadata?.uid === undefined ? {} : { uid: object.metadata.uid }),
    ...(object.metadata?.resourceVersion === undefined ? {} : { resourceVersion: object.metadata.resourceVersion }),
  };
}

/** A bounded map that forgets what was used least recently. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > EVENT_CACHE_LIMIT) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
}

/** A burst of events per object, then one per period. */
function createBucket(clock: Clock): (who: string) => boolean {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return (who) => {
    const nowMs = clock.monotonic();
    const bucket = buckets.get(who) ?? { tokens: EVENT_BURST, atMs: nowMs };
    remember(buckets, who, bucket);
    bucket.tokens = Math.min(EVENT_BURST, bucket.tokens + (nowMs - bucket.atMs) / EVENT_REFILL_MS);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}

/** Different messages about the same thing become one event when there are many of them. */
function createCombiner(clock: Clock): (similar: string, message: string) => { text: string; identity: string } {
  const seen = new Map<string, { messages: Set<string>; atMs: number }>();
  return (similar, message) => {
    const nowMs = clock.monotonic();
    let entry = seen.get(similar);
    if (entry === undefined || nowMs - entry.atMs > EVENT_SIMILAR_INTERVAL_MS) {
      entry = { messages: new Set(), atMs: nowMs };
    }
    entry.atMs = nowMs;
    remember(seen, similar, entry);
    if (entry.messages.has(message)) return { text: message, identity: message };
    if (entry.messages.size < EVENT_SIMILAR_LIMIT) {
      entry.messages.add(message);
      return { text: message, identity: message };
    }
    return { text: `(combined from similar events): ${message}`, identity: '' };
  };
}
