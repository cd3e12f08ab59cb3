// Pod garbage collection, a round at a time. A node is believed to be gone only after a quarantine, and after the server
// itself has said so: the cache may simply not have seen it yet.
import type { Pod, Served } from '../../api/index.ts';
import { NODES, nameOf, PODS, type ReconcileResult } from '../../client/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { POD_GC_PERIOD_MS, POD_GC_QUARANTINE_MS, TERMINATED_POD_LIMIT } from '../limits.ts';
import { unlessGone } from '../shared/claim.ts';
import { isPodFinished, withPodCondition } from '../shared/pods.ts';
import { type GarbagePod, missingNodes, planPodGarbage } from './plan.ts';

const ROUND = 'round';

export function startPodGarbageCollector(context: ControllerContext): readonly Loop[] {
  const queue = context.newQueue();
  queue.add(ROUND);
  /** When each absent node was first missed, monotonic. */
  const missedSince = new Map<string, number>();
  return [{ name: 'pod-garbage-collector', workers: 1, queue, reconcile: () => round(context, missedSince) }];
}

async function round(context: ControllerContext, missedSince: Map<string, number>): Promise<ReconcileResult> {
  const { caches } = context;
  const pods = caches.pods.lister.list();
  const nodes = caches.nodes.lister.list();
  const gone = await goneNodes(context, missedSince, missingNodes(pods, nodes));
  for (const garbage of planPodGarbage(pods, nodes, gone, TERMINATED_POD_LIMIT)) await remove(context, garbage);
  return { requeueAfterMs: POD_GC_PERIOD_MS };
}

async function goneNodes(
  { client, clock }: ControllerContext,
  missedSince: Map<string, number>,
  missing: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  for (const name of missedSince.keys()) if (!missing.has(name)) missedSince.delete(name);
  const gone = new Set<string>();
  for (const name of missing) {
    const sinceMs = missedSince.get(name) ?? clock.monotonic();
    missedSince.set(name, sinceMs);
    if (clock.monotonic() - sinceMs < POD_GC_QUARANTINE_MS) continue;
    const live = await unlessGone(client.get(NODES, { namespace: '', name }));
    if (live === undefined) gone.add(name);
  }
  return gone;
}

async function remove({ client, clock }: ControllerContext, { pod, reason }: GarbagePod): Promise<void> {
  let latest: Served<Pod> | undefined = pod;
  // Nobody will report how the pod ended; owners that count failures must still see an end.
  if (!isPodFinished(pod) && reason !== 'finished') {
    const orphaned = reason === 'orphaned';
    const conditions = withPodCondition(pod, {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message: orphaned ? 'PodGC: node no longer exists' : 'PodGC: pod will not run any more',
      lastTransitionTime: rfc3339(clock.now()),
    });
    const status = { ...pod.status, phase: 'Failed', ...(orphaned ? { conditions } : {}) };
    latest = await unlessGone(client.update(PODS, { ...pod, status }, { subresource: 'status' }));
  }
  if (latest === undefined) return;
  const { uid, resourceVersion } = latest.metadata;
  await unlessGone(client.delete(PODS, nameOf(pod), { uid, resourceVersion, gracePeriodSeconds: 0 }));
}
