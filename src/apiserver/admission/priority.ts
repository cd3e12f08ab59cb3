// Priority: a pod has the number and the preemption policy of its class, or of the class that is the default. Other numbers
// than the class's are refused as Kubernetes does: ignored silently, the pod would wait behind all others.
import { forbiddenError, type Pod, type PriorityClass } from '../../api/index.ts';
import type { Snapshot } from '../../store/index.ts';
import type { Admission, AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { defaultClass, PRIORITY_CLASSES } from './priority-class.ts';
import { type Found, findOne } from './stored-objects.ts';

const PREEMPTING = 'PreemptLowerPriority';

export const PRIORITY: AdmissionPlugin = {
  of: ['pods'],
  on: ['create', 'update'],
  admit(request, admission) {
    if (request.old === undefined) setPriority(request, admission);
    else keepPriority(request.object as Pod, request.old as Pod);
  },
};

/** Clients that do not know the fields do not give them up. */
function keepPriority({ spec }: Pod, { spec: old }: Pod): void {
  if (spec === undefined || old === undefined) return;
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined)
    spec.preemptionPolicy = old.preemptionPolicy;
}

function setPriority({ operation: { definition }, object, snapshot }: AdmissionRequest, admission: Admission): void {
  const { spec, metadata } = object as Pod;
  if (spec === undefined) return;
  const refuse = (why: string): Error => forbiddenError(definition, metadata?.name ?? '', why);
  const named = spec.priorityClassName ?? '';
  const found = classOf(named, snapshot);
  if (found === undefined && named !== '') throw refuse(`no PriorityClass with name ${named} was found`);
  const priority = found?.object.value ?? 0;
  const policy = found?.object.preemptionPolicy ?? PREEMPTING;
  const determined = 'from the given PriorityClass name';
  if (spec.priority !== undefined && spec.priority !== priority)
    throw refuse(
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} ${determined}`,
    );
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    throw refuse(
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} ${determined}`,
    );
  if (found !== undefined) {
    spec.priorityClassName = found.object.metadata?.name ?? '';
    admission.conditions.push({ kind: 'exists', key: found.stored.key });
  }
  spec.priority = priority;
  spec.preemptionPolicy = policy;
}

function classOf(name: string, snapshot: Snapshot): Found<PriorityClass> | undefined {
  return name === '' ? defaultClass(snapshot) : findOne<PriorityClass>(snapshot, PRIORITY_CLASSES, name);
}
