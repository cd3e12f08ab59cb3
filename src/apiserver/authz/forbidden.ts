// The refusal of what a user may not do, in Kubernetes' words.
import { type ApiError, forbiddenError, forbiddenPathError } from '../../api/index.ts';
import type { UserInfo } from '../options.ts';
import type { RequestInfo } from '../request-info/parse.ts';

/** 403. `reason` says why, where there is more to say. */
export function notAllowedError(user: UserInfo, asked: RequestInfo, verb: string, reason = ''): ApiError {
  if (asked.kind !== 'resource') return forbiddenPathError(harmless(user.name), verb, harmless(asked.path));
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const place = asked.namespace === '' ? 'at the cluster scope' : `in the namespace "${asked.namespace}"`;
  const why = `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${asked.group}" ${place}`;
  const text = reason === '' ? harmless(why) : `${harmless(why)}: ${reason}`;
  return forbiddenError({ group: asked.group, plural: asked.resource }, asked.name, text);
}

/** What a browser might take for HTML. */
function harmless(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
