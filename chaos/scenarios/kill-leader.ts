// Kills the leader again and again under writes at every server, and keeps the books: how long nobody at a living server
// got an acknowledgement, whether a client of a living server ever saw a failure, and whether anything was lost.
import { type Clock, sleep } from '../../src/lib/index.ts';
import { audit, type Fall, startLoops, unexcused } from '../books.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { longestGapMs } from '../gaps.ts';
import { CALM_AFTER_FAULT_MS, CALM_BEFORE_FAULT_MS } from '../limits.ts';
import { emptyLedger, type Failure, type Ledger } from '../workloads/creates.ts';

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

const PREFIX = 'kill-';

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
  const verdict = await audit(cluster, ledger, PREFIX);
  return {
    rounds,
    acknowledged: ledger.acknowledged.length,
    failures: [...ledger.failures, ...unexcused(ledger, falls)],
    ...verdict,
  };
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
  const loops = startLoops(cluster, { ...options, prefix: `${PREFIX}${round}` }, ledger, end.signal);
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
