// Filter: what a pod requests must be free on the node, and the node must be allowed one pod more.
import type { Plugin } from '../../framework/plugin.ts';

export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  wakesOn: ['nodeAdded', 'nodeAllocatable', 'podFreed'],
  filter(pod, node) {
    const reasons: string[] = [];
    const { pods: podLimit = 0 } = node.allocatable;
    if (node.pods.length + 1 > podLimit) reasons.push('Too many pods');
    for (const [name, wanted] of Object.entries(pod.requests)) {
      const free = (node.allocatable[name] ?? 0) - (node.requested[name] ?? 0);
      if (wanted > 0 && wanted > free) reasons.push(`Insufficient ${name}`);
    }
    return reasons.length === 0 ? undefined : { reasons };
  },
};
