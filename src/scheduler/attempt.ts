// One attempt at one pod: is it still wanted, where could it go, and what follows from the answer. Everything up to assuming
// the pod on its node happens in one turn, so that no two decisions see the same room free.
import type { Pod, Served } from '../api/index.ts';
import { type ApiClient, type EventRecorder, isNotFound, type Lister, nameOf, PODS } from '../client/index.ts';
import { type Clock, type Logger, messageOf, type Prng } from '../lib/index.ts';
import { assume, bindAssumed } from './binding.ts';
import type { SchedulerCache } from './cache.ts';
import type { Profile } from './framework/plugin.ts';
import { FitError, schedule } from './framework/schedule.ts';
import { type PodInfo, podInfo, type Snapshot } from './framework/snapshot.ts';
import type { SchedulerMetrics } from './metrics.ts';
import { DEFAULT_SCHEDULER_NAME } from './profile.ts';
import type { QueuedPod, SchedulingQueue } from './queue.ts';
import { unschedulablePatch } from './status.ts';
import { mayBeScheduled } from './watch.ts';
import type { Writes } from './writes.ts';

export interface AttemptMeans {
  readonly client: ApiClient;
  readonly lister: Lister<Pod>;
  readonly profiles: readonly Profile[];
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly writes: Writes;
  readonly recorder: EventRecorder;
  readonly metrics: SchedulerMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  readonly signal: AbortSignal;
}

/** The profile that schedules a pod, if it is one of ours. */
export function profileOf(pod: Pod, profiles: readonly Profile[]): Profile | undefined {
  const name = pod.spec?.schedulerName || DEFAULT_SCHEDULER_NAME;
  return profiles.find((profile) => profile.schedulerName === name);
}

export function createAttempt(means: AttemptMeans): (queued: QueuedPod) => void {
  const { lister, profiles, cache, queue, metrics, clock, logger, random, writes } = means;
  let startAt = 0;
  return (queued) => {
    const startedMs = clock.monotonic();
    const tookMs = (): number => clock.monotonic() - startedMs;
    const pod = lister.get(nameOf(queued.pod));
    const profile = pod === undefined ? undefined : profileOf(pod, profiles);
    if (pod === undefined || profile === undefined || !isWaiting(pod, queued) || cache.isAssumed(pod)) {
      queue.finish(queued);
      return;
    }
    try {
      const info = podInfo(pod);
      const snapshot = cache.snapshot();
      const result = schedule(info, snapshot, profile, { random, startAt });
      if (result instanceof FitError) {
        metrics.attempted('unschedulable', tookMs());
        rejected(queued, info, snapshot, result, profile, means);
        return;
      }
      startAt = (startAt + result.evaluated) % snapshot.nodes.length;
      const refusal = assume(info, result.node, profile, cache);
      if (refusal !== undefined) {
        rejected(queued, info, snapshot, refusal, profile, means);
        return;
      }
      const bound = bindAssumed(queued, info, result.node, profile, means);
      writes.track(bound.then((ok) => metrics.attempted(ok ? 'scheduled' : 'error', tookMs())));
    } catch (error) {
      // A plugin failed, or an object is not what validation promises: this pod waits, the others go on.
      metrics.attempted('error', tookMs());
      logger.error({ pod: queued.key, error: messageOf(error) }, 'a decision failed and will be tried again');
      queue.retry(queued);
    }
  };
}

/** The same pod, still without a place. */
function isWaiting(pod: Served<Pod>, queued: QueuedPod): boolean {
  return pod.metadata.uid === queued.pod.metadata.uid && mayBeScheduled(pod);
}

function rejected(
  queued: QueuedPod,
  pod: PodInfo,
  snapshot: Snapshot,
  error: FitError,
  profile: Profile,
  means: AttemptMeans,
): void {
  means.recorder.event(pod.pod, 'Warning', 'FailedScheduling', error.message);
  means.queue.giveBack(queued, error.rejectedBy);
  means.writes.track(afterRejection(pod, snapshot, error, profile, means));
}

/** PostFilter plugins may make room; the pod's status says why it waits. Never rejects. */
async function afterRejection(
  pod: PodInfo,
  snapshot: Snapshot,
  error: FitError,
  profile: Profile,
  { client, clock, logger, signal, queue }: AttemptMeans,
): Promise<void> {
  try {
    for (const { plugin } of profile.plugins) {
      const madeRoomOn = await plugin.postFilter?.(pod, snapshot, signal);
      if (madeRoomOn === undefined) continue;
      logger.info({ pod: nameOf(pod.pod), node: madeRoomOn, plugin: plugin.name }, 'room was made for a pod');
      queue.notify('podFreed');
      break;
    }
    const patch = unschedulablePatch(pod.pod, error.message, clock.now());
    if (patch === undefined) return;
    await client.patch(PODS, nameOf(pod.pod), 'strategic', patch, { subresource: 'status', signal });
  } catch (failure) {
    if (signal.aborted || isNotFound(failure)) return;
    logger.warn({ pod: nameOf(pod.pod), error: messageOf(failure) }, 'the status of a waiting pod was not written');
  }
}
