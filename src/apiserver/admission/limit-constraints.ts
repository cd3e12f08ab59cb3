// The bounds of limit ranges against what is wanted, in Kubernetes' words. Pure; amounts are compared exactly.
import {
  compareQuantities,
  formatQuantity,
  type LimitRange,
  type LimitRangeItem,
  type Pod,
  podLimits,
  podRequests,
  type Quantity,
  quantityOf,
  textsOf,
} from '../../api/index.ts';

type Texts = Readonly<Record<string, string>>;

export function whyPodOutOfRange(pod: Pod, range: LimitRange): string[] {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return (range.spec?.limits ?? []).flatMap((item) => {
    switch (item.type) {
      case 'Container':
        return containers.flatMap(({ resources }) =>
          whyOutOfRange(item, resources?.requests ?? {}, resources?.limits ?? {}),
        );
      case 'Pod':
        return whyOutOfRange(item, textsOf(podRequests(pod)), textsOf(podLimits(pod)));
      default:
        return [];
    }
  });
}

/** `limits` undefined: what is limited has requests alone. */
export function whyOutOfRange(item: LimitRangeItem, requests: Texts, limits: Texts | undefined): string[] {
  const reasons: (string | undefined)[] = [];
  for (const [name, bound] of sorted(item.min))
    reasons.push(whyTooLittle(item.type, name, bound, requests, limits ?? {}));
  for (const [name, bound] of sorted(item.max))
    reasons.push(
      limits === undefined
        ? whyRequestTooMuch(item.type, name, bound, requests)
        : whyTooMuch(item.type, name, bound, requests, limits),
    );
  if (limits !== undefined)
    for (const [name, bound] of sorted(item.maxLimitRequestRatio))
      reasons.push(whyTooWide(item.type, name, bound, requests, limits));
  return reasons.filter((reason) => reason !== undefined);
}

function sorted(bounds: Texts | undefined): readonly (readonly [string, string])[] {
  return Object.entries(bounds ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

function amount(texts: Texts, name: string): Quantity | undefined {
  const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
  return text === undefined ? undefined : quantityOf(text);
}

function whyTooLittle(type: string, name: string, bound: string, requests: Texts, limits: Texts): string | undefined {
  const least = quantityOf(bound);
  const rule = `minimum ${name} usage per ${type} is ${formatQuantity(least)}`;
  const request = amount(requests, name);
  if (request === undefined) return `${rule}.  No request is specified`;
  if (compareQuantities(request, least) < 0) return `${rule}, but request is ${formatQuantity(request)}`;
  const limit = amount(limits, name);
  if (limit === undefined || compareQuantities(limit, least) >= 0) return undefined;
  return `${rule}, but limit is ${formatQuantity(limit)}`;
}

function whyTooMuch(type: string, name: string, bound: string, requests: Texts, limits: Texts): string | undefined {
  const most = quantityOf(bound);
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(most)}`;
  const limit = amount(limits, name);
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (compareQuantities(limit, most) > 0) return `${rule}, but limit is ${formatQuantity(limit)}`;
  const request = amount(requests, name);
  if (request === undefined || compareQuantities(request, most) <= 0) return undefined;
  return `${rule}, but request is ${formatQuantity(request)}`;
}

function whyRequestTooMuch(type: string, name: string, bound: string, requests: Texts): string | undefined {
  const most = quantityOf(bound);
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(most)}`;
  const request = amount(requests, name);
  if (request === undefined) return `${rule}.  No request is specified`;
  return compareQuantities(request, most) > 0 ? `${rule}, but request is ${formatQuantity(request)}` : undefined;
}

function whyTooWide(type: string, name: string, bound: string, requests: Texts, limits: Texts): string | undefined {
  const widest = quantityOf(bound);
  const rule = `${name} max limit to request ratio per ${type} is ${formatQuantity(widest)}`;
  const request = amount(requests, name);
  if (request === undefined || request.nanos === 0n) return `${rule}, but no request is specified or request is 0`;
  const limit = amount(limits, name);
  if (limit === undefined || limit.nanos === 0n) return `${rule}, but no limit is specified or limit is 0`;
  // limit / request > widest, without the division.
  if (limit.nanos * quantityOf('1').nanos <= widest.nanos * request.nanos) return undefined;
  return `${rule}, but provided ratio is ${(Number(limit.nanos) / Number(request.nanos)).toFixed(6)}`;
}
