// Runtime classes: names for the ways in which nodes run containers, with what such a way costs and where it is offered.
import type { RuntimeClass } from '../../types.ts';
import { validateRuntimeClass, validateRuntimeClassUpdate } from '../../validation/runtime-class.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const RUNTIME_CLASSES = defineResource({
  group: 'node.k8s.io',
  version: 'v1',
  plural: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
  columns: [NAME_COLUMN, column<RuntimeClass>('Handler', ({ handler }) => handler ?? ''), AGE_COLUMN],
  strategy: {
    allowUnconditionalUpdate: false,
    validate: (object) => validateRuntimeClass(object as RuntimeClass),
    validateUpdate: (object, old) => validateRuntimeClassUpdate(object as RuntimeClass, old as RuntimeClass),
  },
});
