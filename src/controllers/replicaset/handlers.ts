// Which ReplicaSets or ReplicationControllers an event concerns: its own, those whose pod it tells of, and those that might adopt an orphan.
import type { Pod, Served } from '../../api/index.ts';
import { keyOf, nameOf, type ObjectKey, type WorkQueue } from '../../client/index.ts';
import type { ControllerContext } from '../context.ts';
import type { Expectations } from '../shared/expectations.ts';
import { controllerOf } from '../shared/owners.ts';
import { selects } from '../shared/selects.ts';
import type { ReplicatorKind } from './kinds.ts';

/** Enqueues the keys of a kind, and tells the expectations what the watch has shown. */
export function watchReplicas(
  { caches, signal }: ControllerContext,
  kind: ReplicatorKind,
  queue: WorkQueue<ObjectKey>,
  expectations: Expectations,
): void {
  const replicators = kind.informer(caches);
  replicators.addHandlers(
    {
      added: (replicator) => queue.add(keyOf(replicator)),
      updated: (replicator, old) => {
        if (replicator.metadata.uid !== old.metadata.uid) expectations.forget(keyOf(old));
        queue.add(keyOf(replicator));
      },
      deleted: (replicator) => {
        expectations.forget(keyOf(replicator));
        queue.add(keyOf(replicator));
      },
    },
    signal,
  );

  const ownerKey = (pod: Served<Pod>): string | undefined => {
    const owner = controllerOf(pod);
    if (owner?.kind !== kind.ref.kind || owner.apiVersion !== kind.apiVersion) return undefined;
    return `${nameOf(pod).namespace}/${owner.name}`;
  };
  const enqueueAdopters = (pod: Served<Pod>): void => {
    for (const replicator of replicators.lister.list(nameOf(pod).namespace)) {
      if (selects(kind.selectorOf(replicator), pod.metadata.labels)) queue.add(keyOf(replicator));
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
