// Cluster roles: what may be done everywhere, on what has no namespace, and on paths that are no resources.
import type { ClusterRole } from '../../cluster-types.ts';
import { RBAC_GROUP, validateClusterRole } from '../../validation/rbac.ts';
import { CREATED_AT_COLUMN, defineResource, NAME_COLUMN } from '../define.ts';

export const CLUSTER_ROLES = defineResource({
  group: RBAC_GROUP,
  version: 'v1',
  plural: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
  columns: [NAME_COLUMN, CREATED_AT_COLUMN],
  strategy: {
    nameRule: 'pathSegment',
    allowCreateOnUpdate: true,
    validate: (object) => validateClusterRole(object as ClusterRole),
  },
});
