// ReplicaSets: so many pods of one template. Selector and template's labels must match; the selector is fixed.

import type { KubeObject } from '../../object.ts';
import type { ReplicaSet } from '../../types.ts';
import { validateSelectorUnchanged } from '../../validation/template.ts';
import { validateReplicaCounts, validateReplicaSet } from '../../validation/workload.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, SCALE, statusOf } from '../define.ts';
import { defaultTemplate, keepStatus } from '../strategies.ts';
import { TEMPLATE_COLUMNS } from '../template-columns.ts';

export const REPLICA_SETS = defineResource({
  group: 'apps',
  version: 'v1',
  plural: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  subresources: [SCALE, statusOf('apps', 'v1', 'ReplicaSet')],
  columns: [
    NAME_COLUMN,
    column<ReplicaSet>('Desired', ({ spec }) => spec?.replicas ?? 0, { type: 'integer' }),
    column<ReplicaSet>('Current', ({ status }) => status?.replicas ?? 0, { type: 'integer' }),
    column<ReplicaSet>('Ready', ({ status }) => status?.readyReplicas ?? 0, { type: 'integer' }),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
  ],
  strategy: {
    hasGeneration: true,
    prepareForCreate(object) {
      (object as ReplicaSet).status = { replicas: 0 };
    },
    prepareForUpdate: (object, old) => keepStatus(object, old, { replicas: 0 }),
    applyDefaults,
    validate: (object) => validateReplicaSet(object as ReplicaSet),
    validateUpdate: (object, old) =>
      validateSelectorUnchanged((object as ReplicaSet).spec?.selector, (old as ReplicaSet).spec?.selector),
    validateStatusUpdate: (object) => validateReplicaCounts((object as ReplicaSet).status),
    selectableFields: (object) => ({ 'status.replicas': String((object as ReplicaSet).status?.replicas ?? 0) }),
    selectableFieldNames: ['status.replicas'],
  },
});

function applyDefaults(object: KubeObject): void {
  const set = object as ReplicaSet;
  if (set.spec === undefined) return;
  set.spec.replicas ??= 1;
  if (set.status !== undefined) set.status.replicas ??= 0;
  defaultTemplate(set.spec);
}
