// The default ServiceCIDR, `kubernetes`: the range that cluster IPs come from, told as an object. It is as Kubernetes' API server and
// its controller of ServiceCIDRs leave it together: with a finalizer, and ready. The service `kubernetes` always has an address of
// it, so it is let go only when another ServiceCIDR holds the range; the next look makes it again.
import { cidrHolds, cloneJson, type KubeObject, type ServiceCIDR } from '../../api/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import { resourceRange, type Snapshot } from '../../store/index.ts';
import type { ServerContext } from '../context.ts';
import { updateStep } from '../handlers/update.ts';
import { fromStored } from '../storage/codec.ts';
import { objectKey } from '../storage/keys.ts';
import { networkOf } from '../storage/service-addresses.ts';
import { transact } from '../storage/transact.ts';
import { definitionOf, ensure, operationFor, type ResourceId } from './ensure.ts';

const SERVICE_CIDRS: ResourceId = ['networking.k8s.io', 'servicecidrs'];
const NAME = 'kubernetes';
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
/** As the controller is called that sets the condition in Kubernetes. */
const CONTROLLER = { manager: 'service-cidr-controller', subresource: 'status' };

type Condition = NonNullable<NonNullable<ServiceCIDR['status']>['conditions']>[number];

/** Commits nothing, and asks nobody, when all is well. Throws what the store throws. */
export async function ensureServiceCidr(server: ServerContext, signal: AbortSignal): Promise<void> {
  const { store, clock, serviceCidr } = server.options;
  const definition = definitionOf(server, SERVICE_CIDRS);
  const key = objectKey(definition, '', NAME);
  const wanted = defaultServiceCidr(networkOf(serviceCidr));
  await ensure(server, signal, SERVICE_CIDRS, wanted);
  const changeIn = (snapshot: Snapshot): ServiceCidrChange | undefined => {
    const stored = snapshot.get(key);
    if (stored === undefined) return undefined;
    return changeOf(fromStored(stored), wanted, rangesBeside(snapshot), rfc3339(clock.now()));
  };
  if (changeIn(store.snapshot()) === undefined) return;
  await transact({
    store,
    signal,
    fence: undefined,
    definition,
    name: NAME,
    decide(snapshot) {
      const stored = snapshot.get(key);
      const change = changeIn(snapshot);
      if (stored === undefined || change === undefined) return { kind: 'answer', value: undefined };
      const { part, object } = change;
      const operation = operationFor(server, signal, definition, wanted, part === 'status' ? CONTROLLER : undefined);
      const step = updateStep(operation, object, { stored, object: fromStored(stored) }, part, snapshot);
      return step.kind === 'answer' ? { kind: 'answer', value: undefined } : { ...step, done: () => undefined };
    },
  });
}

function defaultServiceCidr(cidr: string): ServiceCIDR & KubeObject {
  return {
    kind: 'ServiceCIDR',
    apiVersion: 'networking.k8s.io/v1',
    metadata: { name: NAME, finalizers: [FINALIZER] },
    spec: { cidrs: [cidr] },
  };
}

/** The ranges of all others that are to stay. */
function rangesBeside(snapshot: Snapshot): readonly string[] {
  return [...snapshot.scan(resourceRange('servicecidrs.networking.k8s.io'))]
    .map((stored) => fromStored<ServiceCIDR>(stored))
    .filter(({ metadata }) => metadata?.name !== NAME && metadata?.deletionTimestamp === undefined)
    .flatMap(({ spec }) => spec?.cidrs ?? []);
}

export interface ServiceCidrChange {
  readonly part: 'object' | 'status';
  readonly object: ServiceCIDR;
}

/** What the default one is to become; undefined when it is well, or is somebody's who wants another range. */
export function changeOf(
  old: ServiceCIDR,
  wanted: ServiceCIDR,
  others: readonly string[],
  now: string,
): ServiceCidrChange | undefined {
  const cidrs = wanted.spec?.cidrs ?? [];
  if (cidrs[0] !== old.spec?.cidrs?.[0]) return undefined;
  const next = cloneJson(old);
  const isGoing = old.metadata?.deletionTimestamp !== undefined;
  if (isGoing && (old.spec?.cidrs ?? []).every((cidr) => others.some((other) => cidrHolds(other, cidr)))) {
    const finalizers = (old.metadata?.finalizers ?? []).filter((name) => name !== FINALIZER);
    if (finalizers.length === old.metadata?.finalizers?.length) return undefined;
    next.metadata = { ...next.metadata, finalizers };
    return { part: 'object', object: next };
  }
  const condition: Condition = isGoing ? terminating(now) : ready(now);
  const conditions = next.status?.conditions ?? [];
  const saysSo = ({ type, status, reason, message }: Condition): boolean =>
    type === 'Ready' && status === condition.status && reason === condition.reason && message === condition.message;
  if (conditions.some(saysSo)) return undefined;
  next.status = {
    ...next.status,
    conditions: [...conditions.filter(({ type }) => type !== 'Ready'), condition],
  };
  return { part: 'status', object: next };
}

function ready(lastTransitionTime: string): Condition {
  const message = 'Kubernetes Service CIDR is ready';
  return { type: 'Ready', status: 'True', lastTransitionTime, reason: '', message };
}

function terminating(lastTransitionTime: string): Condition {
  const message =
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
  return { type: 'Ready', status: 'False', lastTransitionTime, reason: 'Terminating', message };
}
