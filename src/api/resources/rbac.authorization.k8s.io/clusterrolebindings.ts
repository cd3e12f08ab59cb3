// Cluster role bindings: who has a cluster role everywhere.
import type { ClusterRoleBinding } from '../../cluster-types.ts';
import { defaultBinding, RBAC_GROUP, validateBinding, validateBindingUpdate } from '../../validation/rbac.ts';
import { defineResource } from '../define.ts';
import { BINDING_COLUMNS } from './binding-columns.ts';

export const CLUSTER_ROLE_BINDINGS = defineResource({
  group: RBAC_GROUP,
  version: 'v1',
  plural: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  namespaced: false,
  columns: BINDING_COLUMNS,
  strategy: {
    nameRule: 'pathSegment',
    allowCreateOnUpdate: true,
    applyDefaults: (object) => defaultBinding(object as ClusterRoleBinding),
    validate: (object) => validateBinding(object as ClusterRoleBinding, false),
    validateUpdate: (object, old) => validateBindingUpdate(object as ClusterRoleBinding, old as ClusterRoleBinding),
  },
});
