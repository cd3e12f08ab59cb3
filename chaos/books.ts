// The books that every scenario keeps: create loops at every server, the times at which a client may see its connection end,
// and at the end the comparison of what was acknowledged with what each server has.
import type { Clock } from '../src/lib/index.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { BALANCED_END_MS } from './limits.ts';
import { createLoop, type Failure, type Ledger } from './workloads/creates.ts';

export const NAMESPACE = 'default';

/** A time during which a server was down, and its clients had every right to see their connection end. */
export interface Fall {
  readonly server: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface LoopOptions {
  readonly clientsPerServer: number;
  readonly clock: Clock;
  /** Names begin with it; never used before. */
  readonly prefix: string;
}

/** The loops end when the signal aborts, or the cluster is stopped. */
export async function startLoops(
  cluster: ClusterUnderTest,
  options: LoopOptions,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> {
  const servers = cluster.running.topology.servers.map((server) => server.id);
  const end = AbortSignal.any([signal, cluster.stopping]);
  await Promise.all(
    servers.flatMap((server) =>
      Array.from({ length: options.clientsPerServer }, async (_, i) => {
        const client = cluster.clientOf(server);
        const prefix = `${options.prefix}-${server}-${i}`;
        await createLoop(
          {
            client,
            balancer: cluster.balancer,
            server,
            namespace: NAMESPACE,
            prefix,
            clock: options.clock,
            signal: end,
          },
          ledger,
        );
        client.close();
      }),
    ),
  );
}

/** Connections that ended although their server was not down. */
export function unexcused(ledger: Ledger, falls: readonly Fall[]): readonly Failure[] {
  return ledger.ended.filter((failure) => !falls.some((fall) => excuses(fall, failure)));
}

/** A kept connection through the load balancer may have led to the killed server: it ends right then, and only then. */
function excuses(fall: Fall, failure: Failure): boolean {
  const toMs = failure.via === 'balancer' ? Math.min(fall.toMs, fall.fromMs + BALANCED_END_MS) : fall.toMs;
  const concerned = failure.via === 'balancer' || failure.via === fall.server;
  return concerned && failure.atMs >= fall.fromMs && failure.atMs <= toMs;
}

/** Every acknowledged object is on every server, once; and nothing that was not asked for. */
export async function audit(
  cluster: ClusterUnderTest,
  ledger: Ledger,
  prefix: string,
): Promise<{ lost: string[]; unexpected: string[] }> {
  await cluster.whole();
  const acknowledged = new Set(ledger.acknowledged.map((entry) => entry.name));
  const asked = new Set([
    ...acknowledged,
    ...ledger.failures.map((entry) => entry.name),
    ...ledger.ended.map((entry) => entry.name),
  ]);
  const lost: string[] = [];
  const unexpected: string[] = [];
  for (const server of cluster.running.topology.servers) {
    const names = await objectsOf(cluster, server.id, prefix);
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const name of acknowledged)
      if (counts.get(name) !== 1) lost.push(`${server.id}: ${name} ×${counts.get(name) ?? 0}`);
    for (const name of counts.keys()) if (!asked.has(name)) unexpected.push(`${server.id}: ${name}`);
  }
  return { lost, unexpected };
}

/** Names of the objects this scenario made, as one server tells them now. */
async function objectsOf(cluster: ClusterUnderTest, server: string, prefix: string): Promise<readonly string[]> {
  const client = cluster.clientOf(server);
  const answer = await client.send('GET', `/api/v1/namespaces/${NAMESPACE}/configmaps`);
  client.close();
  if (answer.kind !== 'answered' || answer.status !== 200)
    throw new Error(`${server} could not be listed: ${JSON.stringify(answer).slice(0, 300)}`);
  const list = JSON.parse(answer.body) as { items: { metadata: { name: string } }[] };
  return list.items.map((item) => item.metadata.name).filter((name) => name.startsWith(prefix));
}
