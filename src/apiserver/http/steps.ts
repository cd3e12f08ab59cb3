// The steps that every request passes, each small: what it is about, its deadline, its size, its user, its right.
import { randomUUID } from 'node:crypto';
import { badRequestError, unauthorizedError } from '../../api/index.ts';
import { Cancellation, type Timer } from '../../lib/index.ts';
import { impersonatedUser, wantedUser } from '../authn/impersonate.ts';
import { ANONYMOUS } from '../authn/users.ts';
import { authorize } from '../authz/authorize.ts';
import { notAllowedError } from '../authz/forbidden.ts';
import type { ServerContext } from '../context.ts';
import type { UserInfo } from '../options.ts';
import { parseRequest, type RequestInfo } from '../request-info/parse.ts';
import { refuseTooLarge } from './body.ts';
import type { AppContext } from './env.ts';
import { headerLinesOf } from './serve.ts';
import { requestTimeoutMs } from './timeout.ts';

/** What the request is about, and an id that the answer, the logs and the audit share. */
export function identify(c: AppContext): RequestInfo {
  const { pathname, search } = splitUrl(targetOf(c));
  const query = new URLSearchParams(search);
  const info = parseRequest(c.req.method, pathname, query);
  c.set('auditId', randomUUID());
  c.set('query', query);
  c.set('info', info);
  return info;
}

/**
 * The request's target as sent. The URL that Hono sees is normalised: there `DELETE …/pods/..` has become the deletion
 * of the namespace. A target that is no path (a proxy's absolute form) is taken from there all the same.
 */
function targetOf(c: AppContext): string {
  const sent = c.env?.exchange?.target ?? c.env?.upgrade?.incoming.url;
  return sent?.startsWith('/') === true ? `http://localhost${sent}` : c.req.url;
}

/** Path and query as sent; a URL object would normalise escapes away. */
function splitUrl(url: string): { pathname: string; search: string } {
  const begin = url.indexOf('/', url.indexOf('://') + 3);
  const rest = begin < 0 ? '/' : url.slice(begin);
  const at = rest.indexOf('?');
  return at < 0 ? { pathname: rest, search: '' } : { pathname: rest.slice(0, at), search: rest.slice(at + 1) };
}

/** Aborts what the request waits for at its deadline (the client's `timeout`, at most REQUEST_TIMEOUT_MS), or when its client gives it up. */
export function startDeadline(server: ServerContext, c: AppContext): Timer {
  const deadline = new Cancellation();
  c.set('signal', deadline);
  c.env?.exchange?.onAbandoned?.(() => deadline.abort());
  return server.options.clock.timer(requestTimeoutMs(c.get('query')), () => deadline.abort());
}

/** Who asks. Bodies that say they are too large are refused before anything is read. Throws ApiError 401 and 413. */
export function authenticate(server: ServerContext, c: AppContext): Promise<UserInfo> {
  refuseTooLarge(c.req.header('content-length'));
  const credentials = {
    socket: c.env?.exchange?.socket ?? c.env?.upgrade?.incoming.socket,
    authorization: c.req.header('authorization'),
    webSocketProtocols: c.env?.upgrade === undefined ? undefined : c.req.header('sec-websocket-protocol'),
  };
  return server.authenticator.authenticate(credentials, c.get('signal'));
}

/** Who the request is made as: whoever asks, or the user that they are allowed to impersonate. Throws ApiError 400 and 403. */
export function actingUser(c: AppContext, user: UserInfo): UserInfo {
  const lines = headerLinesOf(c.req.raw, 'impersonate-');
  if (lines.length === 0) return user;
  const wanted = wantedUser(lines);
  return wanted === undefined ? user : impersonatedUser(user, wanted, c.get('info'));
}

/** Throws ApiError 401 and 403, and 400 for what names nothing. */
export function refuseUnlessAllowed(c: AppContext): void {
  const user = c.get('user');
  const info = c.get('info');
  const decision = authorize(user, info);
  if (decision.kind === 'allowed') {
    // Whoever may not ask at all is not told what is wrong with the question.
    if (info.kind === 'malformed') throw badRequestError(info.message);
    return;
  }
  // Who proved nothing may do so; who impersonates somebody that proved nothing has done so already.
  if (decision.anonymous && user === ANONYMOUS) throw unauthorizedError();
  throw notAllowedError(user, info, info.kind === 'resource' ? info.verb : c.req.method.toLowerCase());
}
