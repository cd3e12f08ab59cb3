// Filter and score: taints that a pod does not tolerate keep it away (NoSchedule, NoExecute) or make a node less liked
// (PreferNoSchedule).
import { tolerates } from '../../../api/index.ts';
import { proportionalReversed } from '../../framework/normalize.ts';
import type { Plugin } from '../../framework/plugin.ts';

export const taintToleration: Plugin<true> = {
  name: 'TaintToleration',
  wakesOn: ['nodeAdded', 'nodeTaints'],
  filter({ pod }, { node }) {
    const taint = (node.spec?.taints ?? []).find(
      (one) => one.effect !== 'PreferNoSchedule' && !tolerates(pod.spec?.tolerations, one),
    );
    if (taint === undefined) return undefined;
    return { reasons: [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`] };
  },
  preScore: () => true,
  score({ pod }, { node }) {
    const soft = (node.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule');
    return soft.filter((taint) => !tolerates(pod.spec?.tolerations, taint)).length;
  },
  normalizeScores: proportionalReversed,
};
