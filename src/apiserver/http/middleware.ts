// The steps that every request passes, each small: identity of the request, metrics, deadline, load, size, user, right.
import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import {
  badRequestError,
  forbiddenError,
  forbiddenPathError,
  tooManyRequestsError,
  unauthorizedError,
} from '../../api/index.ts';
import type { Authenticator } from '../authn/authenticate.ts';
import { authorize } from '../authz/authorize.ts';
import type { ServerContext } from '../context.ts';
import { IN_FLIGHT_LIMIT, MUTATING_IN_FLIGHT_LIMIT, REQUEST_TIMEOUT_MS, RETRY_AFTER_SECONDS } from '../limits.ts';
import { parseRequest, type RequestInfo } from '../request-info/parse.ts';
import { refuseTooLarge } from './body.ts';
import { parseDuration } from './duration.ts';
import type { AppContext, AppEnv } from './env.ts';

type Middleware = MiddlewareHandler<AppEnv>;

/** What the request is about, and an id that the answer, the logs and the audit share. */
export function identify(): Middleware {
  return async (c, next) => {
    const { pathname, search } = splitUrl(targetOf(c));
    const query = new URLSearchParams(search);
    c.set('auditId', randomUUID());
    c.set('query', query);
    c.set('info', parseRequest(c.req.method, pathname, query));
    await next();
  };
}

/**
 * The request's target as sent. The URL that Hono sees is normalised: there `DELETE …/pods/..` has become the deletion
 * of the namespace. A target that is no path (a proxy's absolute form) is taken from there all the same.
 */
function targetOf(c: AppContext): string {
  const sent = c.env?.incoming?.url;
  return sent?.startsWith('/') === true ? `http://localhost${sent}` : c.req.url;
}

/** Path and query as sent; a URL object would normalise escapes away. */
function splitUrl(url: string): { pathname: string; search: string } {
  const begin = url.indexOf('/', url.indexOf('://') + 3);
  const rest = begin < 0 ? '/' : url.slice(begin);
  const at = rest.indexOf('?');
  return at < 0 ? { pathname: rest, search: '' } : { pathname: rest.slice(0, at), search: rest.slice(at + 1) };
}

export function measure(server: ServerContext): Middleware {
  const { clock } = server.options;
  return async (c, next) => {
    const startedMs = clock.monotonic();
    await next();
    server.metrics.observe(c.get('info'), c.res.status, (clock.monotonic() - startedMs) / 1000);
  };
}

/** Aborts what the request waits for at its deadline: the client's `timeout`, at most REQUEST_TIMEOUT_MS. */
export function deadline(server: ServerContext): Middleware {
  return async (c, next) => {
    const asked = parseDuration(c.get('query').get('timeout'));
    const controller = new AbortController();
    const delayMs = asked === undefined || asked <= 0 ? REQUEST_TIMEOUT_MS : Math.min(asked, REQUEST_TIMEOUT_MS);
    const timer = server.options.clock.timer(delayMs, () => controller.abort());
    c.set('signal', controller.signal);
    try {
      await next();
    } finally {
      timer.cancel();
    }
  };
}

/** Refuses what exceeds the requests that may be in flight. Health, watches and logs are not counted. */
export function limitLoad(server: ServerContext): Middleware {
  let reading = 0;
  let mutating = 0;
  return async (c, next) => {
    const info = c.get('info');
    if (info.kind !== 'resource' || isLongRunning(info)) return next();
    const mutates = !['get', 'list', 'watch'].includes(info.verb);
    const full = mutates ? mutating >= MUTATING_IN_FLIGHT_LIMIT : reading >= IN_FLIGHT_LIMIT;
    if (full) {
      c.header('retry-after', String(RETRY_AFTER_SECONDS));
      throw tooManyRequestsError('Too many requests, please try again later.', RETRY_AFTER_SECONDS);
    }
    const kind = mutates ? 'mutating' : 'readOnly';
    if (mutates) mutating++;
    else reading++;
    server.metrics.inFlight.set({ request_kind: kind }, mutates ? mutating : reading);
    try {
      await next();
    } finally {
      if (mutates) mutating--;
      else reading--;
      server.metrics.inFlight.set({ request_kind: kind }, mutates ? mutating : reading);
    }
  };
}

/** Requests that last as long as their client likes. */
export function isLongRunning(info: RequestInfo): boolean {
  if (info.kind !== 'resource') return false;
  return info.verb === 'watch' || ['log', 'exec', 'attach', 'portforward', 'proxy'].includes(info.subresource);
}

/** Refuses bodies that say they are too large before anything is read. */
export function limitSize(): Middleware {
  return async (c, next) => {
    refuseTooLarge(c.req.header('content-length'));
    await next();
  };
}

export function authenticate(authenticator: Authenticator): Middleware {
  return async (c, next) => {
    const credentials = {
      socket: c.env?.incoming?.socket,
      authorization: c.req.header('authorization'),
      webSocketProtocols: c.env?.upgrade === undefined ? undefined : c.req.header('sec-websocket-protocol'),
    };
    c.set('user', await authenticator.authenticate(credentials, c.get('signal')));
    await next();
  };
}

export function requireRight(): Middleware {
  return async (c, next) => {
    refuseUnlessAllowed(c);
    await next();
  };
}

function refuseUnlessAllowed(c: AppContext): void {
  const user = c.get('user');
  const info = c.get('info');
  const decision = authorize(user, info);
  if (decision.kind === 'allowed') {
    // Whoever may not ask at all is not told what is wrong with the question.
    if (info.kind === 'malformed') throw badRequestError(info.message);
    return;
  }
  if (decision.anonymous) throw unauthorizedError();
  if (info.kind !== 'resource') throw forbiddenPathError(user.name, c.req.method.toLowerCase(), info.path);
  const place = info.namespace === '' ? 'at the cluster scope' : `in the namespace "${info.namespace}"`;
  const why = `User "${user.name}" cannot ${info.verb} resource "${info.resource}" in API group "${info.group}" ${place}`;
  throw forbiddenError({ group: info.group, plural: info.resource }, info.name, why);
}
