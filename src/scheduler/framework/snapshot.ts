// What one decision looks at: every node with the pods on it, as of one moment. Immutable, so that plugins stay pure.
import type { Node, Pod, Served } from '../../api/index.ts';
import { type Amounts, add, allocatableOf, requestsOf, scoredRequestsOf } from './requests.ts';

/** A pod with what is derived from it once. */
export interface PodInfo {
  readonly pod: Served<Pod>;
  readonly requests: Amounts;
  readonly scoredRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
  /** The uid of the controller it is a replica of; undefined for pods of none, and for those on their way out. */
  readonly replicaOf: string | undefined;
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
  /** How many replicas of each controller it has. */
  readonly replicas: ReadonlyMap<string, number>;
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
    replicaOf: replicaOf(pod),
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
    replicas: pods.reduce<ReadonlyMap<string, number>>(oneReplicaMore, new Map()),
  };
}

/** The node with one pod more. */
export function withPod(node: NodeInfo, pod: PodInfo): NodeInfo {
  return {
    ...node,
    pods: [...node.pods, pod],
    requested: add(node.requested, pod.requests),
    scoredRequested: add(node.scoredRequested, pod.scoredRequests),
    replicas: oneReplicaMore(node.replicas, pod),
  };
}

function oneReplicaMore(replicas: ReadonlyMap<string, number>, { replicaOf }: PodInfo): ReadonlyMap<string, number> {
  if (replicaOf === undefined) return replicas;
  return new Map(replicas).set(replicaOf, (replicas.get(replicaOf) ?? 0) + 1);
}

function replicaOf({ metadata }: Served<Pod>): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return undefined;
  return metadata.ownerReferences?.find((reference) => reference.controller === true)?.uid;
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
