// Filter: what a pod requests must be free on the node, and the node must be allowed one pod more.
import type { Plugin, Prepared } from '../../framework/plugin.ts';

/** What the pod asks for, without what it asks nothing of. */
type Wanted = readonly (readonly [name: string, amount: number])[];

export const nodeResourcesFit: Plugin<Wanted> = {
  name: 'NodeResourcesFit',
  wakesOn: ['nodeAdded', 'nodeAllocatable', 'podFreed'],
  preFilter: (pod): Prepared<Wanted> => ({
    kind: 'state',
    state: Object.entries(pod.requests).filter(([, amount]) => amount > 0),
  }),
  filter(_pod, node, wanted = []) {
    const reasons: string[] = [];
    const { pods: podLimit = 0 } = node.allocatable;
    if (node.pods.length + 1 > podLimit) reasons.push('Too many pods');
    for (const [name, amount] of wanted) {
      const free = (node.allocatable[name] ?? 0) - (node.requested[name] ?? 0);
      if (amount > free) reasons.push(`Insufficient ${name}`);
    }
    return reasons.length === 0 ? undefined : { reasons };
  },
};
