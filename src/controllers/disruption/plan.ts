// What a disruption budget allows, given the pods it selects and the scale of what controls them: the status of the budget.
// Pure; the numbers are those of Kubernetes' disruption controller.
import { equalJson, type Pod, type PodDisruptionBudget, type Served, scaledValue } from '../../api/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import { DISRUPTION_TIMEOUT_MS } from '../limits.ts';
import { isPodReady } from '../shared/pods.ts';

export type BudgetStatus = NonNullable<PodDisruptionBudget['status']>;
type Condition = NonNullable<BudgetStatus['conditions']>[number];

/** How many pods there should be, and how many of them must stay healthy. */
export interface Expected {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/** True when the budget is measured by what controllers want rather than by the pods that are there. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}

/** `scale`: the replicas wanted of all controllers of the pods; only read when the budget needs it. Throws RangeError for a bound that is none. */
export function expectedOf({ spec }: PodDisruptionBudget, podCount: number, scale: number): Expected {
  if (spec?.maxUnavailable !== undefined) {
    const unavailable = scaledValue(spec.maxUnavailable, scale, 'up');
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - unavailable) };
  }
  if (typeof spec?.minAvailable === 'number') return { expectedPods: podCount, desiredHealthy: spec.minAvailable };
  if (spec?.minAvailable !== undefined)
    return { expectedPods: scale, desiredHealthy: scaledValue(spec.minAvailable, scale, 'up') };
  return { expectedPods: 0, desiredHealthy: 0 };
}

export interface BudgetPlan {
  readonly status: BudgetStatus;
  readonly changed: boolean;
  /** Pods whose eviction was granted, and that are still there: their grants are forgotten. */
  readonly notDeleted: readonly Served<Pod>[];
  /** When a grant runs out: look again then. */
  readonly recheckInMs: number | undefined;
}

/** The status of a budget that selects `pods`. */
export function planBudget(
  budget: Served<PodDisruptionBudget>,
  pods: readonly Served<Pod>[],
  expected: Expected,
  nowMs: number,
): BudgetPlan {
  const grants = outstandingGrants(budget, pods, nowMs);
  const currentHealthy = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && !grants.live.has(pod.metadata.name) && isPodReady(pod),
  ).length;
  const allowed = expected.expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - expected.desiredHealthy);
  const { generation } = budget.metadata;
  const old = budget.status;
  const status: BudgetStatus = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(grants.live.size === 0 ? {} : { disruptedPods: Object.fromEntries(grants.live) }),
    disruptionsAllowed: allowed,
    currentHealthy,
    desiredHealthy: expected.desiredHealthy,
    expectedPods: expected.expectedPods,
    conditions: withCondition(old?.conditions, disruptionAllowed(allowed, generation), rfc3339(nowMs)),
  };
  return {
    status,
    changed: !equalJson(comparable(old), comparable(status)),
    notDeleted: grants.expired,
    recheckInMs: grants.recheckInMs,
  };
}

/** Nothing can be said of the budget: nothing may be disrupted, and the condition tells why. */
export function failSafeStatus(budget: Served<PodDisruptionBudget>, message: string, nowMs: number): BudgetStatus {
  const { generation = 0 } = budget.metadata;
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message,
    observedGeneration: generation,
  };
  return {
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...budget.status,
    disruptionsAllowed: 0,
    observedGeneration: generation,
    conditions: withCondition(budget.status?.conditions, condition, rfc3339(nowMs)),
  };
}

interface Grants {
  /** Pod name → when its eviction was granted. */
  readonly live: ReadonlyMap<string, string>;
  readonly expired: readonly Served<Pod>[];
  readonly recheckInMs: number | undefined;
}

/** Grants stand until their pod goes, or until it should have gone long since. */
function outstandingGrants({ status }: PodDisruptionBudget, pods: readonly Served<Pod>[], nowMs: number): Grants {
  const granted = status?.disruptedPods ?? {};
  const live = new Map<string, string>();
  const expired: Served<Pod>[] = [];
  let recheckInMs: number | undefined;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const time = Object.hasOwn(granted, name) ? granted[name] : undefined;
    if (time === undefined || deletionTimestamp !== undefined) continue;
    const leftMs = Date.parse(time) + DISRUPTION_TIMEOUT_MS - nowMs;
    if (leftMs < 0) {
      expired.push(pod);
      continue;
    }
    live.set(name, time);
    recheckInMs = Math.min(recheckInMs ?? leftMs, leftMs);
  }
  // A moment later the grant is over, at the moment itself it is not yet.
  return { live, expired, recheckInMs: recheckInMs === undefined ? undefined : recheckInMs + 1 };
}

type Undated = Omit<Condition, 'lastTransitionTime'>;

function disruptionAllowed(allowed: number, generation: number | undefined): Undated {
  return {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

/** The time moves only when the status does. */
function withCondition(conditions: readonly Condition[] = [], next: Undated, now: string): Condition[] {
  const before = conditions.find(({ type }) => type === next.type);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : now;
  const dated: Condition = { ...next, lastTransitionTime };
  if (before === undefined) return [...conditions, dated];
  return conditions.map((condition) => (condition === before ? dated : condition));
}

/** No grants, and an empty list of them, are the same. */
function comparable(status: BudgetStatus | undefined): object {
  const { disruptedPods = {}, ...rest } = status ?? {};
  return { ...rest, disruptedPods };
}
