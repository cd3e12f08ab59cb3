// What a pod's status says about being scheduled. Pure.
import type { Pod, PodCondition, Served } from '../api/index.ts';
import { rfc3339 } from '../lib/index.ts';

/** The patch of a pod's status that says why it waits; undefined when the status says so already. */
export function unschedulablePatch(pod: Served<Pod>, message: string, nowMs: number): unknown {
  const old = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  if (old?.status === 'False' && old.reason === 'Unschedulable' && old.message === message) return undefined;
  const now = rfc3339(nowMs);
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    // The moment the status changed, not the moment its reason did.
    lastTransitionTime: old?.status === 'False' ? (old.lastTransitionTime ?? now) : now,
  };
  // The uid keeps the words from another pod that took the name.
  return { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
}
