// A server that listens, on a store in memory, once its own first objects are there: for tests that ask over sockets.
import { type ApiServerOptions, createApiServer } from '../../src/apiserver/index.ts';
import { systemClock } from '../../src/lib/index.ts';
import { createMemoryStore } from '../../src/store/index.ts';
import { testOptions } from './harness.ts';

/** The last of the objects that a server makes by itself before it is of use to these tests. */
const LAST_MADE = '/api/v1/namespaces/default/endpoints/kubernetes';

export interface ListeningServer {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startListening(overrides: Partial<ApiServerOptions> = {}): Promise<ListeningServer> {
  const clock = systemClock();
  const store = createMemoryStore({ clock });
  await store.start();
  const server = createApiServer(testOptions(store, { clock, ...overrides }));
  const { url } = await server.start();
  while ((await fetch(`${url}${LAST_MADE}`)).status === 404) await new Promise(setImmediate);
  return {
    url,
    async stop() {
      await server.stop();
      await store.stop();
    },
  };
}
