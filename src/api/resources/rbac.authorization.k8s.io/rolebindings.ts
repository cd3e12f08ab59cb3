// Role bindings: who has a role, or a cluster role, within a namespace.
import type { RoleBinding } from '../../cluster-types.ts';
import { defaultBinding, RBAC_GROUP, validateBinding, validateBindingUpdate } from '../../validation/rbac.ts';
import { defineResource } from '../define.ts';
import { BINDING_COLUMNS } from './binding-columns.ts';

export const ROLE_BINDINGS = defineResource({
  group: RBAC_GROUP,
  version: 'v1',
  plural: 'rolebindings',
  kind: 'RoleBinding',
  namespaced: true,
  columns: BINDING_COLUMNS,
  strategy: {
    nameRule: 'pathSegment',
    allowCreateOnUpdate: true,
    applyDefaults: (object) => defaultBinding(object as RoleBinding),
    validate: (object) => validateBinding(object as RoleBinding, true),
    validateUpdate: (object, old) => validateBindingUpdate(object as RoleBinding, old as RoleBinding),
  },
});
