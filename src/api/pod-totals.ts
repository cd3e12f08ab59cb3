// What a pod as a whole requests and is limited to, exactly: quotas and limit ranges count by it. The scheduler has figures
// of its own (src/scheduler/framework/requests.ts), in numbers, because it compares them thousands of times a second.
import { type Amounts, addAmounts, amountsOf, largerAmounts, NO_AMOUNTS, only } from './amounts.ts';
import type { Container, ContainerStatus, Pod, PodSpec } from './types.ts';
import { isHugePages } from './validation/resource-names.ts';

/** The most that all of it needs at one time, with its overhead. What was given already counts until it is taken back. */
export function podRequests(pod: Pod): Amounts {
  const statuses = statusesOf(pod);
  const requested = atOneTime(pod.spec, ({ name, resources }) => {
    const status = statuses.get(name);
    const given = largerAmounts(amountsOf(status?.allocatedResources), amountsOf(status?.resources?.requests));
    return largerAmounts(amountsOf(resources?.requests), given);
  });
  const stated = new Map([...requested, ...statedForPod(pod, 'requests')]);
  return addAmounts(stated, amountsOf(pod.spec?.overhead));
}

/** The same for limits; overhead raises a limit that is there, and makes none. */
export function podLimits(pod: Pod): Amounts {
  const statuses = statusesOf(pod);
  const limited = atOneTime(pod.spec, ({ name, resources }) =>
    largerAmounts(amountsOf(resources?.limits), amountsOf(statuses.get(name)?.resources?.limits)),
  );
  const stated = new Map([...limited, ...statedForPod(pod, 'limits')]);
  return addAmounts(
    stated,
    only(amountsOf(pod.spec?.overhead), (name) => stated.has(name)),
  );
}

/** What the pod states for all its containers together. */
export function statedForPod({ spec }: Pod, what: 'limits' | 'requests'): Amounts {
  return only(amountsOf(spec?.resources?.[what]), (name) => name === 'cpu' || name === 'memory' || isHugePages(name));
}

/** Containers and sidecars together, or one init container beside the sidecars that started before it. */
export function atOneTime(spec: PodSpec | undefined, of: (container: Container) => Amounts): Amounts {
  let running = (spec?.containers ?? []).map(of).reduce(addAmounts, NO_AMOUNTS);
  let sidecars = NO_AMOUNTS;
  let starting = NO_AMOUNTS;
  for (const container of spec?.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      running = addAmounts(running, own);
      sidecars = addAmounts(sidecars, own);
      starting = largerAmounts(starting, sidecars);
    } else {
      starting = largerAmounts(starting, addAmounts(own, sidecars));
    }
  }
  return largerAmounts(running, starting);
}

function statusesOf({ status }: Pod): ReadonlyMap<string, ContainerStatus> {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return new Map(all.map((one) => [one.name, one]));
}
