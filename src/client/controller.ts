// Runs the workers of one control loop: takes keys from its queue, reconciles them, and decides about retries, so that a
// reconcile function holds nothing but its business.
import { type Clock, type Logger, messageOf } from '../lib/index.ts';
import { isConflict, NotLeaderError } from './errors.ts';
import type { ControllerSpec, ObjectKey, WorkQueue } from './types.ts';

export interface ControllerRuntime {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the loop: keys in hand are finished, waiting ones dropped. */
  readonly signal: AbortSignal;
}

/** Resolves when `signal` has aborted and every worker has finished its key. Never rejects. */
export async function runController(
  spec: ControllerSpec,
  queue: WorkQueue<ObjectKey>,
  runtime: ControllerRuntime,
): Promise<void> {
  const { signal } = runtime;
  const stop = (): void => queue.shutDown();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.all(Array.from({ length: spec.workers }, () => work(spec, queue, runtime)));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function work(spec: ControllerSpec, queue: WorkQueue<ObjectKey>, runtime: ControllerRuntime): Promise<void> {
  for (;;) {
    const key = await queue.next();
    if (key === undefined) return;
    try {
      if (!runtime.signal.aborted) await reconcileOnce(spec, queue, runtime, key);
    } finally {
      queue.done(key);
    }
  }
}

async function reconcileOnce(
  spec: ControllerSpec,
  queue: WorkQueue<ObjectKey>,
  { logger, signal, clock }: ControllerRuntime,
  key: ObjectKey,
): Promise<void> {
  const startedMs = clock.monotonic();
  try {
    const result = await spec.reconcile(key, signal);
    queue.forget(key);
    if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs);
    logger.debug({ controller: spec.name, key, tookMs: clock.monotonic() - startedMs }, 'reconciled');
  } catch (error) {
    if (signal.aborted || error instanceof NotLeaderError) return;
    // A lost race is everyday life: the cache was a moment behind.
    const level = isConflict(error) ? 'debug' : 'warn';
    logger[level]({ controller: spec.name, key, error: messageOf(error) }, 'reconcile failed and will be retried');
    queue.addRateLimited(key);
  }
}
