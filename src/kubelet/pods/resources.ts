// Requests and limits as the runtime is told them. Pure.
import { type Container, type Pod, type QosClass, qosClassOf } from '../../api/index.ts';
import type { ContainerResources } from '../runtime/port.ts';
import { milliValue, quantityValue } from './quantity.ts';

const SHARES_PER_CPU = 1_024;
const MINIMUM_SHARES = 2;
const MAXIMUM_SHARES = 262_144;

/** `nodeMemoryBytes` scales how readily a burstable container is killed when memory is short, as Kubernetes does. */
export function runtimeResources(pod: Pod, container: Container, nodeMemoryBytes: number): ContainerResources {
  const requests = container.resources?.requests ?? {};
  const limits = container.resources?.limits ?? {};
  const cpuMilli = milliValue(requests['cpu'] ?? limits['cpu']) ?? 0;
  const shares = Math.floor((cpuMilli * SHARES_PER_CPU) / 1_000);
  return {
    cpuShares: Math.min(Math.max(shares, MINIMUM_SHARES), MAXIMUM_SHARES),
    cpuLimitMilli: milliValue(limits['cpu']) ?? 0,
    memoryLimitBytes: Math.floor(quantityValue(limits['memory']) ?? 0),
    oomScoreAdjust: oomScore(qosClassOf(pod.spec), quantityValue(requests['memory']) ?? 0, nodeMemoryBytes),
  };
}

function oomScore(qos: QosClass, requestBytes: number, nodeMemoryBytes: number): number {
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1_000;
  const score = 1_000 - Math.floor((1_000 * requestBytes) / Math.max(1, nodeMemoryBytes));
  return Math.min(Math.max(score, 3), 999);
}
