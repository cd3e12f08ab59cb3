// The options of a watch, from its query. Pure.
import { badRequestError, type FieldError, forbidden, invalidError, notSupported } from '../../api/index.ts';
import type { Prng } from '../../lib/index.ts';
import type { Revision } from '../../store/index.ts';
import { parseRevision } from '../handlers/read-revision.ts';
import { WATCH_TIMEOUT_MIN_SECONDS } from '../limits.ts';
import { isTrue } from '../request-info/parse.ts';

export interface WatchRequest {
  /** Undefined: as of now, by a read barrier. 0: whatever this server has. */
  readonly revision: Revision | undefined;
  /** Begin with the current objects as ADDED events. */
  readonly initialEvents: boolean;
  /** Close them with the bookmark that says so. */
  readonly markInitialEnd: boolean;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number;
}

/** Throws ApiError 400 and 422. */
export function parseWatchRequest(query: URLSearchParams, random: Prng): WatchRequest {
  const errors: FieldError[] = [];
  const sendInitial = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (sendInitial === null && match !== '')
    errors.push(
      forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  if (sendInitial !== null && match !== 'NotOlderThan') {
    if (match === '')
      errors.push(
        forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
      );
    else errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
  }
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);

  const text = query.get('resourceVersion') ?? '';
  const revision = text === '' ? undefined : parseRevision(text);
  // Without a revision to go on from, a watch has always begun with what is there.
  const synthetic = revision === undefined || revision === 0;
  return {
    revision,
    initialEvents: sendInitial === null ? synthetic : isTrue(sendInitial),
    markInitialEnd: sendInitial !== null && isTrue(sendInitial),
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutSeconds: timeoutSeconds(query.get('timeoutSeconds'), random),
  };
}

function timeoutSeconds(text: string | null, random: Prng): number {
  if (text === null || text === '' || text === '0')
    return WATCH_TIMEOUT_MIN_SECONDS + random.int(WATCH_TIMEOUT_MIN_SECONDS);
  if (!/^\d{1,9}$/.test(text))
    throw badRequestError(`Invalid value: ${JSON.stringify(text)}: timeoutSeconds must be a number of seconds`);
  return Number(text);
}
