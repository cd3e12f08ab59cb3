// Score: a node whose CPU and memory would be used in like measure keeps room for pods of every shape.
import type { Plugin } from '../../framework/plugin.ts';
import { SCORE_MAX } from '../../limits.ts';

export const balancedAllocation: Plugin = {
  name: 'BalancedAllocation',
  score(pod, node) {
    const [cpu = 0, memory = 0] = ['cpu', 'memory'].map((name) => {
      const capacity = node.allocatable[name] ?? 0;
      const used = (node.requested[name] ?? 0) + (pod.requests[name] ?? 0);
      return capacity === 0 ? 1 : Math.min(1, used / capacity);
    });
    // The standard deviation of two values is half their distance.
    return (1 - Math.abs(cpu - memory) / 2) * SCORE_MAX;
  },
};
