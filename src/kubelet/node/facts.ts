// What a node says about itself: capacity, addresses, system information, conditions. Pure but for the free disk space.
import { statfs } from 'node:fs/promises';
import type { Node, NodeCondition, NodeStatus } from '../../api/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import { NODE_IMAGES_LIMIT, PODS_PER_NODE } from '../limits.ts';
import type { NodeCapacity } from '../options.ts';
import type { ImageInfo, RuntimeInfo } from '../runtime/port.ts';

export const KUBELET_VERSION = 'v1.36.0+quorate';

/** From the machine, where `given` says nothing. */
export async function capacityOf(
  info: RuntimeInfo,
  given: Partial<NodeCapacity>,
  directory: string,
): Promise<NodeCapacity> {
  const disk = await statfs(directory);
  return {
    cpu: given.cpu ?? String(info.cpus),
    memory: given.memory ?? `${Math.floor(info.memoryBytes / 1_024)}Ki`,
    'ephemeral-storage': given['ephemeral-storage'] ?? `${Math.floor((disk.blocks * disk.bsize) / 1_024)}Ki`,
    pods: given.pods ?? String(PODS_PER_NODE),
  };
}

export interface NodeFacts {
  readonly nodeName: string;
  readonly nodeAddress: string;
  readonly port: number;
  readonly info: RuntimeInfo;
  readonly capacity: NodeCapacity;
  readonly labels: Readonly<Record<string, string>>;
  /** Stable for the life of the node. */
  readonly machineId: string;
}

export function nodeLabels({ nodeName, info, labels }: NodeFacts): Record<string, string> {
  return {
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': info.operatingSystem,
    'kubernetes.io/arch': info.architecture,
    'beta.kubernetes.io/os': info.operatingSystem,
    'beta.kubernetes.io/arch': info.architecture,
    ...labels,
  };
}

export interface NodeHealth {
  /** Undefined: the runtime answers. */
  readonly runtimeProblem: string | undefined;
  readonly images: readonly ImageInfo[];
  readonly nowMs: number;
}

/** The status to be written; `previous` says when conditions changed. */
export function nodeStatus(facts: NodeFacts, health: NodeHealth, previous: NodeStatus | undefined): NodeStatus {
  const { info, capacity } = facts;
  return {
    capacity: { ...capacity },
    allocatable: { ...capacity },
    conditions: conditions(health, previous?.conditions ?? []),
    addresses: [
      { type: 'InternalIP', address: facts.nodeAddress },
      { type: 'Hostname', address: facts.nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.machineId,
      bootID: facts.machineId,
      kernelVersion: info.kernelVersion,
      osImage: info.osImage,
      containerRuntimeVersion: info.containerRuntimeVersion,
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: info.operatingSystem,
      architecture: info.architecture,
    },
    images: [...health.images]
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, NODE_IMAGES_LIMIT)
      .map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes })),
  };
}

function conditions({ runtimeProblem, nowMs }: NodeHealth, previous: readonly NodeCondition[]): NodeCondition[] {
  const now = rfc3339(nowMs);
  const make = (type: string, status: string, reason: string, message: string): NodeCondition => {
    const before = previous.find((condition) => condition.type === type);
    const since = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime: since };
  };
  const ready =
    runtimeProblem === undefined
      ? make('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : make('Ready', 'False', 'KubeletNotReady', `container runtime is down: ${runtimeProblem}`);
  return [
    make('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    make('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    make('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    ready,
  ];
}

/** The node object that registers it. */
export function newNode(facts: NodeFacts, status: NodeStatus): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: facts.nodeName, labels: nodeLabels(facts) },
    spec: {},
    status,
  };
}

/** Whether two statuses differ in more than the time of their heartbeat. */
export function sameNodeStatus(a: NodeStatus | undefined, b: NodeStatus): boolean {
  const plain = (status: NodeStatus | undefined): string =>
    JSON.stringify({
      ...pick(status),
      conditions: (status?.conditions ?? []).map(({ type, status: value, reason, message }) => [
        type,
        value,
        reason,
        message,
      ]),
    });
  return plain(a) === plain(b);
}

function pick(status: NodeStatus | undefined): object {
  const sorted = (values: Readonly<Record<string, string>> | undefined) =>
    Object.entries(values ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    capacity: sorted(status?.capacity),
    allocatable: sorted(status?.allocatable),
    addresses: (status?.addresses ?? []).map(({ type, address }) => [type, address]),
    port: status?.daemonEndpoints?.kubeletEndpoint?.Port,
    info: [status?.nodeInfo?.containerRuntimeVersion, status?.nodeInfo?.kubeletVersion, status?.nodeInfo?.machineID],
    images: (status?.images ?? []).map(({ names }) => names),
  };
}
