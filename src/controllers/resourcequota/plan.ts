// What a quota's status has to say, and which changes of objects make it say something else. Pure.
import {
  type Amounts,
  amountsOf,
  equalAmounts,
  type KubeObject,
  type ResourceQuota,
  type ToCount,
  textsOf,
  usedByObjects,
} from '../../api/index.ts';

export type QuotaStatus = NonNullable<ResourceQuota['status']>;

/** The status to write after everything was counted; undefined when it says so already. What could not be counted stays. */
export function planQuotaStatus(quota: ResourceQuota, counted: Amounts): QuotaStatus | undefined {
  const { spec, status } = quota;
  const hard = amountsOf(spec?.hard);
  const before = amountsOf(status?.used);
  const used = new Map([...before, ...counted].filter(([name]) => hard.has(name)));
  const enforced = !startsEnforcing(quota) && status?.used !== undefined;
  if (enforced && equalAmounts(before, used)) return undefined;
  return { hard: textsOf(hard), used: textsOf(used) };
}

/** Whether the spec has limits that the status does not show yet. */
export function startsEnforcing({ spec, status }: ResourceQuota): boolean {
  return status?.hard === undefined || !equalAmounts(amountsOf(spec?.hard), amountsOf(status.hard));
}

/** Whether an object that was `before` and is `after` (undefined: gone) counts otherwise for this quota now. */
export function countsOtherwise(
  quota: ResourceQuota,
  toCount: ToCount,
  before: KubeObject,
  after: KubeObject | undefined,
  nowMs: number,
): boolean {
  const used = (object: KubeObject): Amounts => usedByObjects(quota, toCount, [object], nowMs);
  return after === undefined || !equalAmounts(used(before), used(after));
}
