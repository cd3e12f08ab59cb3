// The users and groups that Kubernetes knows by name.
import { dns1123LabelProblems, dns1123SubdomainProblems } from '../../api/index.ts';
import { oncePer } from '../../lib/index.ts';
import type { UserInfo } from '../options.ts';

export const MASTERS_GROUP = 'system:masters';
export const AUTHENTICATED_GROUP = 'system:authenticated';
export const UNAUTHENTICATED_GROUP = 'system:unauthenticated';
export const SERVICE_ACCOUNTS_GROUP = 'system:serviceaccounts';
/** An extra of users: which of their credentials it was. */
export const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';
export const NODES_GROUP = 'system:nodes';
const SERVICE_ACCOUNT_PREFIX = 'system:serviceaccount:';
const NODE_PREFIX = 'system:node:';

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
  return `${SERVICE_ACCOUNT_PREFIX}${namespace}:${name}`;
}

/** The other way round; undefined: it is no service account's. */
export function serviceAccountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!user.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined;
  const [namespace = '', name = '', ...rest] = user.slice(SERVICE_ACCOUNT_PREFIX.length).split(':');
  const isValid =
    rest.length === 0 && dns1123LabelProblems(namespace).length === 0 && dns1123SubdomainProblems(name).length === 0;
  return isValid ? { namespace, name } : undefined;
}

/** The node whose kubelet is called so. */
export function nodeNameOf(user: string): string | undefined {
  const name = user.startsWith(NODE_PREFIX) ? user.slice(NODE_PREFIX.length) : '';
  return dns1123SubdomainProblems(name).length === 0 ? name : undefined;
}
