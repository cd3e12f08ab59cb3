// What only administrators ask, below /quorate/v1/: who the members are, changing them, and handing leadership over. None of
// it is a Kubernetes resource or part of discovery; authorize() lets nobody but the group system:masters in.
import { methodNotAllowedError, unknownPathError } from '../../api/index.ts';
import type { ServerContext } from '../context.ts';
import type { AppContext } from '../http/env.ts';
import { answerMembers, answerStatus, changeMembers, transferLeader } from './members.ts';
import { serveSnapshot } from './snapshot.ts';

/** A method and a path below /quorate/v1/, such as `POST leader/transfer`. */
type AdminRoutes = Readonly<Record<string, (c: AppContext) => Promise<Response> | Response>>;

/** Answers everything below /quorate/. Throws ApiError 404 and 405. */
export function createAdminRoutes(
  server: ServerContext,
): (c: AppContext, segments: readonly string[]) => Promise<Response> {
  const routes: AdminRoutes = {
    'GET status': (c) => answerStatus(server, c),
    'GET members': (c) => answerMembers(server, c),
    'POST members': (c) => changeMembers(server, c),
    'GET snapshot': (c) => serveSnapshot(server, c),
    'POST leader/transfer': (c) => transferLeader(server, c),
  };
  const paths = new Set(Object.keys(routes).map((key) => key.slice(key.indexOf(' ') + 1)));
  return async (c, [, version, ...rest]) => {
    const path = rest.join('/');
    if (version !== 'v1' || !paths.has(path)) throw unknownPathError();
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    const route = routes[`${method} ${path}`];
    if (route === undefined) throw methodNotAllowedError();
    return route(c);
  };
}
