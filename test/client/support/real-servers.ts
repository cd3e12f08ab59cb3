// Real API servers over one store in memory: what a client sees of a cluster whose servers agree.
import { onTestFinished } from 'vitest';
import { createApiRegistry } from '../../../src/api/index.ts';
import { createApiServer, type ServingTls } from '../../../src/apiserver/index.ts';
import { type ApiClient, createClient, type TlsOptions } from '../../../src/client/index.ts';
import { createRegistry, prng, silentLogger, systemClock } from '../../../src/lib/index.ts';
import { createMemoryStore } from '../../../src/store/index.ts';

export interface RealServers {
  readonly client: ApiClient;
  readonly urls: readonly string[];
  /** Stops server `index` and starts it again on its port. */
  restart(index: number): Promise<void>;
}

export interface RealServersOptions {
  /** How they serve, and how the client connects; plain HTTP when undefined. */
  readonly serving?: ServingTls;
  readonly tls?: TlsOptions;
}

export async function realServers(count: number, options: RealServersOptions = {}): Promise<RealServers> {
  const clock = systemClock();
  const store = createMemoryStore({ clock });
  await store.start();
  const build = (index: number, port: number) =>
    createApiServer({
      store,
      registry: createApiRegistry(),
      clock,
      logger: silentLogger,
      random: prng(100 + index),
      listen: [{ host: '127.0.0.1', port }],
      tls: options.serving,
      authentication: { insecure: options.serving === undefined },
      serviceCidr: '10.96.0.0/16',
      kubeletTls: undefined,
      clusterCa: undefined,
      metrics: createRegistry('apiserver'),
      advertise: { address: '127.0.0.1', port: 6443 },
      memberId: `s${index}`,
    });
  const servers = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const server = build(index, 0);
      const { url } = await server.start();
      return { server, url };
    }),
  );
  const client = createClient({
    endpoints: servers.map(({ url }) => url),
    tls: options.tls,
    clock,
    logger: silentLogger,
    random: prng(1),
    userAgent: 'quorate-test/1',
  });
  onTestFinished(async () => {
    await client.close();
    await Promise.all(servers.map(({ server }) => server.stop()));
    await store.stop();
  });
  return {
    client,
    urls: servers.map(({ url }) => url),
    async restart(index) {
      const entry = servers[index];
      if (entry === undefined) throw new Error(`there is no server ${index}`);
      await entry.server.stop();
      entry.server = build(index, Number(new URL(entry.url).port));
      await entry.server.start();
    },
  };
}
