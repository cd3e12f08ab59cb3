// What follows a decision: reserve, permit, prepare, bind, tell. It runs beside the next decisions; whatever fails puts the
// pod back into the queue and its room back into the cache.
import { type EventRecorder, isNotFound, keyOf } from '../client/index.ts';
import { type Clock, type Logger, messageOf } from '../lib/index.ts';
import type { SchedulerCache } from './cache.ts';
import type { Plugin, Profile } from './framework/plugin.ts';
import { FitError } from './framework/schedule.ts';
import type { PodInfo } from './framework/snapshot.ts';
import { PERMIT_LIMIT_MS } from './limits.ts';
import type { QueuedPod, SchedulingQueue } from './queue.ts';

export interface BindingMeans {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Assumes the pod on the node, at once; what has to be written is left to `bindAssumed`. Answers why it could not. */
export function assume(pod: PodInfo, node: string, profile: Profile, cache: SchedulerCache): FitError | undefined {
  cache.assume(pod, node);
  for (const { plugin } of profile.plugins) {
    const rejection = plugin.reserve?.(pod, node);
    if (rejection === undefined) continue;
    undo(pod, node, profile, cache);
    return new FitError(`${node} could not be reserved: ${rejection.reasons.join(', ')}`, new Set([plugin.name]));
  }
  return undefined;
}

/** Writes what was assumed. Never rejects; answers whether the pod was bound. */
export async function bindAssumed(
  queued: QueuedPod,
  pod: PodInfo,
  node: string,
  profile: Profile,
  means: BindingMeans,
): Promise<boolean> {
  const { cache, queue, recorder, logger, signal } = means;
  try {
    await runPermits(pod, node, profile, means);
    for (const { plugin } of profile.plugins) await plugin.preBind?.(pod, node, signal);
    await bind(pod, node, profile, signal);
  } catch (error) {
    undo(pod, node, profile, cache);
    if (isNotFound(error)) {
      // Deleted meanwhile.
      queue.finish(queued);
    } else {
      if (error instanceof FitError) queue.giveBack(queued, error.rejectedBy);
      else queue.retry(queued);
      if (!signal.aborted) {
        logger.warn({ pod: queued.key, node, error: messageOf(error) }, 'a pod was not bound and will be tried again');
        recorder.event(pod.pod, 'Warning', 'FailedScheduling', `binding rejected: ${messageOf(error)}`);
      }
    }
    queue.notify('podFreed');
    return false;
  }
  cache.finishBinding(pod.pod);
  queue.finish(queued);
  recorder.event(pod.pod, 'Normal', 'Scheduled', `Successfully assigned ${keyOf(pod.pod)} to ${node}`);
  for (const { plugin } of profile.plugins) plugin.postBind?.(pod, node);
  return true;
}

async function runPermits(
  pod: PodInfo,
  node: string,
  profile: Profile,
  { clock, signal }: BindingMeans,
): Promise<void> {
  for (const { plugin } of profile.plugins) {
    if (plugin.permit === undefined) continue;
    const limit = new AbortController();
    const timer = clock.timer(PERMIT_LIMIT_MS, () =>
      limit.abort(new Error(`${plugin.name} did not permit it in time`)),
    );
    try {
      const rejection = await withinLimit(plugin, pod, node, AbortSignal.any([signal, limit.signal]));
      if (rejection === undefined) continue;
      throw new FitError(`${plugin.name} rejected it: ${rejection.reasons.join(', ')}`, new Set([plugin.name]));
    } finally {
      timer.cancel();
    }
  }
}

/** The permit's answer, or the signal's reason: a plugin that ignores its signal holds nothing up. */
function withinLimit(plugin: Plugin, pod: PodInfo, node: string, signal: AbortSignal) {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([Promise.resolve(plugin.permit?.(pod, node, signal)), aborted]);
}

async function bind(pod: PodInfo, node: string, profile: Profile, signal: AbortSignal): Promise<void> {
  for (const { plugin } of profile.plugins) {
    if ((await plugin.bind?.(pod, node, signal)) === true) return;
  }
  throw new Error(`no plugin of the profile ${profile.schedulerName} binds pods`);
}

function undo(pod: PodInfo, node: string, profile: Profile, cache: SchedulerCache): void {
  for (const { plugin } of [...profile.plugins].reverse()) plugin.unreserve?.(pod, node);
  cache.forget(pod.pod);
}
