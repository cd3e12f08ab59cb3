// Roles: what may be done within a namespace.
import type { Role } from '../../cluster-types.ts';
import { RBAC_GROUP, validateRules } from '../../validation/rbac.ts';
import { CREATED_AT_COLUMN, defineResource, NAME_COLUMN } from '../define.ts';

export const ROLES = defineResource({
  group: RBAC_GROUP,
  version: 'v1',
  plural: 'roles',
  kind: 'Role',
  namespaced: true,
  columns: [NAME_COLUMN, CREATED_AT_COLUMN],
  strategy: {
    nameRule: 'pathSegment',
    allowCreateOnUpdate: true,
    validate: (object) => validateRules((object as Role).rules, true),
  },
});
