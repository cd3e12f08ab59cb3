// Roles and bindings: what is stored, what is refused, what kubectl prints.
import { describe, expect, test } from 'vitest';
import type { ClusterRoleBinding, RoleBinding } from '../../src/api/index.ts';
import { cellsOf } from './cluster-support.ts';
import { created, failure, resource, updated } from './support.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = resource(GROUP, 'roles');
const CLUSTER_ROLES = resource(GROUP, 'clusterroles');
const ROLE_BINDINGS = resource(GROUP, 'rolebindings');
const CLUSTER_ROLE_BINDINGS = resource(GROUP, 'clusterrolebindings');

describe('roles', () => {
  test('may have names that are no domains, and print when they were made', () => {
    const stored = created(ROLES, {
      metadata: { name: 'system:Reader' },
      rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    });
    expect(cellsOf(ROLES, stored)).toEqual({ Name: 'system:Reader', 'Created At': '2026-01-02T03:04:05Z' });
    expect(created(CLUSTER_ROLES, { metadata: { name: 'empty' } })).toMatchObject({ metadata: { name: 'empty' } });
  });

  test.each<[string, string, object, string]>([
    [
      'roles',
      'no verbs',
      { apiGroups: [''], resources: ['pods'] },
      'rules[0].verbs: Required value: verbs must contain at least one value',
    ],
    [
      'roles',
      'no groups',
      { verbs: ['get'], resources: ['pods'] },
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    ],
    [
      'roles',
      'no resources',
      { verbs: ['get'], apiGroups: [''] },
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
    [
      'roles',
      'a path',
      { verbs: ['get'], nonResourceURLs: ['/healthz'] },
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
    ],
    [
      'clusterroles',
      'paths and resources',
      { verbs: ['get'], nonResourceURLs: ['/healthz'], resources: ['pods'] },
      'rules cannot apply to both regular resources and non-resource URLs',
    ],
  ])('%s with %s are refused', (plural, _, rule, message) => {
    expect(failure(() => created(resource(GROUP, plural), { metadata: { name: 'r' }, rules: [rule] }))).toContain(
      message,
    );
  });

  test('a cluster role that gathers others says which', () => {
    const gathering = (clusterRoleSelectors: object[]): string =>
      failure(() => created(CLUSTER_ROLES, { metadata: { name: 'r' }, aggregationRule: { clusterRoleSelectors } }));
    expect(gathering([])).toContain(
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    );
    expect(gathering([{ matchLabels: { 'a b': 'c' } }])).toContain(
      'aggregationRule.clusterRoleSelectors[0].matchLabels',
    );
  });
});

describe('bindings', () => {
  const binding = (more: object = {}): object => ({
    metadata: { name: 'b' },
    roleRef: { kind: 'ClusterRole', name: 'view' },
    ...more,
  });

  test('name the group of users, groups and roles, and that of service accounts not', () => {
    const stored = created<RoleBinding>(
      ROLE_BINDINGS,
      binding({
        subjects: [
          { kind: 'User', name: 'jane' },
          { kind: 'Group', name: 'devs' },
          { kind: 'ServiceAccount', name: 'bot', namespace: 'ci' },
        ],
      }),
    );
    expect(stored.roleRef).toEqual({ apiGroup: GROUP, kind: 'ClusterRole', name: 'view' });
    expect(stored.subjects?.map(({ apiGroup }) => apiGroup)).toEqual([GROUP, GROUP, undefined]);
    expect(cellsOf(ROLE_BINDINGS, stored)).toMatchObject({
      Role: 'ClusterRole/view',
      'Users*': 'jane',
      'Groups*': 'devs',
      'ServiceAccounts*': 'ci/bot',
    });
  });

  test('never change their role', () => {
    const stored = created<ClusterRoleBinding>(CLUSTER_ROLE_BINDINGS, binding());
    const change = (): unknown =>
      updated(CLUSTER_ROLE_BINDINGS, stored, (next) => {
        next.roleRef = { ...next.roleRef, name: 'admin' };
      });
    expect(failure(change)).toMatch(/roleRef: Invalid value: \{.*"name":"admin".*\}: cannot change roleRef$/);
    const more = updated(CLUSTER_ROLE_BINDINGS, stored, (next) => {
      next.subjects = [{ kind: 'Group', name: 'devs' }];
    });
    expect(more.subjects).toHaveLength(1);
  });

  test.each<[string, object, string]>([
    [
      'clusterrolebindings',
      { roleRef: { kind: 'Role', name: 'r' } },
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ],
    [
      'rolebindings',
      { roleRef: { kind: 'Pod', name: 'r' } },
      'roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"',
    ],
    ['rolebindings', { roleRef: { kind: 'Role', name: '' } }, 'roleRef.name: Required value'],
    [
      'rolebindings',
      { roleRef: { kind: 'Role', name: 'a%b' } },
      `roleRef.name: Invalid value: "a%b": may not contain '%'`,
    ],
    [
      'rolebindings',
      { roleRef: { apiGroup: 'apps', kind: 'Role', name: 'r' } },
      'roleRef.apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"',
    ],
    ['rolebindings', { roleRef: undefined }, 'roleRef.kind: Unsupported value: ""'],
    [
      'rolebindings',
      { subjects: [{ kind: 'Robot', name: 'r' }] },
      'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
    ['rolebindings', { subjects: [{ kind: 'User' }] }, 'subjects[0].name: Required value'],
    [
      'rolebindings',
      { subjects: [{ kind: 'User', name: 'x', apiGroup: 'apps' }] },
      'subjects[0].apiGroup: Unsupported value: "apps"',
    ],
    [
      'clusterrolebindings',
      { subjects: [{ kind: 'ServiceAccount', name: 'x' }] },
      'subjects[0].namespace: Required value',
    ],
    ['rolebindings', { subjects: [{ kind: 'ServiceAccount', name: 'A' }] }, 'subjects[0].name: Invalid value: "A"'],
  ])('%s %j is refused', (plural, more, message) => {
    expect(failure(() => created(resource(GROUP, plural), binding(more)))).toContain(message);
  });
});
