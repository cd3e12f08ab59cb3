// Priority classes: names for the priorities of pods. A class means the same for as long as it exists; the two of the
// system are made by the servers themselves.
import type { KubeObject } from '../../object.ts';
import type { PriorityClass } from '../../types.ts';
import { validatePriorityClass, validatePriorityClassUpdate } from '../../validation/priority-class.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const PRIORITY_CLASSES = defineResource({
  group: 'scheduling.k8s.io',
  version: 'v1',
  plural: 'priorityclasses',
  kind: 'PriorityClass',
  namespaced: false,
  shortNames: ['pc'],
  columns: [
    NAME_COLUMN,
    column<PriorityClass>('Value', ({ value }) => value ?? 0, { type: 'integer' }),
    column<PriorityClass>('Global-Default', ({ globalDefault }) => globalDefault ?? false, { type: 'boolean' }),
    AGE_COLUMN,
    column<PriorityClass>('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy ?? ''),
  ],
  strategy: {
    hasGeneration: true,
    applyDefaults: applyPriorityClassDefaults,
    validate: (object) => validatePriorityClass(object as PriorityClass),
    validateUpdate: (object, old) => validatePriorityClassUpdate(object as PriorityClass, old as PriorityClass),
  },
});

function applyPriorityClassDefaults(object: KubeObject): void {
  const priorityClass = object as PriorityClass;
  priorityClass.value ??= 0;
  priorityClass.preemptionPolicy ||= 'PreemptLowerPriority';
  if (priorityClass.globalDefault === false) delete priorityClass.globalDefault;
}
