// The profile of pods that name no scheduler: upstream's default plugins and weights, as far as we have them.
import type { ApiClient } from '../client/index.ts';
import type { Profile } from './framework/plugin.ts';
import { balancedAllocation } from './plugins/balanced-allocation/balanced-allocation.ts';
import { defaultBinder } from './plugins/default-binder/default-binder.ts';
import { leastAllocated } from './plugins/least-allocated/least-allocated.ts';
import { nodeAffinity } from './plugins/node-affinity/node-affinity.ts';
import { nodeName } from './plugins/node-name/node-name.ts';
import { nodePorts } from './plugins/node-ports/node-ports.ts';
import { nodeResourcesFit } from './plugins/node-resources-fit/node-resources-fit.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable/node-unschedulable.ts';
import { podTopologySpread } from './plugins/pod-topology-spread/pod-topology-spread.ts';
import { prioritySort } from './plugins/priority-sort/priority-sort.ts';
import { replicaSpread } from './plugins/replica-spread/replica-spread.ts';
import { taintToleration } from './plugins/taint-toleration/taint-toleration.ts';

export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

/** `client` is what binds: fenced, where there is a leader. */
export function defaultProfile(client: ApiClient): Profile {
  return {
    schedulerName: DEFAULT_SCHEDULER_NAME,
    plugins: [
      { plugin: prioritySort },
      { plugin: nodeUnschedulable },
      { plugin: nodeName },
      { plugin: taintToleration, weight: 3 },
      { plugin: nodeAffinity, weight: 2 },
      { plugin: nodePorts },
      { plugin: nodeResourcesFit },
      { plugin: podTopologySpread, weight: 2 },
      { plugin: leastAllocated },
      { plugin: balancedAllocation },
      { plugin: replicaSpread, weight: 2 },
      { plugin: defaultBinder(client) },
    ],
  };
}
