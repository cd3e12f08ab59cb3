// Defaults that hold for pods and not for their templates: what a controller leaves open is decided when a pod is made.
import type { KubeObject } from '../../object.ts';
import { aggregateRequests } from '../../pod-resources.ts';
import { formatQuantity } from '../../quantity.ts';
import type { Pod, PodSpec } from '../../types.ts';

export function applyPodDefaults(object: KubeObject): void {
  const { spec } = object as Pod;
  if (spec === undefined) return;
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const { limits, requests = {} } = container.resources ?? {};
    if (limits !== undefined) container.resources = { ...container.resources, requests: { ...limits, ...requests } };
    if (spec.hostNetwork === true) for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
  if (spec.resources !== undefined) defaultPodRequests(spec, spec.resources);
}

/** A pod with limits as a whole asks for what its containers ask for together, and where they are silent for its limits. */
function defaultPodRequests(spec: PodSpec, resources: NonNullable<PodSpec['resources']>): void {
  const requests = { ...resources.requests };
  for (const [name, quantity] of aggregateRequests(spec)) {
    if (/^(cpu|memory|hugepages-.+)$/.test(name)) requests[name] ??= formatQuantity(quantity);
  }
  for (const [name, limit] of Object.entries(resources.limits ?? {})) requests[name] ??= limit;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}
