// The users and groups that Kubernetes knows by name.
import { oncePer } from '../../lib/index.ts';
import type { UserInfo } from '../options.ts';

export const MASTERS_GROUP = 'system:masters';
export const AUTHENTICATED_GROUP = 'system:authenticated';
export const UNAUTHENTICATED_GROUP = 'system:unauthenticated';
export const SERVICE_ACCOUNTS_GROUP = 'system:serviceaccounts';

export const ANONYMOUS: UserInfo = {
  name: 'system:anonymous',
  uid: '',
  groups: [UNAUTHENTICATED_GROUP],
  extra: {},
};

/** Everyone, where authentication is switched off. */
export const INSECURE: UserInfo = {
  name: 'system:unsecured',
  uid: '',
  groups: [MASTERS_GROUP, AUTHENTICATED_GROUP],
  extra: {},
};

/** Adds the group that every authenticated user is in. Equal for equal objects: what is known of a user is remembered by it. */
export const authenticated = oncePer((user: UserInfo): UserInfo => {
  if (user.groups.includes(AUTHENTICATED_GROUP)) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED_GROUP] };
});

export function serviceAccountUserName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
