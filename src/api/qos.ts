// A pod's quality of service: what the API server writes into its status, and what the kubelet tells the kernel.
// Quantities are compared by value, so that `1000m` equals `1`.
import { parseQuantity } from './quantity.ts';
import type { PodSpec } from './types.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const QOS_RESOURCES = ['cpu', 'memory'];

/**
 * From the requests and limits of cpu and memory of all containers, or of the pod as a whole where it has any; figures that are
 * none count as absent.
 */
export function qosClassOf(spec: PodSpec | undefined): QosClass {
  const whole = spec?.resources;
  const asksAsWhole = Object.keys({ ...whole?.limits, ...whole?.requests }).length > 0;
  const holders = asksAsWhole ? [{ resources: whole }] : [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const amounts = holders.map(({ resources }) => ({
    requests: resources?.requests ?? {},
    limits: resources?.limits ?? {},
  }));
  const asks = amounts.some(({ requests, limits }) =>
    QOS_RESOURCES.some((name) => nanosOf(requests[name]) > 0n || nanosOf(limits[name]) > 0n),
  );
  if (!asks) return 'BestEffort';
  const guaranteed = amounts.every(({ requests, limits }) =>
    QOS_RESOURCES.every((name) => {
      const limit = nanosOf(limits[name]);
      return limit > 0n && nanosOf(requests[name] ?? limits[name]) === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function nanosOf(text: string | undefined): bigint {
  return (text === undefined ? undefined : parseQuantity(text))?.nanos ?? 0n;
}
