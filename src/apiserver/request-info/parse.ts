// What a request is about, read from its method, path and query alone: the attributes that authorization, metrics and
// routing share. Pure. The rules are those of Kubernetes' request info resolver.

export type RequestVerb =
  | 'create'
  | 'delete'
  | 'deletecollection'
  | 'get'
  | 'list'
  | 'patch'
  | 'update'
  | 'watch'
  /** A method that no resource knows; it is answered with 405. */
  | 'unknown';

/** A request for an object, a collection or a subresource. */
export interface ResourceRequest {
  readonly kind: 'resource';
  readonly verb: RequestVerb;
  readonly path: string;
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** '' for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  readonly resource: string;
  /** '' for a collection. A list or watch that selects metadata.name carries that name here. */
  readonly name: string;
  readonly subresource: string;
  /** What follows the subresource (proxies). */
  readonly rest: readonly string[];
}

/** Everything else: health, discovery, version, metrics. `verb` is the method in lower case. */
export interface NonResourceRequest {
  readonly kind: 'nonResource';
  readonly verb: string;
  readonly path: string;
}

/** A path that names nothing: its escapes are broken, or a name in it could not be one. */
export interface MalformedRequest {
  readonly kind: 'malformed';
  readonly path: string;
  readonly message: string;
}

export type RequestInfo = ResourceRequest | NonResourceRequest | MalformedRequest;

/** Subresources of namespaces, as opposed to resources in a namespace. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** `path` is the request's path as sent, still escaped, without the query. */
export function parseRequest(method: string, path: string, query: URLSearchParams): RequestInfo {
  const segments = splitPath(path);
  if (typeof segments === 'string') return { kind: 'malformed', path, message: segments };
  const nonResource: NonResourceRequest = { kind: 'nonResource', verb: method.toLowerCase(), path };

  let group: string;
  let rest: readonly string[];
  let version: string | undefined;
  if (segments[0] === 'api') {
    group = '';
    version = segments[1];
    rest = segments.slice(2);
  } else if (segments[0] === 'apis') {
    group = segments[1] ?? '';
    version = segments[2];
    rest = segments.slice(3);
  } else {
    return nonResource;
  }
  if (version === undefined || rest.length === 0) return nonResource;

  // /api/v1/watch/pods is the form of before `?watch=true`.
  const oldWatch = rest[0] === 'watch' && rest.length > 1;
  if (oldWatch) rest = rest.slice(1);
  return resourceRequest(method, path, query, { group, version, rest, oldWatch });
}

function resourceRequest(
  method: string,
  path: string,
  query: URLSearchParams,
  place: { group: string; version: string; rest: readonly string[]; oldWatch: boolean },
): ResourceRequest {
  let { rest } = place;
  let namespace = '';
  const second = rest[1];
  const third = rest[2];
  if (rest[0] === 'namespaces' && second !== undefined) {
    namespace = second;
    if (third !== undefined && !NAMESPACE_SUBRESOURCES.has(third)) rest = rest.slice(2);
  }
  const resource = rest[0] ?? '';
  const subresource = rest[2] ?? '';
  const pathName = rest[1] ?? '';
  const collectionVerb = verbOf(method, query, pathName === '', place.oldWatch);
  const selects = collectionVerb === 'list' || collectionVerb === 'watch';
  const name = pathName === '' && selects ? selectedName(query.get('fieldSelector')) : pathName;
  return {
    kind: 'resource',
    verb: collectionVerb,
    path,
    group: place.group,
    version: place.version,
    namespace: resource === 'namespaces' && place.group === '' ? '' : namespace,
    resource,
    name,
    subresource,
    rest: rest.slice(3),
  };
}

function verbOf(method: string, query: URLSearchParams, collection: boolean, oldWatch: boolean): RequestVerb {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (oldWatch || isTrue(query.get('watch'))) return 'watch';
      return collection ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return collection ? 'deletecollection' : 'delete';
    default:
      return 'unknown';
  }
}

/** Query booleans as Kubernetes reads them: present and neither `false` nor `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}

/** The name that a field selector pins, or ''. */
function selectedName(fieldSelector: string | null): string {
  const match = fieldSelector === null ? null : /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(fieldSelector);
  const name = match?.[1] ?? '';
  return isDotted(name) || /[/%\0]/.test(name) ? '' : name;
}

/** The decoded segments, or a sentence saying what is wrong with them. */
function splitPath(path: string): readonly string[] | string {
  const segments: string[] = [];
  for (const raw of path.split('/')) {
    if (raw === '') continue;
    const segment = decodeSegment(raw);
    if (segment === undefined) return `invalid URL escape in ${JSON.stringify(raw)}`;
    // A decoded slash or dot segment would name another object than the one that is authorized.
    if (isDotted(segment) || segment.includes('/') || segment.includes('\0'))
      return `name may not be ${JSON.stringify(segment)}`;
    segments.push(segment);
  }
  return segments;
}

function isDotted(segment: string): boolean {
  return segment === '.' || segment === '..';
}

function decodeSegment(raw: string): string | undefined {
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    // A broken escape: the caller answers 400.
    return undefined;
  }
}
