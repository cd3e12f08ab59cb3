// RuntimeClass: a pod that names one gets its overhead, and goes only where the class is offered.
import {
  amountsOf,
  equalAmounts,
  forbiddenError,
  mergeTolerations,
  type Pod,
  type PodSpec,
  type RuntimeClass,
} from '../../api/index.ts';
import type { Admission, AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { findOne } from './stored-objects.ts';

const RUNTIME_CLASSES = 'runtimeclasses.node.k8s.io';

export const RUNTIME_CLASS: AdmissionPlugin = { of: ['pods'], on: ['create'], admit: applyRuntimeClass };

function applyRuntimeClass(request: AdmissionRequest, admission: Admission): void {
  const { operation, object, snapshot } = request;
  const { spec, metadata } = object as Pod;
  if (spec === undefined) return;
  const refuse = (why: string): Error => forbiddenError(operation.definition, metadata?.name ?? '', why);
  const name = spec.runtimeClassName;
  const found = name === undefined ? undefined : findOne<RuntimeClass>(snapshot, RUNTIME_CLASSES, name);
  if (name !== undefined && found === undefined)
    throw refuse(`pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  const { overhead, scheduling } = found?.object ?? {};
  if (overhead === undefined) {
    if (spec.overhead !== undefined)
      throw refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  } else {
    const fixed = overhead.podFixed ?? {};
    if (spec.overhead !== undefined && !equalAmounts(amountsOf(spec.overhead), amountsOf(fixed)))
      throw refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    spec.overhead = { ...fixed };
  }
  if (scheduling !== undefined) place(spec, scheduling, refuse);
  if (found !== undefined) admission.conditions.push({ kind: 'exists', key: found.stored.key });
}

function place(
  spec: PodSpec,
  { nodeSelector = {}, tolerations = [] }: NonNullable<RuntimeClass['scheduling']>,
  refuse: (why: string) => Error,
): void {
  const own = spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    const chosen = Object.hasOwn(own, key) ? own[key] : undefined;
    if (chosen !== undefined && chosen !== value)
      throw refuse(
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${chosen}`,
      );
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...own, ...nodeSelector };
  const merged = mergeTolerations(spec.tolerations ?? [], structuredClone(tolerations));
  if (merged.length > 0) spec.tolerations = merged;
}
