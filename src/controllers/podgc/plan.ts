// Which pods nobody else will ever remove: bound to nodes that are no more, deleted before they were bound, stuck on nodes
// out of service, or finished and too many. Pure.
import type { Node, Pod, Served, Taint } from '../../api/index.ts';
import { OUT_OF_SERVICE } from '../node/plan.ts';
import { isPodFinished } from '../shared/pods.ts';

export type GarbageReason = 'orphaned' | 'unscheduledTerminating' | 'outOfService' | 'finished';

export interface GarbagePod {
  readonly pod: Served<Pod>;
  readonly reason: GarbageReason;
}

/** The pods to delete. `goneNodes`: names of nodes that have been absent for the whole quarantine. */
export function planPodGarbage(
  pods: readonly Served<Pod>[],
  nodes: readonly Served<Node>[],
  goneNodes: ReadonlySet<string>,
  finishedLimit: number,
): readonly GarbagePod[] {
  const outOfService = new Set(
    nodes.filter(({ spec }) => spec?.taints?.some(({ key }: Taint) => key === OUT_OF_SERVICE)).map(nameOfNode),
  );
  const garbage: GarbagePod[] = [];
  const finished: Served<Pod>[] = [];
  for (const pod of pods) {
    const node = pod.spec?.nodeName ?? '';
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    if (node !== '' && goneNodes.has(node)) garbage.push({ pod, reason: 'orphaned' });
    else if (node === '' && terminating) garbage.push({ pod, reason: 'unscheduledTerminating' });
    else if (terminating && outOfService.has(node)) garbage.push({ pod, reason: 'outOfService' });
    else if (isPodFinished(pod) && !terminating) finished.push(pod);
  }
  const surplus = finished.length - finishedLimit;
  if (surplus > 0) {
    finished.sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
    garbage.push(...finished.slice(0, surplus).map((pod): GarbagePod => ({ pod, reason: 'finished' })));
  }
  return garbage;
}

/** Names of nodes that pods are bound to and that do not exist. */
export function missingNodes(pods: readonly Pod[], nodes: readonly Served<Node>[]): ReadonlySet<string> {
  const known = new Set(nodes.map(nameOfNode));
  return new Set(pods.map(({ spec }) => spec?.nodeName ?? '').filter((name) => name !== '' && !known.has(name)));
}

function nameOfNode(node: Served<Node>): string {
  return node.metadata.name;
}
