// QueueSort: higher priority first, then first come, first served.
import type { Plugin } from '../../framework/plugin.ts';

export const prioritySort: Plugin = {
  name: 'PrioritySort',
  less(a, b) {
    const [left, right] = [a.pod.spec?.priority ?? 0, b.pod.spec?.priority ?? 0];
    return left === right ? a.addedMs < b.addedMs : left > right;
  },
};
