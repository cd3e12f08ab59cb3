// The application: every request passes the same steps, then goes to the resource it names or to one of the few other
// paths. Whatever is thrown becomes a Status.
import { Hono } from 'hono';
import { ApiError, internalError } from '../../api/index.ts';
import type { ServerContext } from '../context.ts';
import { createNonResourceRoutes } from '../discovery/routes.ts';
import { serveResource } from '../handlers/dispatch.ts';
import { storeError } from '../storage/transact.ts';
import type { AppContext, AppEnv } from './env.ts';
import { addHeader, respondStatus } from './respond.ts';
import { actingUser, authenticate, identify, refuseUnlessAllowed, startDeadline } from './steps.ts';

export function createApp(server: ServerContext): Hono<AppEnv> {
  const { clock } = server.options;
  const serveOther = createNonResourceRoutes(server);

  const serve = async (c: AppContext): Promise<Response> => {
    c.set('user', actingUser(c, await authenticate(server, c)));
    const admitted = server.fairness.admit(c);
    const seat = admitted instanceof Promise ? await admitted : admitted;
    try {
      c.set('seat', seat);
      refuseUnlessAllowed(c);
      const info = c.get('info');
      return await (info.kind === 'resource' ? serveResource(server, c, info) : serveOther(c));
    } finally {
      seat?.leave();
    }
  };

  // One handler: steps that each await the next, as middleware does, cost more than most of them do themselves.
  const app = new Hono<AppEnv>();
  app.all('*', async (c) => {
    const startedMs = clock.monotonic();
    const info = identify(c);
    const deadline = startDeadline(server, c);
    try {
      const response = await serve(c).catch((error: unknown) => answerError(server, c, error));
      server.metrics.observe(info, response.status, (clock.monotonic() - startedMs) / 1000);
      return response;
    } finally {
      deadline.cancel();
    }
  });
  return app;
}

/** Errors of the API as they are; anything else is a bug, which is logged with the id that the client is told. */
function answerError(server: ServerContext, c: AppContext, thrown: unknown): Promise<Response> {
  const error = storeError(thrown);
  if (error instanceof ApiError) {
    const retryAfter = error.status.details?.retryAfterSeconds;
    if (retryAfter !== undefined && retryAfter > 0) addHeader(c, 'retry-after', String(retryAfter));
    return respondStatus(c, error.status);
  }
  const { method, url } = c.req;
  const stack = error instanceof Error ? error.stack : String(error);
  server.options.logger.error({ auditId: c.get('auditId'), method, url, stack }, 'a request failed unexpectedly');
  return respondStatus(c, internalError(error instanceof Error ? error.message : String(error)).status);
}
