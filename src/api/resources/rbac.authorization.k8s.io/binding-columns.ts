// The columns of role bindings and cluster role bindings: the role, and with -o wide who has it.
import type { ClusterRoleBinding, RoleBinding, Subject } from '../../cluster-types.ts';
import type { TableColumn } from '../../definition.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../define.ts';

type AnyRoleBinding = RoleBinding | ClusterRoleBinding;

export const BINDING_COLUMNS: readonly TableColumn[] = [
  NAME_COLUMN,
  column<AnyRoleBinding>('Role', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
  AGE_COLUMN,
  column<AnyRoleBinding>('Users', named('User'), { wide: true }),
  column<AnyRoleBinding>('Groups', named('Group'), { wide: true }),
  column<AnyRoleBinding>('ServiceAccounts', named('ServiceAccount'), { wide: true }),
];

function named(kind: string): (binding: AnyRoleBinding) => string {
  return ({ subjects = [] }) =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map((subject) => textOf(subject))
      .join(', ');
}

function textOf({ kind, namespace = '', name }: Subject): string {
  return kind === 'ServiceAccount' ? `${namespace}/${name}` : name;
}
