// Impersonation: headers that ask for a request to be made as somebody else (Impersonate-User, -Group, -Uid and -Extra-…), and
// whether the asker may. Kubernetes 1.36 knows five ways to be allowed: four that are constrained to what is done and whose name
// is taken (KEP-5284), and the old one, the verb `impersonate`. They are tried in this order; the first refusal is the one told.
import { ApiError, badRequestError } from '../../api/index.ts';
import { goTexts } from '../../lib/index.ts';
import { authorize, IMPERSONATE } from '../authz/authorize.ts';
import { notAllowedError } from '../authz/forbidden.ts';
import type { HeaderLine } from '../http/header-lines.ts';
import type { UserInfo } from '../options.ts';
import type { RequestInfo, RequestVerb, ResourceRequest } from '../request-info/parse.ts';
import {
  ANONYMOUS,
  AUTHENTICATED_GROUP,
  MASTERS_GROUP,
  NODES_GROUP,
  nodeNameOf,
  SERVICE_ACCOUNTS_GROUP,
  serviceAccountOf,
  UNAUTHENTICATED_GROUP,
} from './users.ts';

const USER = 'impersonate-user';
const UID = 'impersonate-uid';
const GROUP = 'impersonate-group';
const EXTRA_PREFIX = 'impersonate-extra-';
const AUTHENTICATION_GROUP = 'authentication.k8s.io';
/** Where a service account's token says on which node its pod runs. */
const NODE_NAME_EXTRA = 'authentication.kubernetes.io/node-name';

/** Whom these headers ask for, as they say it; undefined: for nobody. Throws ApiError 400 where only the name is missing. */
export function wantedUser(lines: readonly HeaderLine[]): UserInfo | undefined {
  const valuesOf = (name: string): string[] => lines.filter((line) => line[0] === name).map((line) => line[1]);
  const name = valuesOf(USER)[0] ?? '';
  const uid = valuesOf(UID)[0] ?? '';
  const groups = valuesOf(GROUP);
  const extra = new Map<string, string[]>();
  for (const [header, value] of lines) {
    if (!header.startsWith(EXTRA_PREFIX)) continue;
    const key = unescaped(header.slice(EXTRA_PREFIX.length));
    extra.set(key, [...(extra.get(key) ?? []), value]);
  }
  const wanted = { name, uid, groups, extra: Object.fromEntries(extra) };
  if (name !== '') return wanted;
  if (uid === '' && groups.length === 0 && extra.size === 0) return undefined;
  throw badRequestError(`requested ${asGo(wanted)} without impersonating a user name`);
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // Not escaped as it should be: it is taken as it is.
    return key;
  }
}

/** How Go prints such a user. */
function asGo({ name, uid, groups, extra }: UserInfo): string {
  const entries = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:${goTexts(values)}`);
  const groupsText = groups.length === 0 ? '[]string(nil)' : goTexts(groups);
  const extraText = entries.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${entries.join(', ')}}`;
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${groupsText}, Extra:${extraText}}`;
}

/** The user that a request is made as which `requestor` makes as `wanted`. Throws ApiError 403. */
export function impersonatedUser(requestor: UserInfo, wanted: UserInfo, asked: RequestInfo): UserInfo {
  let refusal: ApiError | undefined;
  for (const mode of MODES) {
    if (!mode.suits(wanted, requestor)) continue;
    try {
      if (mode.isConstrained) allow(requestor, withVerb(asked, `impersonate-on:${mode.name}:${verbOf(asked)}`));
      return actAs(requestor, wanted, mode);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? notAllowedError(requestor, asked, verbOf(asked));
}

interface Mode {
  readonly name: string;
  readonly isConstrained: boolean;
  suits(wanted: UserInfo, requestor: UserInfo): boolean;
}

const MODES: readonly Mode[] = [
  {
    name: 'associated-node',
    isConstrained: true,
    suits: (wanted, requestor) =>
      isNameOnly(wanted) && nodeNameOf(wanted.name) !== undefined && runsOn(requestor, wanted),
  },
  {
    name: 'arbitrary-node',
    isConstrained: true,
    suits: (wanted) => isNameOnly(wanted) && nodeNameOf(wanted.name) !== undefined,
  },
  {
    name: 'serviceaccount',
    isConstrained: true,
    suits: (wanted) => isNameOnly(wanted) && serviceAccountOf(wanted.name) !== undefined,
  },
  {
    name: 'user-info',
    isConstrained: true,
    suits: ({ name }) => nodeNameOf(name) === undefined && serviceAccountOf(name) === undefined,
  },
  { name: '', isConstrained: false, suits: () => true },
];

function isNameOnly({ uid, groups, extra }: UserInfo): boolean {
  return uid === '' && groups.length === 0 && Object.keys(extra).length === 0;
}

/** A pod that acts as the node it runs on. */
function runsOn({ name, extra }: UserInfo, wanted: UserInfo): boolean {
  const nodes = extra[NODE_NAME_EXTRA] ?? [];
  return serviceAccountOf(name) !== undefined && nodes.length === 1 && nodes[0] === nodeNameOf(wanted.name);
}

/** Each thing that is taken on must be allowed: name, uid, groups, extras. Throws ApiError 403. */
function actAs(requestor: UserInfo, wanted: UserInfo, mode: Mode): UserInfo {
  const verb = mode.isConstrained ? `${IMPERSONATE}:${mode.name}` : IMPERSONATE;
  const group = mode.isConstrained ? AUTHENTICATION_GROUP : '';
  const groups = actAsName(requestor, wanted, mode, attributes(verb, group, 'users', wanted.name));
  if (wanted.uid !== '') allow(requestor, attributes(verb, AUTHENTICATION_GROUP, 'uids', wanted.uid));
  for (const name of wanted.groups) {
    const asked = attributes(verb, group, 'groups', name);
    if (mode.isConstrained) refuseGroup(requestor, asked, wanted.groups);
    allow(requestor, asked);
  }
  for (const [key, values] of Object.entries(wanted.extra))
    for (const value of values)
      allow(requestor, { ...attributes(verb, AUTHENTICATION_GROUP, 'userextras', value), subresource: key });
  return { ...wanted, groups: withImplied(wanted.name, groups) };
}

/** Asks for the name, and answers the groups that come with it. */
function actAsName(requestor: UserInfo, wanted: UserInfo, mode: Mode, users: ResourceRequest): readonly string[] {
  const node = mode.isConstrained ? nodeNameOf(wanted.name) : undefined;
  if (node !== undefined) {
    allow(requestor, { ...users, resource: 'nodes', name: mode.name === 'associated-node' ? '*' : node });
    return [NODES_GROUP];
  }
  const account = serviceAccountOf(wanted.name);
  if (account === undefined) {
    allow(requestor, users);
    return wanted.groups;
  }
  allow(requestor, { ...users, resource: 'serviceaccounts', ...account });
  if (wanted.groups.length > 0) return wanted.groups;
  return [SERVICE_ACCOUNTS_GROUP, `${SERVICE_ACCOUNTS_GROUP}:${account.namespace}`];
}

/** What constrained impersonation gives to nobody. */
function refuseGroup(requestor: UserInfo, asked: ResourceRequest, groups: readonly string[]): void {
  const refuse = (name: string, what: string): ApiError =>
    notAllowedError(requestor, { ...asked, name }, asked.verb, `impersonating the ${what} is not allowed`);
  if (groups.includes('')) throw refuse('', 'empty string group');
  if (groups.includes(MASTERS_GROUP)) throw refuse(MASTERS_GROUP, `${MASTERS_GROUP} group`);
}

/** With the group of everybody who proved who they are, or of those who did not. */
function withImplied(name: string, groups: readonly string[]): readonly string[] {
  if (groups.includes(UNAUTHENTICATED_GROUP)) return groups;
  const implied = name === ANONYMOUS.name ? UNAUTHENTICATED_GROUP : AUTHENTICATED_GROUP;
  return groups.includes(implied) ? groups : [...groups, implied];
}

function allow(user: UserInfo, asked: RequestInfo): void {
  const decision = authorize(user, asked);
  if (decision.kind === 'denied') throw notAllowedError(user, asked, verbOf(asked), decision.reason);
}

function attributes(verb: string, group: string, resource: string, name: string): ResourceRequest {
  // Its verbs are none of a request's.
  const asked = verb as RequestVerb;
  return {
    kind: 'resource',
    verb: asked,
    path: '',
    group,
    version: 'v1',
    namespace: '',
    resource,
    name,
    subresource: '',
    rest: [],
  };
}

function withVerb(asked: RequestInfo, verb: string): RequestInfo {
  switch (asked.kind) {
    case 'resource':
      return { ...asked, verb: verb as RequestVerb };
    case 'nonResource':
      return { ...asked, verb };
    case 'malformed':
      return { kind: 'nonResource', verb, path: asked.path };
  }
}

function verbOf(asked: RequestInfo): string {
  return asked.kind === 'malformed' ? 'get' : asked.verb;
}
