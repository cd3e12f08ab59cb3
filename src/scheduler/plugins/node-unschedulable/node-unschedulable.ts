// Filter: cordoned nodes take no pods, unless a pod tolerates the taint that stands for it.
import { tolerates } from '../../../api/index.ts';
import type { Plugin } from '../../framework/plugin.ts';

const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  wakesOn: ['nodeAdded', 'nodeTaints'],
  filter({ pod }, { node }) {
    if (node.spec?.unschedulable !== true || tolerates(pod.spec?.tolerations, TAINT)) return undefined;
    return { reasons: ['node(s) were unschedulable'] };
  },
};
