// Kills the leader again and again under writes at every server, and keeps the books: how long nobody at a living server
// got an acknowledgement, whether a client of a living server ever saw a failure, and whether anything was lost.
import { type Clock, sleep } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { longestGapMs } from '../gaps.ts';
import { BALANCED_END_MS, CALM_AFTER_FAULT_MS, CALM_BEFORE_FAULT_MS } from '../limits.ts';
import { createLoop, emptyLedger, type Failure, type Ledger } from '../workloads/creates.ts';

export interface Round {
  readonly killed: string;
  readonly successor: string;
  /** The longest time without an acknowledgement at the living servers. */
  readonly gapMs: number;
  /** From the kill until the killed server was ready again. */
  readonly recoveredMs: number;
}

export interface KillLeaderResult {
  readonly rounds: readonly Round[];
  readonly acknowledged: number;
  /** Requests that failed at a living server, or were answered wrongly anywhere. */
  readonly failures: readonly Failure[];
  /** Acknowledged objects that a server does not have, or has in another form: `server: name`. */
  readonly lost: readonly string[];
  /** Objects on the servers that nobody was told of and nobody asked for twice: must be none. */
  readonly unexpected: readonly string[];
}

export interface KillLeaderOptions {
  readonly rounds: number;
  readonly clientsPerServer: number;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

const NAMESPACE = 'default';

export async function killLeader(cluster: ClusterUnderTest, options: KillLeaderOptions): Promise<KillLeaderResult> {
  const rounds: Round[] = [];
  const ledger = emptyLedger();
  const falls: Fall[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    const result = await oneRound(cluster, options, round, ledger, falls);
    rounds.push(result);
    options.progress(
      `${round}/${options.rounds}: killed ${result.killed}, ${result.successor} took over, gap ${result.gapMs.toFixed(0)} ms`,
    );
  }
  const verdict = await audit(cluster, ledger);
  return {
    rounds,
    acknowledged: ledger.acknowledged.length,
    failures: [...ledger.failures, ...unexcused(ledger, falls)],
    ...verdict,
  };
}

/** A time during which a server was down, and its clients had every right to see their connection end. */
interface Fall {
  readonly server: string;
  readonly fromMs: number;
  readonly toMs: number;
}

async function oneRound(
  cluster: ClusterUnderTest,
  options: KillLeaderOptions,
  round: number,
  ledger: Ledger,
  falls: Fall[],
): Promise<Round> {
  const { clock } = options;
  const before = await cluster.whole();
  const leader = before.leader ?? '';
  const end = new AbortController();
  const from = clock.monotonic();
  const loops = startLoops(cluster, options, round, ledger, end.signal);
  await sleep(clock, CALM_BEFORE_FAULT_MS);
  const killedAt = clock.monotonic();
  cluster.signal(leader, 'SIGKILL');
  const after = await cluster.whole();
  const recoveredMs = clock.monotonic() - killedAt;
  await sleep(clock, CALM_AFTER_FAULT_MS);
  const to = clock.monotonic();
  end.abort();
  await loops;
  falls.push({ server: leader, fromMs: killedAt, toMs: killedAt + recoveredMs });
  const living = ledger.acknowledged.filter((entry) => entry.via !== leader && entry.via !== 'balancer');
  const gapMs = longestGapMs(
    living.map((entry) => entry.atMs),
    from,
    to,
  );
  return { killed: leader, successor: after.leader ?? '', gapMs, recoveredMs };
}

/** The loops end when the signal aborts. */
async function startLoops(
  cluster: ClusterUnderTest,
  options: KillLeaderOptions,
  round: number,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> {
  const servers = cluster.running.topology.servers.map((server) => server.id);
  await Promise.all(
    servers.flatMap((server) =>
      Array.from({ length: options.clientsPerServer }, async (_, i) => {
        const client = cluster.clientOf(server);
        const prefix = `kill-${round}-${server}-${i}`;
        await createLoop(
          { client, balancer: cluster.balancer, server, namespace: NAMESPACE, prefix, clock: options.clock, signal },
          ledger,
        );
        client.close();
      }),
    ),
  );
}

/** Connections that ended although their server was not down. */
function unexcused(ledger: Ledger, falls: readonly Fall[]): readonly Failure[] {
  return ledger.ended.filter((failure) => !falls.some((fall) => excuses(fall, failure)));
}

/** A kept connection through the load balancer may have led to the killed server: it ends right then, and only then. */
function excuses(fall: Fall, failure: Failure): boolean {
  const toMs = failure.via === 'balancer' ? Math.min(fall.toMs, fall.fromMs + BALANCED_END_MS) : fall.toMs;
  const concerned = failure.via === 'balancer' || failure.via === fall.server;
  return concerned && failure.atMs >= fall.fromMs && failure.atMs <= toMs;
}

/** Every acknowledged object is on every server, once; and nothing that was not asked for. */
async function audit(cluster: ClusterUnderTest, ledger: Ledger): Promise<{ lost: string[]; unexpected: string[] }> {
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
    const names = await objectsOf(cluster, server.id);
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const name of acknowledged)
      if (counts.get(name) !== 1) lost.push(`${server.id}: ${name} ×${counts.get(name) ?? 0}`);
    for (const name of counts.keys()) if (!asked.has(name)) unexpected.push(`${server.id}: ${name}`);
  }
  return { lost, unexpected };
}

/** Names of the objects this scenario made, as one server tells them now. */
async function objectsOf(cluster: ClusterUnderTest, server: string): Promise<readonly string[]> {
  const client = cluster.clientOf(server);
  const answer = await client.send('GET', `/api/v1/namespaces/${NAMESPACE}/configmaps`);
  client.close();
  if (answer.kind !== 'answered' || answer.status !== 200)
    throw new Error(`${server} could not be listed: ${JSON.stringify(answer).slice(0, 300)}`);
  const list = JSON.parse(answer.body) as { items: { metadata: { name: string } }[] };
  return list.items.map((item) => item.metadata.name).filter((name) => name.startsWith('kill-'));
}
