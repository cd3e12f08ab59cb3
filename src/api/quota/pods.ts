// Pods against quotas: how many there are, and what those that have not ended request and are limited to.
import { type Amounts, addAmounts, amountsOf, ONE_OBJECT } from '../amounts.ts';
import { podLimits, podRequests, statedForPod } from '../pod-totals.ts';
import type { Quantity } from '../quantity.ts';
import type { Pod } from '../types.ts';
import { isExtendedQuotaName, isExtendedResource, isHugePages } from '../validation/resource-names.ts';
import type { Evaluator } from './evaluator.ts';
import { countName } from './objects.ts';
import { podInScope } from './scopes.ts';

const COUNT = countName({ group: '', plural: 'pods' });
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const NAMES: readonly string[] = [
  COUNT,
  'pods',
  ...COMPUTE,
  ...COMPUTE.map((name) => `requests.${name}`),
  ...COMPUTE.map((name) => `limits.${name}`),
];
/** Where a quota limits these, every container has to say how much it wants. */
const TO_BE_STATED = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

export const POD_EVALUATOR: Evaluator = {
  tracks: (name) =>
    NAMES.includes(name) || isHugePages(name) || name.startsWith('requests.hugepages-') || isExtendedQuotaName(name),
  usage: (object, nowMs) => usageOf(object as Pod, nowMs),
  inScope: (scope, object) => podInScope(scope, object as Pod),
  unstated: (object, names) => unstated(object as Pod, names),
  chargedUpdates: 'resize',
};

function usageOf(pod: Pod, nowMs: number): Amounts {
  const stored: Amounts = new Map([[COUNT, ONE_OBJECT]]);
  if (isOver(pod, nowMs)) return stored;
  const living: Amounts = new Map([
    [COUNT, ONE_OBJECT],
    ['pods', ONE_OBJECT],
  ]);
  return addAmounts(living, computeUsage(podRequests(pod), podLimits(pod)));
}

/** It has ended, or should have by now: a node that is lost must not hold the quota. */
function isOver({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {};
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  return nowMs > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

/** Under the names that quotas use: `cpu` and `requests.cpu` are the same, extended resources have requests alone. */
function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage = new Map<string, Quantity>();
  for (const [name, quantity] of requests) {
    const isCompute = COMPUTE.includes(name) || isHugePages(name);
    if (isCompute) usage.set(name, quantity);
    if (isCompute || isExtendedResource(name)) usage.set(`requests.${name}`, quantity);
  }
  for (const [name, quantity] of limits) if (COMPUTE.includes(name)) usage.set(`limits.${name}`, quantity);
  return usage;
}

function unstated(pod: Pod, names: readonly string[]): string | undefined {
  const whole = computeUsage(statedForPod(pod, 'requests'), statedForPod(pod, 'limits'));
  const needed = names.filter((name) => TO_BE_STATED.includes(name) && !whole.has(name)).sort();
  const lacking = new Map<string, Set<string>>();
  for (const { name: container, resources } of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
    const stated = computeUsage(amountsOf(resources?.requests), amountsOf(resources?.limits));
    for (const name of needed) {
      if (stated.has(name)) continue;
      lacking.set(name, (lacking.get(name) ?? new Set()).add(container));
    }
  }
  if (lacking.size === 0) return undefined;
  const texts = needed
    .filter((name) => lacking.has(name))
    .map((name) => `${name} for: ${[...(lacking.get(name) ?? [])].sort().join(',')}`);
  return `must specify ${texts.join('; ')}`;
}
