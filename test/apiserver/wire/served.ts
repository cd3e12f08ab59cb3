// An API server over the memory store on a loopback port, with or without TLS, for tests that speak to it byte by byte.
import { type ApiServer, createApiServer, type ServingTls } from '../../../src/apiserver/index.ts';
import { DRAIN_TIMEOUT_MS } from '../../../src/apiserver/limits.ts';
import { type Clock, systemClock } from '../../../src/lib/index.ts';
import { createMemoryStore, type ObjectStore, resourceRange } from '../../../src/store/index.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { CONFIG_MAPS, configMap, testOptions } from '../harness.ts';
import { type RawAnswer, type RawClient, rawClient, requestText } from './raw-client.ts';

export interface Served {
  readonly url: string;
  readonly server: ApiServer;
  /** A client that the server has accepted. Its connection ends with the test. */
  client(): Promise<RawClient>;
  /** Asks on a connection of its own that is always the same one. */
  ask(method: string, target: string, body?: unknown): Promise<RawAnswer>;
  /** A config map's name is in the store. */
  has(name: string): boolean;
  /** Returns when the server has read, and carried out, whatever was sent to it before. */
  settle(): Promise<void>;
  /** Ends every client, and the server. */
  close(): Promise<void>;
}

const ROUNDS = 8;

export async function serve(tls: ServingTls | undefined): Promise<Served> {
  const clock = impatientNever();
  const store = createMemoryStore({ clock });
  await store.start();
  const server = createApiServer(testOptions(store, { clock, tls }));
  const { url } = await server.start();
  const clients: RawClient[] = [];
  const open = async (): Promise<RawClient> => {
    const client = await rawClient(url);
    clients.push(client);
    return client;
  };
  const own = await open();
  const ask = (method: string, target: string, body?: unknown): Promise<RawAnswer> => {
    own.send(requestText(method, target, [], body === undefined ? undefined : JSON.stringify(body)));
    return own.answer(method);
  };
  const settle = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) await ask('POST', `${CONFIG_MAPS}?dryRun=All`, configMap('round'));
  };
  while ((await ask('GET', '/api/v1/namespaces/default/endpoints/kubernetes')).status === 404)
    await new Promise(setImmediate);
  return {
    url,
    server,
    async client() {
      const client = await open();
      await settle();
      return client;
    },
    ask,
    has: (name) => namesIn(store).includes(name),
    settle,
    async close() {
      for (const { socket } of clients) socket.destroy();
      await server.stop();
    },
  };
}

function namesIn(store: ObjectStore): string[] {
  return [...store.snapshot().scan(resourceRange('configmaps'))].map(({ key }) => key.split('/').at(-1) ?? '');
}

/** The clock of this machine, but a server that stops is never done with its connections by patience alone. */
function impatientNever(): Clock {
  const clock = systemClock();
  return {
    ...clock,
    timer: (delayMs, fire) => (delayMs === DRAIN_TIMEOUT_MS ? { cancel: () => {} } : clock.timer(delayMs, fire)),
  };
}

/** TLS with a certificate that signs itself. */
export async function servingTls(): Promise<ServingTls> {
  const made = await selfSigned();
  return { ...made, clientCa: made.cert };
}
