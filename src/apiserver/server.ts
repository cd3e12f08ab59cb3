// The API server as a thing that starts and stops: its listeners, its application, its work in the background.
import { setMaxListeners } from 'node:events';
import { assert } from '../lib/index.ts';
import { createAuthenticator } from './authn/authenticate.ts';
import { createTokenAuthority } from './authn/service-account-tokens.ts';
import { startBackground } from './background/background.ts';
import type { ServerContext } from './context.ts';
import { Fairness } from './fairness/fairness.ts';
import { startSharing } from './fairness/sharing.ts';
import { createApp } from './http/app.ts';
import { closeListeners, type Listeners, openListeners } from './http/listeners.ts';
import { createServerMetrics } from './http/metrics.ts';
import type { ApiServer, ApiServerOptions } from './options.ts';
import { createWatchPacer } from './watch/pacer.ts';

export function createApiServer(options: ApiServerOptions): ApiServer {
  assert(
    options.tls !== undefined || options.authentication.insecure === true,
    'a server without TLS is only for insecure authentication',
  );
  const context = createServerContext(options);
  const app = createApp(context);
  let listeners: Listeners | undefined;
  const stopping = new AbortController();
  // Every commit of the background's listens to it; Node.js would take eleven for a leak.
  setMaxListeners(0, stopping.signal);
  let stopped: Promise<void> | undefined;

  return {
    async start() {
      const opened = await openListeners(context, app);
      listeners = opened;
      startBackground(context, stopping.signal);
      const sharing = startSharing(options.clock, context.fairness);
      stopping.signal.addEventListener('abort', () => sharing.cancel(), { once: true });
      const [url = ''] = opened.urls;
      return { url, urls: opened.urls };
    },
    stop() {
      stopped ??= drain(context, stopping, listeners);
      return stopped;
    },
  };
}

/** What the application works with; tests build the application from it without a socket. */
export function createServerContext(options: ApiServerOptions): ServerContext {
  const tokens = createTokenAuthority({
    keys: options.authentication.serviceAccountKeys ?? [],
    issuer: options.authentication.serviceAccountIssuer,
    clock: options.clock,
  });
  const metrics = createServerMetrics(options.metrics, ({ group, version, resource, subresource }) => {
    const definition = options.registry.find(group, version, resource);
    return (
      definition !== undefined &&
      (subresource === '' || definition.subresources.some(({ name }) => name === subresource))
    );
  });
  return {
    options,
    tokens,
    authenticator: createAuthenticator(options, tokens),
    metrics,
    fairness: new Fairness(options, metrics.inFlight),
    pacer: createWatchPacer(options.clock),
    streams: new Set(),
    draining: false,
  };
}

async function drain(
  context: ServerContext,
  stopping: AbortController,
  listeners: Listeners | undefined,
): Promise<void> {
  context.draining = true;
  stopping.abort();
  for (const end of [...context.streams]) end();
  if (listeners !== undefined) await closeListeners(listeners, context.options.clock);
  context.fairness.close();
}
