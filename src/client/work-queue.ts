// A work queue with client-go's guarantees: a key waits at most once, is worked on by one worker at a time, and a key that
// is added while it is worked on comes back after `done`. Failed keys back off exponentially, each on its own.
import { assert, type Clock, type Prng, type Timer } from '../lib/index.ts';
import { QUEUE_BACKOFF_MAX_MS, QUEUE_BACKOFF_MIN_MS } from './limits.ts';
import type { WorkQueue } from './types.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Spreads the back-off of keys that failed together; none when undefined. */
  readonly random?: Prng | undefined;
  readonly backoffMinMs?: number | undefined;
  readonly backoffMaxMs?: number | undefined;
}

/**
 * Invariant: a key in `waiting` is in `dirty`; a key in `dirty` is in `waiting` or in `processing`.
 * `dirty` is what has to be done, `waiting` the order of it, `processing` what workers have in hand.
 */
export function createWorkQueue<K extends string = string>(options: WorkQueueOptions): WorkQueue<K> {
  const { clock, random } = options;
  const minMs = options.backoffMinMs ?? QUEUE_BACKOFF_MIN_MS;
  const maxMs = options.backoffMaxMs ?? QUEUE_BACKOFF_MAX_MS;
  const dirty = new Set<K>();
  const processing = new Set<K>();
  const waiting = new Set<K>(); // insertion order is queue order
  const workers: ((key: K | undefined) => void)[] = [];
  const delayed = new Map<K, { readonly dueMs: number; readonly timer: Timer }>();
  const failures = new Map<K, number>();
  let closed = false;

  const take = (): K | undefined => {
    const [key] = waiting;
    if (key === undefined) return undefined;
    waiting.delete(key);
    dirty.delete(key);
    processing.add(key);
    return key;
  };

  const enqueue = (key: K): void => {
    waiting.add(key);
    const worker = workers.shift();
    worker?.(take());
  };

  const add = (key: K): void => {
    if (closed || dirty.has(key)) return;
    dirty.add(key);
    if (!processing.has(key)) enqueue(key);
  };

  const addAfter = (key: K, delayMs: number): void => {
    if (closed) return;
    if (delayMs <= 0) {
      add(key);
      return;
    }
    const dueMs = clock.monotonic() + delayMs;
    const pending = delayed.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    pending?.timer.cancel();
    const timer = clock.timer(delayMs, () => {
      delayed.delete(key);
      add(key);
    });
    delayed.set(key, { dueMs, timer });
  };

  return {
    add,
    addAfter,
    addRateLimited(key) {
      const failed = failures.get(key) ?? 0;
      failures.set(key, failed + 1);
      const backoffMs = Math.min(maxMs, minMs * 2 ** failed);
      addAfter(key, random === undefined ? backoffMs : backoffMs * (1 + random.float() * 0.1));
    },
    forget(key) {
      failures.delete(key);
    },
    next() {
      const key = take();
      if (key !== undefined) return Promise.resolve(key);
      if (closed) return Promise.resolve(undefined);
      return new Promise((resolve) => workers.push(resolve));
    },
    done(key) {
      assert(processing.delete(key), `done(${key}) of a key that nobody works on`);
      if (dirty.has(key)) enqueue(key);
    },
    get length() {
      return waiting.size;
    },
    shutDown() {
      closed = true;
      for (const { timer } of delayed.values()) timer.cancel();
      delayed.clear();
      for (const worker of workers.splice(0)) worker(undefined);
    },
  };
}
