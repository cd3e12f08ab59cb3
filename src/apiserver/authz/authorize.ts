// The one place that says whether a user may do what a request asks. It allows every authenticated caller everything but
// the administration of the cluster itself; RBAC and the Node authorizer take its place without touching anything else.
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

export function authorize(user: UserInfo, attributes: RequestInfo): Decision {
  const administers = attributes.kind === 'nonResource' && ADMIN_PATHS.test(attributes.path);
  if (administers && !user.groups.includes(MASTERS_GROUP)) {
    const anonymous = !user.groups.includes(AUTHENTICATED_GROUP);
    return { kind: 'denied', anonymous, reason: 'only administrators may do this' };
  }
  if (user.groups.includes(AUTHENTICATED_GROUP)) return ALLOWED;
  const reading = attributes.kind === 'nonResource' && (attributes.verb === 'get' || attributes.verb === 'head');
  if (reading && PUBLIC_PATHS.test(attributes.path)) return ALLOWED;
  return { kind: 'denied', anonymous: true, reason: 'only authenticated users may do this' };
}
