// What one decision looks at: every node with the pods on it, as of one moment. Immutable, so that plugins stay pure.
import type { Node, Pod, Served } from '../../api/index.ts';
import { type Amounts, add, allocatableOf, requestsOf, scoredRequestsOf } from './requests.ts';

/** A pod with what is derived from it once. */
export interface PodInfo {
  readonly pod: Served<Pod>;
  readonly requests: Amounts;
  readonly scoredRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
}

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A node and what is promised on it, pods that are about to be bound included. */
export interface NodeInfo {
  readonly node: Served<Node>;
  readonly name: string;
  readonly pods: readonly PodInfo[];
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  readonly scoredRequested: Amounts;
}

export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
}

export function podInfo(pod: Served<Pod>): PodInfo {
  return {
    pod,
    requests: requestsOf(pod),
    scoredRequests: scoredRequestsOf(pod),
    hostPorts: hostPortsOf(pod),
  };
}

export function nodeInfo(node: Served<Node>, pods: readonly PodInfo[]): NodeInfo {
  return {
    node,
    name: node.metadata.name,
    pods,
    allocatable: allocatableOf(node),
    requested: pods.reduce<Amounts>((sum, one) => add(sum, one.requests), {}),
    scoredRequested: pods.reduce<Amounts>((sum, one) => add(sum, one.scoredRequests), {}),
  };
}

/** The node with one pod more. */
export function withPod(node: NodeInfo, pod: PodInfo): NodeInfo {
  return {
    ...node,
    pods: [...node.pods, pod],
    requested: add(node.requested, pod.requests),
    scoredRequested: add(node.scoredRequested, pod.scoredRequests),
  };
}

function hostPortsOf(pod: Pod): HostPort[] {
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always'),
  ];
  return containers.flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({ ip: port.hostIP || '0.0.0.0', protocol: port.protocol ?? 'TCP', port: port.hostPort ?? 0 })),
  );
}
