// The application: every request passes the same steps, then goes to the resource it names or to one of the few other
// paths. Whatever is thrown becomes a Status.
import { Hono } from 'hono';
import { ApiError, internalError, unknownPathError } from '../../api/index.ts';
import type { ServerContext } from '../context.ts';
import { createNonResourceRoutes } from '../discovery/routes.ts';
import { serveResource } from '../handlers/dispatch.ts';
import { storeError } from '../storage/transact.ts';
import type { AppContext, AppEnv } from './env.ts';
import { authenticate, deadline, identify, limitLoad, limitSize, measure, requireRight } from './middleware.ts';
import { respondJson } from './respond.ts';

export function createApp(server: ServerContext): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const serveOther = createNonResourceRoutes(server);
  app.use(identify());
  app.use(measure(server));
  app.use(deadline(server));
  app.use(limitSize());
  app.use(authenticate(server.authenticator));
  app.use(requireRight());
  app.use(limitLoad(server));
  app.all('*', (c) => {
    const info = c.get('info');
    return info.kind === 'resource' ? serveResource(server, c, info) : serveOther(c);
  });
  app.notFound((c) => answerError(server, c, unknownPathError()));
  app.onError((error, c) => answerError(server, c, error));
  return app;
}

/** Errors of the API as they are; anything else is a bug, which is logged with the id that the client is told. */
function answerError(server: ServerContext, c: AppContext, thrown: unknown): Promise<Response> {
  const error = storeError(thrown);
  if (error instanceof ApiError) {
    const retryAfter = error.status.details?.retryAfterSeconds;
    if (retryAfter !== undefined && retryAfter > 0) c.header('retry-after', String(retryAfter));
    return respondJson(c, error.status.code, error.status);
  }
  const { method, url } = c.req;
  const stack = error instanceof Error ? error.stack : String(error);
  server.options.logger.error({ auditId: c.get('auditId'), method, url, stack }, 'a request failed unexpectedly');
  return respondJson(c, 500, internalError(error instanceof Error ? error.message : String(error)).status);
}
