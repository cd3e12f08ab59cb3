// What pods ask for and nodes offer, in numbers: CPU in millicores, everything else in whole units (bytes, devices).
// Pure, from validated objects.
import { type Container, milliValue, type Node, type Pod, quantityOf, wholeValue } from '../../api/index.ts';
import { ASSUMED_MEMORY_BYTES, ASSUMED_MILLI_CPU } from '../limits.ts';

/** Resource name → amount. Absent is zero. */
export type Amounts = Readonly<Record<string, number>>;

type Texts = Readonly<Record<string, string>> | undefined;

/**
 * The most a pod needs at any moment: all containers and sidecars together, or one init container beside the sidecars
 * started before it; plus its overhead. What the pod states as a whole takes precedence.
 */
export function requestsOf(pod: Pod): Amounts {
  return effective(pod, (container) => amountsOf(container.resources?.requests));
}

/** The same for scores: a container without requests is not weightless. */
export function scoredRequestsOf(pod: Pod): Amounts {
  return effective(pod, (container) => {
    const { cpu = ASSUMED_MILLI_CPU, memory = ASSUMED_MEMORY_BYTES } = amountsOf(container.resources?.requests);
    return { cpu, memory };
  });
}

export function allocatableOf(node: Node): Amounts {
  return amountsOf(node.status?.allocatable ?? node.status?.capacity);
}

function effective(pod: Pod, of: (container: Container) => Amounts): Amounts {
  let running = (pod.spec?.containers ?? []).map(of).reduce(add, {});
  let sidecars: Amounts = {};
  let starting: Amounts = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      sidecars = add(sidecars, own);
      running = add(running, own);
      starting = larger(starting, sidecars);
    } else {
      starting = larger(starting, add(own, sidecars));
    }
  }
  const stated = amountsOf(pod.spec?.resources?.requests);
  return add({ ...larger(running, starting), ...stated }, amountsOf(pod.spec?.overhead));
}

function amountsOf(texts: Texts): Amounts {
  const amounts: Record<string, number> = {};
  for (const [name, text] of Object.entries(texts ?? {})) {
    const quantity = quantityOf(text);
    amounts[name] = name === 'cpu' ? milliValue(quantity) : wholeValue(quantity);
  }
  return amounts;
}

export function add(a: Amounts, b: Amounts): Amounts {
  const sum: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

function larger(a: Amounts, b: Amounts): Amounts {
  const result: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) result[name] = Math.max(result[name] ?? 0, amount);
  return result;
}
