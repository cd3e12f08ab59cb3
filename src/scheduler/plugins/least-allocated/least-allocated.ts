// Score: the more of a node is free after the pod went there, the better. CPU and memory count alike.
import type { Plugin } from '../../framework/plugin.ts';
import { SCORE_MAX } from '../../limits.ts';

export const leastAllocated: Plugin = {
  name: 'LeastAllocated',
  score(pod, node) {
    const free = ['cpu', 'memory'].map((name) => {
      const capacity = node.allocatable[name] ?? 0;
      const used = (node.scoredRequested[name] ?? 0) + (pod.scoredRequests[name] ?? 0);
      return capacity === 0 || used > capacity ? 0 : ((capacity - used) * SCORE_MAX) / capacity;
    });
    return free.reduce((sum, one) => sum + one, 0) / free.length;
  },
};
