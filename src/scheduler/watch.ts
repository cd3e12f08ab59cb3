// Carries what the informers tell into the scheduler's cache and queue: which pods are ours, which have a place, and which
// changes may give a waiting pod one.
import { equalJson, type Node, type Pod, type Served } from '../api/index.ts';
import { type Informer, keyOf } from '../client/index.ts';
import type { SchedulerCache } from './cache.ts';
import type { ClusterEvent } from './framework/plugin.ts';
import type { SchedulingQueue } from './queue.ts';

export interface Watched {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  /** Whether a pod names one of our profiles. */
  isOurs(pod: Pod): boolean;
}

export function watchNodes(informer: Informer<Node>, { cache, queue }: Watched, signal: AbortSignal): void {
  informer.addHandlers(
    {
      added(node) {
        cache.setNode(node);
        queue.notify('nodeAdded');
      },
      updated(node, old) {
        cache.setNode(node);
        for (const event of nodeEvents(node, old)) queue.notify(event);
      },
      deleted(node) {
        cache.removeNode(node.metadata.name);
      },
    },
    signal,
  );
}

/** What about a node changed that a pod may have waited for. Heartbeats are nothing. */
function nodeEvents(node: Node, old: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!equalJson(node.status?.allocatable, old.status?.allocatable)) events.push('nodeAllocatable');
  if (!equalJson(node.metadata?.labels, old.metadata?.labels)) events.push('nodeLabels');
  const closed = (one: Node): unknown => [one.spec?.taints ?? [], one.spec?.unschedulable ?? false];
  if (!equalJson(closed(node), closed(old))) events.push('nodeTaints');
  return events;
}

export function watchPods(informer: Informer<Pod>, { cache, queue, isOurs }: Watched, signal: AbortSignal): void {
  const leave = (pod: Served<Pod>): void => {
    cache.removePod(pod);
    queue.notify('podFreed');
  };
  const update = (pod: Served<Pod>, old: Served<Pod> | undefined): void => {
    const key = keyOf(pod);
    if (hasPlace(pod)) {
      queue.remove(key);
      cache.setPod(pod);
      if (old === undefined || !hasPlace(old)) queue.notify('podPlaced');
    } else if (old !== undefined && hasPlace(old)) {
      // It has ended: its room is free.
      leave(pod);
    } else if (!mayBeScheduled(pod) || !isOurs(pod)) {
      queue.remove(key);
    } else if (old === undefined || !mayBeScheduled(old)) {
      queue.add(pod);
    } else {
      queue.update(pod, changedForScheduling(pod, old));
    }
  };
  informer.addHandlers(
    {
      added: (pod) => update(pod, undefined),
      updated: update,
      deleted(pod) {
        queue.remove(keyOf(pod));
        if (hasPlace(pod) || cache.isAssumed(pod)) leave(pod);
      },
    },
    signal,
  );
}

/** It is on a node and uses it. */
function hasPlace(pod: Pod): boolean {
  return (pod.spec?.nodeName ?? '') !== '' && !hasEnded(pod);
}

/** Unplaced, wanted, and not held back by a gate. */
export function mayBeScheduled(pod: Pod): boolean {
  return (
    (pod.spec?.nodeName ?? '') === '' &&
    !hasEnded(pod) &&
    pod.metadata?.deletionTimestamp === undefined &&
    (pod.spec?.schedulingGates ?? []).length === 0
  );
}

function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function changedForScheduling(pod: Pod, old: Pod): boolean {
  return !equalJson(pod.spec, old.spec) || !equalJson(pod.metadata?.labels, old.metadata?.labels);
}
