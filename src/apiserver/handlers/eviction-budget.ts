// What a disruption budget says of one eviction, and the budget's status when it has taken place. Pure; rules, refusals and
// their words are Kubernetes'.
import { ApiError, forbiddenError, type Pod, type PodDisruptionBudget } from '../../api/index.ts';
import { DISRUPTED_PODS_LIMIT } from '../limits.ts';

type BudgetStatus = NonNullable<PodDisruptionBudget['status']> &
  Record<'disruptionsAllowed' | 'currentHealthy' | 'desiredHealthy' | 'expectedPods', number>;

/** Until the controller has looked at a budget, it allows nothing. */
const NO_STATUS: BudgetStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };

/** free: nothing is counted down. The pod goes only as it was read, or the decision is made again. */
export type BudgetVerdict = { readonly kind: 'free' } | { readonly kind: 'counted'; readonly status: BudgetStatus };

/** Pods that serve nobody, or are going already: no budget is asked. */
export function ignoresBudgets({ status, metadata }: Pod): boolean {
  return ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '') || metadata?.deletionTimestamp !== undefined;
}

/** Throws ApiError 403 and 429. `now` is RFC 3339. */
export function decideEviction(budget: PodDisruptionBudget, pod: Pod, now: string): BudgetVerdict {
  const status: BudgetStatus = { ...NO_STATUS, ...budget.status };
  if (!isReady(pod) && unreadyIsFree(budget, status)) return { kind: 'free' };
  const name = budget.metadata?.name ?? '';
  if ((status.observedGeneration ?? 0) < (budget.metadata?.generation ?? 0)) throw stillProcessedError(name);
  if (status.disruptionsAllowed < 0) throw forbiddenError(BUDGET, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > DISRUPTED_PODS_LIMIT)
    throw forbiddenError(
      BUDGET,
      name,
      'DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    );
  if (status.disruptionsAllowed === 0) throw violationError(name, status);
  const disruptionsAllowed = status.disruptionsAllowed - 1;
  return {
    kind: 'counted',
    status: {
      ...status,
      disruptionsAllowed,
      disruptedPods: { ...status.disruptedPods, [pod.metadata?.name ?? '']: now },
      ...(disruptionsAllowed === 0 ? { conditions: withInsufficientPods(budget, status, now) } : {}),
    },
  };
}

const BUDGET = { group: 'policy', plural: 'poddisruptionbudget' };

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

/** A pod that is not ready does not count as healthy: taking it away disrupts nobody, as long as the others suffice. */
function unreadyIsFree({ spec }: PodDisruptionBudget, { currentHealthy, desiredHealthy }: BudgetStatus): boolean {
  return spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (currentHealthy >= desiredHealthy && desiredHealthy > 0);
}

function withInsufficientPods(
  { metadata }: PodDisruptionBudget,
  { conditions = [], observedGeneration }: BudgetStatus,
  now: string,
): NonNullable<BudgetStatus['conditions']> {
  const before = conditions.find(({ type }) => type === 'DisruptionAllowed');
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : now,
    observedGeneration: observedGeneration ?? metadata?.generation ?? 0,
  };
  return [...conditions.filter((each) => each !== before), condition];
}

const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget.";

function violationError(name: string, { desiredHealthy, currentHealthy }: BudgetStatus): ApiError {
  return tooManyEvictions(
    `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    undefined,
  );
}

/** Nobody has looked at the budget since it was changed. */
function stillProcessedError(name: string): ApiError {
  return tooManyEvictions(`The disruption budget ${name} is still being processed by the server.`, 10);
}

function tooManyEvictions(message: string, retryAfterSeconds: number | undefined): ApiError {
  return new ApiError(429, 'TooManyRequests', VIOLATION, {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

export function moreThanOneBudgetError(): ApiError {
  return new ApiError(
    500,
    'InternalError',
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  );
}
