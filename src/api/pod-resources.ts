// What the containers of a pod ask for together: init containers run one after another, beside the sidecars that were
// started before them; then all others run at once.
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from './quantity.ts';
import type { Container, PodSpec } from './types.ts';

type Requests = Map<string, Quantity>;

/** The requests of the containers, by resource. What the pod asks for as a whole does not count here. */
export function aggregateRequests(spec: PodSpec): ReadonlyMap<string, Quantity> {
  const running: Requests = new Map();
  for (const container of spec.containers ?? []) add(running, requestsOf(container));
  const sidecars: Requests = new Map();
  const starting: Requests = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      add(running, own);
      add(sidecars, own);
      raise(starting, sidecars);
    } else {
      const now = new Map(sidecars);
      add(now, own);
      raise(starting, now);
    }
  }
  raise(running, starting);
  return running;
}

function requestsOf({ resources }: Container): Requests {
  const requests: Requests = new Map();
  for (const [name, text] of Object.entries(resources?.requests ?? {})) {
    const quantity = parseQuantity(text);
    if (quantity !== undefined) requests.set(name, quantity);
  }
  return requests;
}

function add(total: Requests, more: Requests): void {
  for (const [name, quantity] of more) {
    const before = total.get(name);
    total.set(name, before === undefined ? quantity : addQuantities(before, quantity));
  }
}

function raise(total: Requests, least: Requests): void {
  for (const [name, quantity] of least) {
    const before = total.get(name);
    if (before === undefined || compareQuantities(before, quantity) < 0) total.set(name, quantity);
  }
}
