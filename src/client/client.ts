// The typed client: turns objects and names into requests, answers into objects or errors. Where a request goes and
// whether it may be repeated is decided in endpoints.ts, request.ts and repeatable.ts.
import type { KubeObject, Served } from '../api/index.ts';
import type { Clock, Logger, Prng } from '../lib/index.ts';
import { createEndpoints, type TlsOptions } from './endpoints.ts';
import { ApiStatusError, errorOfStatus, isNotFound } from './errors.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import { collectionPath, objectPath, query, selectionQuery } from './paths.ts';
import * as repeatable from './repeatable.ts';
import { type Answer, createRequester, retryAfterOf, statusOfBody } from './request.ts';
import { apiVersionOf, nameOf } from './resources.ts';
import type {
  ApiClient,
  DeleteOptions,
  Fence,
  GetOptions,
  ListResult,
  ObjectName,
  PatchType,
  RequestOptions,
  ResourceRef,
} from './types.ts';
import { openWatch } from './watch.ts';

export interface ClientOptions {
  /** Base addresses of API servers (or of a load balancer), at least one: `https://127.0.0.1:6444`. */
  readonly endpoints: readonly string[];
  readonly tls?: TlsOptions | undefined;
  /** A bearer token. */
  readonly token?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** `kube-scheduler/0.1.0`: up to its slash it is the name under which the fields that it writes are known. */
  readonly userAgent: string;
  /** One request over all endpoints; REQUEST_TIMEOUT_MS when undefined. */
  readonly requestTimeoutMs?: number | undefined;
}

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Throws UserError when an address is none. Connects lazily. */
export function createClient(options: ClientOptions): ApiClient {
  const { clock, logger, tls } = options;
  const endpoints = createEndpoints(options.endpoints, tls, clock, options.random, logger);
  const headers: Record<string, string> = { 'user-agent': options.userAgent, accept: 'application/json' };
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  const requester = createRequester(endpoints, clock, logger, headers);
  const manager = options.userAgent.split('/')[0] ?? 'quorate';

  const build = (fence: (() => Fence | undefined) | undefined): ApiClient => {
    const request: Send = async (method, path, body, repeat, rest = {}, contentType = 'application/json') => {
      const answer = await requester.send({
        method,
        path,
        body: body === undefined ? undefined : JSON.stringify(body),
        contentType,
        repeatable: repeat,
        patient: rest.subresource !== 'eviction',
        fence: method === 'GET' ? undefined : fence,
        timeoutMs: rest.timeoutMs ?? options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        signal: rest.signal,
      });
      tellFence(answer, rest);
      return answer;
    };
    return {
      ...reads(request),
      ...writes(request, manager),
      watch(ref, selection, watchOptions, sink) {
        const initial = watchOptions.sendInitialEvents === true;
        const path = `${collectionPath(ref, selection.namespace ?? '')}${query({
          watch: 1,
          allowWatchBookmarks: true,
          sendInitialEvents: initial ? true : undefined,
          resourceVersionMatch: initial ? 'NotOlderThan' : undefined,
          resourceVersion: watchOptions.resourceVersion,
          ...selectionQuery(selection),
        })}`;
        return openWatch({ endpoints, clock, tls, headers }, path, watchOptions.signal, sink);
      },
      fenced: (own) => build(own),
      async raw(method, path, body, rest) {
        const answer = await request(method, path, body, method === 'GET' || method === 'HEAD', rest);
        return { status: answer.status, body: parseLoosely(answer) };
      },
      useEndpoints: (addresses) => endpoints.use(addresses),
      close: () => endpoints.close(),
    };
  };
  return build(undefined);
}

type Send = (
  method: string,
  path: string,
  body: unknown,
  repeatable: boolean,
  options?: RequestOptions,
  contentType?: string,
) => Promise<Answer>;

function reads(request: Send): Pick<ApiClient, 'get' | 'list'> {
  return {
    async get<T extends KubeObject>(ref: ResourceRef<T>, name: ObjectName, rest: GetOptions = {}) {
      const { subresource, resourceVersion } = rest;
      const path = `${objectPath(ref, name, subresource)}${query({ resourceVersion })}`;
      return parse<Served<T>>(await request('GET', path, undefined, true, rest));
    },
    async list(ref, selection = {}, rest) {
      const { limit, continue: token, resourceVersion } = selection;
      const values = { limit, continue: token, resourceVersion, ...selectionQuery(selection) };
      const path = `${collectionPath(ref, selection.namespace ?? '')}${query(values)}`;
      return listOf(parse(await request('GET', path, undefined, true, rest)), ref);
    },
  };
}

type Writes = Pick<ApiClient, 'create' | 'update' | 'patch' | 'delete' | 'createSubresource'>;

function writes(request: Send, manager: string): Writes {
  return {
    async create<T extends KubeObject>(ref: ResourceRef<T>, object: T, rest: RequestOptions = {}) {
      const { subresource } = rest;
      const name = nameOf(object);
      if (subresource !== undefined) {
        const repeat = repeatable.subresourceIsRepeatable(subresource, object);
        return parse<Served<T>>(await request('POST', objectPath(ref, name, subresource), object, repeat, rest));
      }
      const path = collectionPath(ref, name.namespace);
      return parse<Served<T>>(
        await request('POST', path, typed(ref, object), repeatable.createIsRepeatable(object), rest),
      );
    },
    async update<T extends KubeObject>(ref: ResourceRef<T>, object: T, rest: RequestOptions = {}) {
      const path = objectPath(ref, nameOf(object), rest.subresource);
      const body = rest.subresource === undefined || rest.subresource === 'status' ? typed(ref, object) : object;
      return parse<Served<T>>(await request('PUT', path, body, repeatable.updateIsRepeatable(object), rest));
    },
    async patch<T extends KubeObject>(
      ref: ResourceRef<T>,
      name: { namespace: string; name: string },
      type: PatchType,
      patch: unknown,
      rest: RequestOptions = {},
    ) {
      // Components own what they apply: a conflict with another manager is settled in their favour, as upstream's do.
      const manage = type === 'apply' ? query({ fieldManager: manager, force: true }) : '';
      const path = `${objectPath(ref, name, rest.subresource)}${manage}`;
      const repeat = repeatable.patchIsRepeatable(type, patch);
      return parse<Served<T>>(await request('PATCH', path, patch, repeat, rest, PATCH_TYPES[type]));
    },
    async delete(ref, name, rest = {}) {
      const path = objectPath(ref, name, rest.subresource);
      const answer = await request('DELETE', path, deleteBody(rest), repeatable.deleteIsRepeatable(rest), rest);
      try {
        parse(answer);
      } catch (error) {
        // The first attempt did it, or somebody else: what was asked for is so.
        if (!(answer.repeated && isNotFound(error))) throw error;
      }
    },
    async createSubresource(ref, name, subresource, body, rest = {}) {
      const repeat = repeatable.subresourceIsRepeatable(subresource, body);
      return parse(await request('POST', objectPath(ref, name, subresource), body, repeat, { ...rest, subresource }));
    },
  };
}

function typed<T extends KubeObject>(ref: ResourceRef<KubeObject>, object: T): T {
  return { apiVersion: apiVersionOf(ref), kind: ref.kind, ...object };
}

function deleteBody(options: DeleteOptions): unknown {
  const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy } = options;
  const guarded = uid !== undefined || resourceVersion !== undefined;
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(guarded ? { preconditions: { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) } } : {}),
  };
}

/** The object in an answer; throws ApiStatusError when it is a refusal or no JSON. */
function parse<T>(answer: Answer): T {
  if (answer.status >= 400) {
    throw errorOfStatus(statusOfBody(answer.body), answer.status, retryAfterOf(answer.headers));
  }
  try {
    return JSON.parse(answer.body.toString('utf8')) as T;
  } catch {
    throw new ApiStatusError(500, 'InternalError', 'the answer is not JSON: is this address an API server?');
  }
}

/** JSON where it is, text otherwise: what health checks and proxies answer. */
function parseLoosely(answer: Answer): unknown {
  const text = answer.body.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

interface WireList<T extends KubeObject> {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items?: readonly Served<T>[] | null;
}

/** Items of a list come without apiVersion and kind; ours have them, as every other object. */
function listOf<T extends KubeObject>(list: WireList<T>, ref: ResourceRef<T>): ListResult<T> {
  const token = list.metadata?.continue;
  return {
    items: (list.items ?? []).map((item) => typed(ref, item)),
    resourceVersion: list.metadata?.resourceVersion ?? '',
    continue: token === undefined || token === '' ? undefined : token,
    remainingItemCount: list.metadata?.remainingItemCount,
  };
}

/** `Quorate-Fence: <namespace>/<lease>=<token>`. */
function tellFence(answer: Answer, options: RequestOptions): void {
  const header = answer.headers['quorate-fence'];
  if (options.onFence === undefined || typeof header !== 'string') return;
  const equals = header.lastIndexOf('=');
  if (equals > 0) options.onFence({ lease: header.slice(0, equals), token: header.slice(equals + 1) });
}
