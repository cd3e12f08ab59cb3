// The one place that says whether a user may do what a request asks. It allows every authenticated caller; RBAC and the
// Node authorizer take its place without touching anything else.
import { AUTHENTICATED_GROUP } from '../authn/users.ts';
import type { UserInfo } from '../options.ts';
import type { RequestInfo } from '../request-info/parse.ts';

export type Decision =
  | { readonly kind: 'allowed' }
  /** `anonymous` callers are asked to authenticate (401) where others are refused (403). */
  | { readonly kind: 'denied'; readonly anonymous: boolean; readonly reason: string };

const ALLOWED: Decision = { kind: 'allowed' };

/** What anyone may read, as Kubernetes' role system:public-info-viewer has it. */
const PUBLIC_PATHS = /^\/(?:healthz|livez|readyz|version)(?:\/|$)/;

export function authorize(user: UserInfo, attributes: RequestInfo): Decision {
  if (user.groups.includes(AUTHENTICATED_GROUP)) return ALLOWED;
  const reading = attributes.kind === 'nonResource' && (attributes.verb === 'get' || attributes.verb === 'head');
  if (reading && PUBLIC_PATHS.test(attributes.path)) return ALLOWED;
  return { kind: 'denied', anonymous: true, reason: 'only authenticated users may do this' };
}
