// Which ReplicaSets an event concerns: its own, those whose pod it tells of, and those that might adopt an orphan.
import type { Pod, Served } from '../../api/index.ts';
import { keyOf, nameOf, type ObjectKey, type WorkQueue } from '../../client/index.ts';
import type { ControllerContext } from '../context.ts';
import type { Expectations } from '../shared/expectations.ts';
import { controllerOf } from '../shared/owners.ts';
import { selects } from '../shared/selects.ts';

/** Enqueues the keys of ReplicaSets, and tells the expectations what the watch has shown. */
export function watchReplicas(
  { caches, signal }: ControllerContext,
  queue: WorkQueue<ObjectKey>,
  expectations: Expectations,
): void {
  caches.replicaSets.addHandlers(
    {
      added: (replicaSet) => queue.add(keyOf(replicaSet)),
      updated: (replicaSet, old) => {
        if (replicaSet.metadata.uid !== old.metadata.uid) expectations.forget(keyOf(old));
        queue.add(keyOf(replicaSet));
      },
      deleted: (replicaSet) => {
        expectations.forget(keyOf(replicaSet));
        queue.add(keyOf(replicaSet));
      },
    },
    signal,
  );

  const ownerKey = (pod: Served<Pod>): string | undefined => {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return undefined;
    return `${nameOf(pod).namespace}/${owner.name}`;
  };
  const enqueueAdopters = (pod: Served<Pod>): void => {
    for (const replicaSet of caches.replicaSets.lister.list(nameOf(pod).namespace)) {
      if (selects(replicaSet.spec?.selector, pod.metadata.labels)) queue.add(keyOf(replicaSet));
    }
  };
  const seen = (pod: Served<Pod>): void => {
    const key = ownerKey(pod);
    if (key !== undefined) {
      expectations.creationObserved(key, pod.metadata.name);
      if (pod.metadata.deletionTimestamp !== undefined) expectations.deletionObserved(key, pod.metadata.uid);
      queue.add(key);
    } else if (controllerOf(pod) === undefined) enqueueAdopters(pod);
  };

  caches.pods.addHandlers(
    {
      added: seen,
      updated: (pod, old) => {
        const before = ownerKey(old);
        if (before !== undefined && before !== ownerKey(pod)) queue.add(before);
        seen(pod);
      },
      deleted: (pod) => {
        const key = ownerKey(pod);
        if (key === undefined) return;
        expectations.creationObserved(key, pod.metadata.name);
        expectations.deletionObserved(key, pod.metadata.uid);
        queue.add(key);
      },
    },
    signal,
  );
}
