// Pods: the resource with the most rules. Its subresources are binding (scheduling), eviction, log and status;
// its spec hardly changes after creation.

import { equalJson } from '../../json.ts';
import { qosClassOf } from '../../qos.ts';
import type { Pod } from '../../types.ts';
import { validatePod, validatePodCreate, validatePodStatusUpdate } from '../../validation/pod.ts';
import { validatePodUpdate } from '../../validation/pod-update.ts';
import { defineResource, statusOf } from '../define.ts';
import { POD_COLUMNS } from './pod-columns.ts';
import { applyPodDefaults } from './pod-defaults.ts';
import { POD_PARTS } from './pod-parts.ts';

export const PODS = defineResource({
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    { name: 'binding', verbs: ['create'], kind: 'Binding', group: '', version: 'v1' },
    { name: 'ephemeralcontainers', verbs: ['get', 'patch', 'update'], kind: 'Pod', group: '', version: 'v1' },
    { name: 'eviction', verbs: ['create'], kind: 'Eviction', group: 'policy', version: 'v1' },
    { name: 'log', verbs: ['get'], kind: 'Pod', group: '', version: 'v1' },
    { name: 'resize', verbs: ['get', 'patch', 'update'], kind: 'Pod', group: '', version: 'v1' },
    statusOf('', 'v1', 'Pod'),
  ],
  columns: POD_COLUMNS,
  strategy: {
    hasGeneration: true,
    prepareForCreate(object) {
      const pod = object as Pod;
      pod.status = { phase: 'Pending', qosClass: qosClassOf(pod.spec), ...gatedConditions(pod) };
    },
    prepareForUpdate(object, old) {
      const pod = object as Pod;
      const before = old as Pod;
      if (before.status === undefined) delete pod.status;
      else pod.status = structuredClone(before.status);
      return !equalJson(pod.spec, before.spec);
    },
    prepareForStatusUpdate(object, old) {
      const pod = object as Pod;
      const before = old as Pod;
      if (before.spec !== undefined) pod.spec = structuredClone(before.spec);
      // Kubelets report conditions and phases; owners and deletion are not theirs to change.
      if (pod.metadata !== undefined && before.metadata?.ownerReferences !== undefined) {
        pod.metadata.ownerReferences = before.metadata.ownerReferences;
      }
      if (pod.status !== undefined) pod.status.qosClass ??= before.status?.qosClass ?? qosClassOf(pod.spec);
    },
    applyDefaults: applyPodDefaults,
    validate: (object) => validatePod(object as Pod),
    validateCreate: (object) => validatePodCreate(object as Pod),
    validateUpdate: (object, old) => validatePodUpdate(object as Pod, old as Pod),
    validateStatusUpdate: (object, old) => validatePodStatusUpdate(object as Pod, old as Pod),
    parts: POD_PARTS,
    selectableFields: (object) => podFields(object as Pod),
    selectableFieldNames: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
    deletionGracePeriodSeconds: (object) => deletionGrace(object as Pod),
  },
});

/** Whoever lists pods sees at once that the scheduler leaves this one alone. */
function gatedConditions({ spec }: Pod): Pick<NonNullable<Pod['status']>, 'conditions'> {
  if ((spec?.schedulingGates ?? []).length === 0) return {};
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  return { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }] };
}

/** Nothing runs for a pod without a node or one that has ended: it goes at once. */
function deletionGrace({ spec, status }: Pod): number {
  if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
  const seconds = spec.terminationGracePeriodSeconds ?? 30;
  // Less than nothing is one second: the least that is not a forced deletion.
  return seconds < 0 ? 1 : seconds;
}

function podFields({ spec, status }: Pod): Record<string, string> {
  return {
    'spec.nodeName': spec?.nodeName ?? '',
    'spec.restartPolicy': spec?.restartPolicy ?? '',
    'spec.schedulerName': spec?.schedulerName ?? '',
    'spec.serviceAccountName': spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec?.hostNetwork ?? false),
    'status.phase': status?.phase ?? '',
    'status.podIP': status?.podIP ?? '',
    'status.nominatedNodeName': status?.nominatedNodeName ?? '',
  };
}
