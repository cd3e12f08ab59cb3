// What the containers of a pod ask for together, of objects that may not be valid: what is no amount counts for nothing.
import type { Amounts } from './amounts.ts';
import { atOneTime } from './pod-totals.ts';
import { parseQuantity, type Quantity } from './quantity.ts';
import type { Container, PodSpec } from './types.ts';

/** The requests of the containers, by resource. What the pod asks for as a whole does not count here. */
export function aggregateRequests(spec: PodSpec): Amounts {
  return atOneTime(spec, requestsOf);
}

function requestsOf({ resources }: Container): Amounts {
  const requests = new Map<string, Quantity>();
  for (const [name, text] of Object.entries(resources?.requests ?? {})) {
    const quantity = parseQuantity(text);
    if (quantity !== undefined) requests.set(name, quantity);
  }
  return requests;
}
