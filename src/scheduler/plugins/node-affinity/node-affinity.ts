// Filter and score: nodeSelector and required node affinity decide where a pod may go, preferred terms where it likes to.

import type { Pod } from '../../../api/index.ts';
import { proportional } from '../../framework/normalize.ts';
import type { Plugin, Prepared } from '../../framework/plugin.ts';
import { anyTerm, type NodePredicate, oneTerm } from './node-selector.ts';

interface Preference {
  readonly weight: number;
  readonly matches: NodePredicate;
}

/** Compiled once per pod: what it requires for filters, what it prefers for scores. */
type State = { readonly required: NodePredicate } | { readonly preferred: readonly Preference[] };

export const nodeAffinity: Plugin<State> = {
  name: 'NodeAffinity',
  wakesOn: ['nodeAdded', 'nodeLabels'],
  preFilter({ pod }): Prepared<State> {
    const required = requiredAffinity(pod);
    return required === undefined ? { kind: 'skip' } : { kind: 'state', state: { required } };
  },
  filter(_pod, { node }, state) {
    if (state === undefined || !('required' in state) || state.required(node)) return undefined;
    return { reasons: ["node(s) didn't match Pod's node affinity/selector"] };
  },
  preScore({ pod }) {
    const terms = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (terms.length === 0) return undefined;
    return { preferred: terms.map(({ weight, preference }) => ({ weight, matches: oneTerm(preference) })) };
  },
  score(_pod, { node }, state) {
    if (state === undefined || !('preferred' in state)) return 0;
    return state.preferred.reduce((sum, { weight, matches }) => sum + (matches(node) ? weight : 0), 0);
  },
  normalizeScores: proportional,
};

/** What nodeSelector and required node affinity demand of a node; undefined when they demand nothing. */
export function requiredAffinity(pod: Pod): NodePredicate | undefined {
  const selector = Object.entries(pod.spec?.nodeSelector ?? {});
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (selector.length === 0 && terms === undefined) return undefined;
  const affine = terms === undefined ? () => true : anyTerm(terms);
  return (node) => selector.every(([key, value]) => node.metadata.labels?.[key] === value) && affine(node);
}
