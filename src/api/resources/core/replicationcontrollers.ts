// ReplicationControllers: so many pods of one template, as before there were replica sets. The selector is a plain map of
// labels; selector and labels that are left out are those of the template.
import { equalJson } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { ReplicationController } from '../../types.ts';
import { validateReplicationController } from '../../validation/replication-controller.ts';
import { validateReplicaCounts } from '../../validation/workload.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, SCALE, statusOf } from '../define.ts';
import { defaultTemplate } from '../strategies.ts';
import { labelsText, WIDE_CONTAINER_COLUMNS } from '../template-columns.ts';

export const REPLICATION_CONTROLLERS = defineResource({
  group: '',
  version: 'v1',
  plural: 'replicationcontrollers',
  kind: 'ReplicationController',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  subresources: [SCALE, statusOf('', 'v1', 'ReplicationController')],
  columns: [
    NAME_COLUMN,
    column<ReplicationController>('Desired', ({ spec }) => spec?.replicas ?? 0, { type: 'integer' }),
    column<ReplicationController>('Current', ({ status }) => status?.replicas ?? 0, { type: 'integer' }),
    column<ReplicationController>('Ready', ({ status }) => status?.readyReplicas ?? 0, { type: 'integer' }),
    AGE_COLUMN,
    ...WIDE_CONTAINER_COLUMNS,
    column<ReplicationController>('Selector', ({ spec }) => labelsText(spec?.selector), { wide: true }),
  ],
  strategy: {
    hasGeneration: true,
    orphansDependents: true,
    prepareForCreate(object) {
      (object as ReplicationController).status = { replicas: 0 };
    },
    prepareForUpdate(object, old) {
      const controller = object as ReplicationController;
      const before = old as ReplicationController;
      controller.status = structuredClone(before.status ?? { replicas: 0 });
      return !equalJson(controller.spec, before.spec);
    },
    applyDefaults,
    validate: (object) => validateReplicationController(object as ReplicationController),
    validateStatusUpdate: (object) => validateReplicaCounts((object as ReplicationController).status),
    selectableFields: (object) => ({
      'status.replicas': String((object as ReplicationController).status?.replicas ?? 0),
    }),
    selectableFieldNames: ['status.replicas'],
  },
});

function applyDefaults(object: KubeObject): void {
  const { spec, status, metadata } = object as ReplicationController;
  if (spec === undefined) return;
  const labels = spec.template?.metadata?.labels ?? {};
  if (Object.keys(labels).length > 0) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (metadata !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
  if (status !== undefined) status.replicas ??= 0;
  defaultTemplate(spec);
}
