// The one place that says whether a user may do what a request asks. It allows every authenticated caller everything but
// the administration of the cluster itself and acting as somebody else; RBAC and the Node authorizer take its place without
// touching anything else.
import { AUTHENTICATED_GROUP, MASTERS_GROUP } from '../authn/users.ts';
import type { UserInfo } from '../options.ts';
import type { RequestInfo } from '../request-info/parse.ts';

export type Decision =
  | { readonly kind: 'allowed' }
  /** `anonymous` callers are asked to authenticate (401) where others are refused (403). */
  | { readonly kind: 'denied'; readonly anonymous: boolean; readonly reason: string };

const ALLOWED: Decision = { kind: 'allowed' };

/** What anyone may read, as Kubernetes' role system:public-info-viewer has it. */
const PUBLIC_PATHS = /^\/(?:healthz|livez|readyz|version)(?:\/|$)/;

/** The first segment of what is for administrators only: members, leadership, snapshots. */
export const ADMIN_ROOT = 'quorate';
/** However often slashes are repeated: routing does not count them either. */
const ADMIN_PATHS = new RegExp(`^/+${ADMIN_ROOT}(?:/|$)`);

/** The verb of acting as somebody else; constrained forms of it begin with it. */
export const IMPERSONATE = 'impersonate';

export function authorize(user: UserInfo, attributes: RequestInfo): Decision {
  const anonymous = !user.groups.includes(AUTHENTICATED_GROUP);
  const administers = attributes.kind === 'nonResource' && ADMIN_PATHS.test(attributes.path);
  if ((administers || includesImpersonation(attributes)) && !user.groups.includes(MASTERS_GROUP))
    return { kind: 'denied', anonymous, reason: administers ? 'only administrators may do this' : '' };
  if (!anonymous) return ALLOWED;
  const reading = attributes.kind === 'nonResource' && (attributes.verb === 'get' || attributes.verb === 'head');
  if (reading && PUBLIC_PATHS.test(attributes.path)) return ALLOWED;
  return { kind: 'denied', anonymous: true, reason: 'only authenticated users may do this' };
}

/** Whoever may act as anybody may do anything: nobody may for having proved who they are. `*` stands for every verb. */
function includesImpersonation(attributes: RequestInfo): boolean {
  if (attributes.kind === 'malformed') return false;
  const verb: string = attributes.verb;
  return verb === '*' || verb.startsWith(IMPERSONATE);
}

/** What a user may do, as a SelfSubjectRulesReview tells it. */
export interface AccessRules {
  readonly resourceRules: readonly ResourceRule[];
  readonly nonResourceRules: readonly NonResourceRule[];
}
interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}
interface NonResourceRule {
  readonly verbs: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

const READING: NonResourceRule = {
  verbs: ['get', 'head'],
  nonResourceURLs: ['healthz', 'livez', 'readyz', 'version'].flatMap((name) => [`/${name}`, `/${name}/*`]),
};
/** Every verb of a request, and those that stand for more than one: all but acting as somebody else. */
const REQUEST_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const OTHER_VERBS = ['approve', 'attest', 'bind', 'escalate', 'sign', 'use'];
const SERVED = ['.well-known', 'api', 'apis', 'healthz', 'livez', 'metrics', 'openapi', 'openid', 'readyz', 'version'];

/** The same rules as authorize() goes by. */
export function rulesOf(user: UserInfo): AccessRules {
  if (user.groups.includes(MASTERS_GROUP))
    return {
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    };
  if (!user.groups.includes(AUTHENTICATED_GROUP)) return { resourceRules: [], nonResourceRules: [READING] };
  return {
    resourceRules: [{ verbs: [...REQUEST_VERBS, ...OTHER_VERBS], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [
      { verbs: ['get', 'head'], nonResourceURLs: SERVED.flatMap((name) => [`/${name}`, `/${name}/*`]) },
    ],
  };
}
