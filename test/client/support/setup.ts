// What most tests of the client room need: a few fake servers over one state, a client, and the end of all of them.
import { onTestFinished } from 'vitest';
import type { ApiClient } from '../../../src/client/index.ts';
import { createClient } from '../../../src/client/index.ts';
import { type Clock, prng, silentLogger, systemClock } from '../../../src/lib/index.ts';
import { type FakeCluster, fakeCluster } from './fake-cluster.ts';
import { type FakeServer, fakeServer } from './fake-server.ts';

export interface Setup {
  readonly cluster: FakeCluster;
  readonly servers: readonly FakeServer[];
  readonly client: ApiClient;
}

export async function setup(count: number, options: { clock?: Clock; requestTimeoutMs?: number } = {}): Promise<Setup> {
  const cluster = fakeCluster();
  const servers = await Promise.all(Array.from({ length: count }, () => fakeServer(cluster)));
  const client = createClient({
    endpoints: servers.map((server) => server.url),
    clock: options.clock ?? systemClock(),
    logger: silentLogger,
    random: prng(1),
    userAgent: 'quorate-test/1',
    requestTimeoutMs: options.requestTimeoutMs,
  });
  onTestFinished(async () => {
    await client.close();
    await Promise.all(servers.map((server) => server.kill().catch(() => undefined)));
  });
  return { cluster, servers, client };
}

/** Waits, a turn of the event loop at a time, until `holds` answers true; the test's own timeout ends it otherwise. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** A list's element that must be there. */
export function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`no element ${index}`);
  return value;
}
