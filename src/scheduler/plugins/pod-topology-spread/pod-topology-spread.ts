// Filter and score: spec.topologySpreadConstraints. DoNotSchedule keeps a pod from a domain (zone, node …) that would then
// have maxSkew more matching pods than the emptiest eligible one; ScheduleAnyway prefers the emptier domains.
import { type LabelMatcher, matcherOfSelector, type Pod, tolerates } from '../../../api/index.ts';
import { proportionalReversed } from '../../framework/normalize.ts';
import type { Plugin, Prepared } from '../../framework/plugin.ts';
import type { NodeInfo, PodInfo } from '../../framework/snapshot.ts';
import { requiredAffinity } from '../node-affinity/node-affinity.ts';

type Constraint = NonNullable<NonNullable<Pod['spec']>['topologySpreadConstraints']>[number];

/** A constraint with what the snapshot says about it. */
interface Spread {
  readonly constraint: Constraint;
  /** Domain → matching pods, of the eligible nodes. */
  readonly counts: ReadonlyMap<string, number>;
  /** What the emptiest domain has; 0 while there are fewer domains than asked for. */
  readonly fewest: number;
  /** 1 when the pod itself is counted by the constraint. */
  readonly self: number;
}

export const podTopologySpread: Plugin<readonly Spread[]> = {
  name: 'PodTopologySpread',
  wakesOn: ['nodeAdded', 'nodeLabels', 'nodeTaints', 'podFreed', 'podPlaced'],
  preFilter(pod, { nodes }): Prepared<readonly Spread[]> {
    const constraints = constraintsOf(pod.pod, 'DoNotSchedule');
    if (constraints.length === 0) return { kind: 'skip' };
    return { kind: 'state', state: spreadsOf(pod, constraints, nodes) };
  },
  filter(_pod, node, spreads = []) {
    for (const { constraint, counts, fewest, self } of spreads) {
      const domain = domainOf(node, constraint);
      if (domain === undefined) {
        return { reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"] };
      }
      if ((counts.get(domain) ?? 0) + self - fewest > constraint.maxSkew) {
        return { reasons: ["node(s) didn't match pod topology spread constraints"] };
      }
    }
    return undefined;
  },
  preScore(pod, nodes) {
    const constraints = constraintsOf(pod.pod, 'ScheduleAnyway');
    return constraints.length === 0 ? undefined : spreadsOf(pod, constraints, nodes);
  },
  score(_pod, node, spreads = []) {
    return spreads.reduce((sum, { constraint, counts }) => {
      const domain = domainOf(node, constraint);
      // A node outside every domain is as bad as the fullest one.
      return sum + (domain === undefined ? Math.max(0, ...counts.values()) : (counts.get(domain) ?? 0));
    }, 0);
  },
  normalizeScores: proportionalReversed,
};

function constraintsOf(pod: Pod, whenUnsatisfiable: string): Constraint[] {
  return (pod.spec?.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === whenUnsatisfiable);
}

function spreadsOf(pod: PodInfo, constraints: readonly Constraint[], nodes: readonly NodeInfo[]): Spread[] {
  const mayGoTo = requiredAffinity(pod.pod);
  return constraints.map((constraint) => {
    const affine = constraint.nodeAffinityPolicy === 'Ignore' ? undefined : mayGoTo;
    const matcher = matcherFor(constraint, pod.pod);
    const counts = new Map<string, number>();
    for (const node of nodes) {
      const domain = domainOf(node, constraint);
      // A domain counts only where the pod could be put with regard to all constraints.
      if (domain === undefined || affine?.(node.node) === false) continue;
      if (!isEligible(pod.pod, node, constraint, constraints)) continue;
      counts.set(domain, (counts.get(domain) ?? 0) + countMatching(node, pod.pod, matcher));
    }
    const enough = counts.size >= (constraint.minDomains ?? 1);
    const fewest = enough && counts.size > 0 ? Math.min(...counts.values()) : 0;
    return { constraint, counts, fewest, self: matcher.matches(pod.pod.metadata.labels) ? 1 : 0 };
  });
}

/** The selector, narrowed to the pod's own values of matchLabelKeys. */
function matcherFor(constraint: Constraint, pod: Pod): LabelMatcher {
  const selector = constraint.labelSelector;
  const own = (constraint.matchLabelKeys ?? []).flatMap((key) => {
    const value = pod.metadata?.labels?.[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  if (selector === undefined || own.length === 0) return matcherOfSelector(selector);
  return matcherOfSelector({ ...selector, matchLabels: { ...selector.matchLabels, ...Object.fromEntries(own) } });
}

function isEligible(pod: Pod, { node }: NodeInfo, constraint: Constraint, all: readonly Constraint[]): boolean {
  if (!all.every((other) => node.metadata.labels?.[other.topologyKey] !== undefined)) return false;
  if (constraint.nodeTaintsPolicy !== 'Honor') return true;
  const hard = (node.spec?.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule');
  return hard.every((taint) => tolerates(pod.spec?.tolerations, taint));
}

/** Pods on their way out do not count. */
function countMatching(node: NodeInfo, pod: Pod, matcher: LabelMatcher): number {
  return node.pods.filter(
    ({ pod: other }) =>
      other.metadata.namespace === pod.metadata?.namespace &&
      other.metadata.deletionTimestamp === undefined &&
      matcher.matches(other.metadata.labels),
  ).length;
}

function domainOf({ node }: NodeInfo, constraint: Constraint): string | undefined {
  return node.metadata.labels?.[constraint.topologyKey];
}
