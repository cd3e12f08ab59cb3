// Priority: without priority classes other than the system's own, a pod has priority 0.
import type { Pod } from '../../api/index.ts';

const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

export function setPriority(pod: Pod): void {
  const { spec } = pod;
  if (spec === undefined) return;
  spec.priority = SYSTEM_CLASSES[spec.priorityClassName ?? ''] ?? 0;
  spec.preemptionPolicy ??= 'PreemptLowerPriority';
}
