// Stateful sets: pods with names and claims of their own. Little of the spec may change after creation.
import type { KubeObject } from '../../object.ts';
import type { StatefulSet, StatefulSetSpec } from '../../types.ts';
import {
  validateStatefulSet,
  validateStatefulSetStatusUpdate,
  validateStatefulSetUpdate,
} from '../../validation/statefulset.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, SCALE, statusOf } from '../define.ts';
import { defaultTemplate, keepStatus } from '../strategies.ts';
import { WIDE_CONTAINER_COLUMNS } from '../template-columns.ts';

const NO_REPLICAS = { replicas: 0, availableReplicas: 0 };

export const STATEFUL_SETS = defineResource({
  group: 'apps',
  version: 'v1',
  plural: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  subresources: [SCALE, statusOf('apps', 'v1', 'StatefulSet')],
  columns: [
    NAME_COLUMN,
    column<StatefulSet>('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    AGE_COLUMN,
    ...WIDE_CONTAINER_COLUMNS,
  ],
  strategy: {
    // Its pods are called after it, and their names must be host names.
    nameRule: 'dns1123Label',
    hasGeneration: true,
    prepareForCreate(object) {
      const set = object as StatefulSet;
      set.status = { ...NO_REPLICAS };
      dropMaxUnavailable(set.spec, undefined);
    },
    prepareForUpdate(object, old) {
      const set = object as StatefulSet;
      const before = old as StatefulSet;
      dropMaxUnavailable(set.spec, before.spec);
      return keepStatus(set, before, { ...NO_REPLICAS });
    },
    applyDefaults,
    validate: (object) => validateStatefulSet(object as StatefulSet),
    validateUpdate: (object, old) => validateStatefulSetUpdate(object as StatefulSet, old as StatefulSet),
    validateStatusUpdate: (object, old) => validateStatefulSetStatusUpdate(object as StatefulSet, old as StatefulSet),
  },
});

/** The feature behind this field (MaxUnavailableStatefulSet) is off in Kubernetes 1.36. */
function dropMaxUnavailable(spec: StatefulSetSpec | undefined, old: StatefulSetSpec | undefined): void {
  const rolling = spec?.updateStrategy?.rollingUpdate;
  if (rolling !== undefined && old?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined)
    delete rolling.maxUnavailable;
}

function applyDefaults(object: KubeObject): void {
  const { spec } = object as StatefulSet;
  if (spec === undefined) return;
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate';
    spec.updateStrategy.rollingUpdate ??= {};
  }
  if (spec.updateStrategy.type === 'RollingUpdate' && spec.updateStrategy.rollingUpdate !== undefined)
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  defaultTemplate(spec);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ||= 'v1';
    claim.kind ||= 'PersistentVolumeClaim';
    claim.metadata ??= {};
    claim.status ??= {};
    claim.status.phase ||= 'Pending';
  }
}
