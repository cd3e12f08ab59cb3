// What a new or changed object costs its namespace's quotas, and whether they allow it: the rules and words of Kubernetes'
// ResourceQuota admission. A quota counts as soon as its status says what is enforced and what is used.
import { type Amounts, addAmounts, amountsOf, growth, only, textsOf } from '../amounts.ts';
import type { KubeObject } from '../object.ts';
import { compareQuantities } from '../quantity.ts';
import type { ResourceQuota } from '../types.ts';
import type { Evaluator } from './evaluator.ts';
import { scopesOf } from './scopes.ts';

export interface Charged {
  readonly object: KubeObject;
  /** Undefined for a new object. */
  readonly old: KubeObject | undefined;
  readonly nowMs: number;
}

export type Verdict<Quota extends ResourceQuota> =
  /** Why the object is forbidden. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The new status.used of each quota that is charged; none when the object costs nothing. */
  | { readonly kind: 'allowed'; readonly used: ReadonlyMap<Quota, Record<string, string>> };

export function chargeQuotas<Quota extends ResourceQuota>(
  quotas: readonly Quota[],
  evaluator: Evaluator,
  charged: Charged,
): Verdict<Quota> {
  const concerned = quotas.filter((quota) => matches(quota, evaluator, charged.object));
  for (const quota of concerned) {
    const why = whyNotCountable(quota, evaluator, charged.object);
    if (why !== undefined) return { kind: 'refused', why };
  }
  const used = new Map<Quota, Record<string, string>>();
  for (const quota of concerned) {
    const cost = costOf(quota, evaluator, charged);
    if (cost.size === 0) continue;
    const why = whyExceeded(quota, cost);
    if (why !== undefined) return { kind: 'refused', why };
    used.set(quota, textsOf(addAmounts(amountsOf(quota.status?.used), cost)));
  }
  return { kind: 'allowed', used };
}

/** Whether the quota counts the object: it enforces something that the object uses, and has it in its scopes. */
export function matches(quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean {
  return enforcedNames(quota, evaluator).length > 0 && isInScopes(quota, evaluator, object);
}

export function isInScopes(quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean {
  return scopesOf(quota).every((scope) => evaluator.inScope(scope, object));
}

function enforcedNames({ status }: ResourceQuota, evaluator: Evaluator): string[] {
  return Object.keys(status?.hard ?? {}).filter((name) => evaluator.tracks(name));
}

function whyNotCountable(quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): string | undefined {
  const name = quota.metadata?.name ?? '';
  const names = enforcedNames(quota, evaluator);
  const unstated = evaluator.unstated?.(object, names);
  if (unstated !== undefined) return `failed quota: ${name}: ${unstated}`;
  const used = quota.status?.used ?? {};
  if (names.every((each) => Object.hasOwn(used, each))) return undefined;
  return `status unknown for quota: ${name}, resources: ${names.sort().join(',')}`;
}

function costOf(quota: ResourceQuota, evaluator: Evaluator, { object, old, nowMs }: Charged): Amounts {
  const usage = evaluator.usage(object, nowMs);
  const hard = quota.status?.hard ?? {};
  const before = old !== undefined && matches(quota, evaluator, old) ? evaluator.usage(old, nowMs) : undefined;
  const cost = before === undefined ? usage : growth(usage, before);
  return only(cost, (name, { nanos }) => nanos !== 0n && Object.hasOwn(hard, name));
}

function whyExceeded({ metadata, status }: ResourceQuota, cost: Amounts): string | undefined {
  const hard = amountsOf(status?.hard);
  const used = amountsOf(status?.used);
  const next = addAmounts(used, cost);
  const exceeded = [...cost.keys()].filter((name) => {
    const limit = hard.get(name);
    const wanted = next.get(name);
    return limit !== undefined && wanted !== undefined && compareQuantities(wanted, limit) > 0;
  });
  if (exceeded.length === 0) return undefined;
  const text = (amounts: Amounts): string => listed(only(amounts, (name) => exceeded.includes(name)));
  return `exceeded quota: ${metadata?.name ?? ''}, requested: ${text(cost)}, used: ${text(used)}, limited: ${text(hard)}`;
}

/** `cpu=1,pods=2` */
function listed(amounts: Amounts): string {
  return Object.entries(textsOf(amounts))
    .map(([name, text]) => `${name}=${text}`)
    .sort()
    .join(',');
}
