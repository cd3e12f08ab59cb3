// Which Services an event concerns: itself, or those whose selector matches the pod before or after the change.
import { equalJson, type Node, type Pod, type Served } from '../../api/index.ts';
import { keyOf, nameOf, type ObjectKey, type WorkQueue } from '../../client/index.ts';
import { BY_NODE } from '../caches.ts';
import type { ControllerContext } from '../context.ts';
import { hasEndpoints } from './candidates.ts';
import { selectsPod } from './lookup.ts';

export function watchServices({ caches, signal }: ControllerContext, queue: WorkQueue<ObjectKey>): void {
  caches.services.addHandlers(
    {
      added: (service) => queue.add(keyOf(service)),
      updated: (service) => queue.add(keyOf(service)),
      deleted: (service) => queue.add(keyOf(service)),
    },
    signal,
  );
  const enqueueFor = (pod: Served<Pod>): void => {
    for (const service of caches.services.lister.list(nameOf(pod).namespace)) {
      if (hasEndpoints(service) && selectsPod(service, pod)) queue.add(keyOf(service));
    }
  };
  const shown = ({ metadata, spec, status }: Served<Pod>): unknown => [
    metadata.labels,
    metadata.deletionTimestamp,
    spec?.nodeName,
    status?.phase,
    status?.podIP,
    status?.podIPs,
    status?.conditions?.find(({ type }) => type === 'Ready')?.status,
  ];
  caches.pods.addHandlers(
    {
      added: enqueueFor,
      updated: (pod, old) => {
        if (equalJson(shown(pod), shown(old))) return;
        enqueueFor(old);
        enqueueFor(pod);
      },
      deleted: enqueueFor,
    },
    signal,
  );
  const enqueueNode = (node: Served<Node>): void => {
    caches.pods.lister.byIndex(BY_NODE, node.metadata.name).forEach(enqueueFor);
  };
  caches.nodes.addHandlers(
    { updated: (node, old) => !equalJson(node.metadata.labels, old.metadata.labels) && enqueueNode(node) },
    signal,
  );
}
