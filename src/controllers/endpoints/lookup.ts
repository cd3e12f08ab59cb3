// Reads the candidates of a Service out of the caches.
import type { Pod, Served, Service } from '../../api/index.ts';
import type { ControllerContext } from '../context.ts';
import { type AddressFamily, type Candidate, candidatesOf } from './candidates.ts';

/** A Service's selector is a plain map: all of its labels, and never nothing. */
export function selectsPod(service: Service, pod: Pod): boolean {
  const wanted = Object.entries(service.spec?.selector ?? {});
  const labels = pod.metadata?.labels ?? {};
  return wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

export function findCandidates(
  { caches }: ControllerContext,
  service: Served<Service>,
  family: AddressFamily,
): readonly Candidate[] {
  const pods = caches.pods.lister.list(service.metadata.namespace).filter((pod) => selectsPod(service, pod));
  return candidatesOf(service, family, pods, (name) => caches.nodes.lister.get({ namespace: '', name }));
}
