// Workloads and pod groups: pods that are scheduled together. A workload holds the templates, a pod group is one of them at work.
import type { PodGroup, Workload } from '../../gated-types.ts';
import { validateConditions } from '../../validation/conditions.ts';
import {
  validatePodGroup,
  validatePodGroupUpdate,
  validateWorkload,
  validateWorkloadUpdate,
} from '../../validation/gated/workload.ts';
import { defineResource, statusOf } from '../define.ts';
import { withStatus } from '../strategies.ts';

const GROUP = 'scheduling.k8s.io';
const VERSION = 'v1alpha2';

export const WORKLOADS = defineResource({
  group: GROUP,
  version: VERSION,
  plural: 'workloads',
  kind: 'Workload',
  namespaced: true,
  strategy: {
    validateCreate: (object) => validateWorkload(object as Workload),
    validateUpdate: (object, old) => validateWorkloadUpdate(object as Workload, old as Workload),
  },
});

export const POD_GROUPS = defineResource({
  group: GROUP,
  version: VERSION,
  plural: 'podgroups',
  kind: 'PodGroup',
  namespaced: true,
  subresources: [statusOf(GROUP, VERSION, 'PodGroup')],
  strategy: {
    ...withStatus(false),
    validateCreate: (object) => validatePodGroup(object as PodGroup),
    validateUpdate: (object, old) => validatePodGroupUpdate(object as PodGroup, old as PodGroup),
    validateStatusUpdate: (object) => validateConditions((object as PodGroup).status?.conditions, 'status.conditions'),
  },
});
