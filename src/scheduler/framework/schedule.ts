// The decision: one pod, one snapshot, one profile → a node, or the reasons against every one of them. Pure; the only
// chance in it is the generator that breaks ties between equal scores.
import { defined, type Prng } from '../../lib/index.ts';
import { FEASIBLE_NODES_MIN, FEASIBLE_NODES_MIN_PERCENT } from '../limits.ts';
import type { Plugin, Profile } from './plugin.ts';
import type { NodeInfo, PodInfo, Snapshot } from './snapshot.ts';

/** No node can take the pod. */
export class FitError extends Error {
  override readonly name = 'FitError';
  /** The plugins that rejected some node: their events wake the pod. */
  readonly rejectedBy: ReadonlySet<string>;

  constructor(message: string, rejectedBy: ReadonlySet<string>) {
    super(message);
    this.rejectedBy = rejectedBy;
  }
}

export interface Decision {
  readonly node: string;
  /** How many nodes were asked, and how many could have taken it. */
  readonly evaluated: number;
  readonly feasible: number;
}

export interface ScheduleOptions {
  readonly random: Prng;
  /** The node to begin with, so that in large clusters the search does not always end with the same ones. */
  readonly startAt?: number | undefined;
}

/** The node for a pod, or a FitError (answered, not thrown: it is no failure of ours). */
export function schedule(
  pod: PodInfo,
  snapshot: Snapshot,
  profile: Profile,
  { random, startAt = 0 }: ScheduleOptions,
): Decision | FitError {
  if (snapshot.nodes.length === 0) return new FitError('no nodes available to schedule pods', new Set());
  const states = prepare(pod, snapshot, profile);
  if (states instanceof FitError) return states;
  const { feasible, evaluated, tally } = findFeasible(pod, snapshot, profile, states, startAt);
  if (feasible.length === 0) return new FitError(fitMessage(snapshot.nodes.length, tally.counts), tally.rejectedBy);
  const node = feasible.length === 1 ? feasible[0] : best(feasible, scoresOf(pod, feasible, profile), random);
  return { node: defined(node, 'a feasible node').name, evaluated, feasible: feasible.length };
}

type States = ReadonlyMap<Plugin, unknown>;

function prepare(pod: PodInfo, snapshot: Snapshot, profile: Profile): States | FitError {
  const states = new Map<Plugin, unknown>();
  for (const { plugin } of profile.plugins) {
    if (plugin.preFilter === undefined) continue;
    const prepared = plugin.preFilter(pod, snapshot);
    switch (prepared.kind) {
      case 'skip':
        break;
      case 'state':
        states.set(plugin, prepared.state);
        break;
      case 'rejected': {
        const message = `0/${snapshot.nodes.length} nodes are available: ${prepared.reason}.`;
        return new FitError(message, new Set([plugin.name]));
      }
    }
  }
  return states;
}

interface Tally {
  readonly counts: Map<string, number>;
  readonly rejectedBy: Set<string>;
}

function findFeasible(pod: PodInfo, snapshot: Snapshot, profile: Profile, states: States, startAt: number) {
  const { nodes } = snapshot;
  const filters = profile.plugins.map(({ plugin }) => plugin).filter((plugin) => plugin.filter !== undefined);
  const enough = feasibleNodesToFind(nodes.length);
  const tally: Tally = { counts: new Map(), rejectedBy: new Set() };
  const feasible: NodeInfo[] = [];
  let evaluated = 0;
  for (; evaluated < nodes.length && feasible.length < enough; evaluated++) {
    const node = defined(nodes[(startAt + evaluated) % nodes.length], 'a node of the snapshot');
    if (passes(pod, node, filters, states, tally)) feasible.push(node);
  }
  return { feasible, evaluated, tally };
}

function passes(
  pod: PodInfo,
  node: NodeInfo,
  filters: readonly Plugin[],
  states: States,
  { counts, rejectedBy }: Tally,
): boolean {
  for (const plugin of filters) {
    const rejection = plugin.filter?.(pod, node, states.get(plugin));
    if (rejection === undefined) continue;
    rejectedBy.add(plugin.name);
    for (const reason of rejection.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return false;
  }
  return true;
}

/** All of a small cluster; of a large one a share that shrinks as it grows (upstream's adaptive percentage). */
export function feasibleNodesToFind(nodes: number): number {
  if (nodes <= FEASIBLE_NODES_MIN) return nodes;
  const percent = Math.max(FEASIBLE_NODES_MIN_PERCENT, 50 - Math.floor(nodes / 125));
  return Math.max(FEASIBLE_NODES_MIN, Math.floor((nodes * percent) / 100));
}

/** Upstream's sentence: `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.` */
function fitMessage(nodes: number, counts: ReadonlyMap<string, number>): string {
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${reasons.join(', ')}.`;
}

function scoresOf(pod: PodInfo, nodes: readonly NodeInfo[], profile: Profile): number[] {
  const totals = nodes.map(() => 0);
  for (const { plugin, weight = 1 } of profile.plugins) {
    if (plugin.score === undefined) continue;
    const state = plugin.preScore?.(pod, nodes);
    if (plugin.preScore !== undefined && state === undefined) continue;
    const raw = nodes.map((node) => plugin.score?.(pod, node, state) ?? 0);
    const scores = plugin.normalizeScores?.(raw) ?? raw;
    for (const [i, score] of scores.entries()) totals[i] = (totals[i] ?? 0) + weight * score;
  }
  return totals;
}

/** One of the nodes with the highest score. */
function best(nodes: readonly NodeInfo[], scores: readonly number[], random: Prng): NodeInfo {
  const highest = Math.max(...scores);
  return random.pick(nodes.filter((_, i) => scores[i] === highest));
}
