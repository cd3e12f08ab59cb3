// Priority: without priority classes other than the system's own, a pod has priority 0. A class that is not there, or a
// number that is not the class's, is refused as Kubernetes does: ignored silently, the pod would wait behind all others.
import { forbiddenError, type Pod, type ResourceDefinition } from '../../api/index.ts';

const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Changes `pod` in place. Throws ApiError 403. */
export function setPriority(definition: ResourceDefinition, pod: Pod): void {
  const { spec } = pod;
  if (spec === undefined) return;
  const name = spec.priorityClassName ?? '';
  const podName = pod.metadata?.name ?? '';
  if (name !== '' && !Object.hasOwn(SYSTEM_CLASSES, name))
    throw forbiddenError(definition, podName, `no PriorityClass with name ${name} was found`);
  const priority = SYSTEM_CLASSES[name] ?? 0;
  if (spec.priority !== undefined && spec.priority !== priority)
    throw forbiddenError(
      definition,
      podName,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  spec.priority = priority;
  spec.preemptionPolicy ??= 'PreemptLowerPriority';
}
