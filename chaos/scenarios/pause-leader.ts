// Stops the leader's process for longer than any election takes (SIGSTOP) and lets it go on (SIGCONT), again and again under
// writes at every server. A leader that slept does not know it: its first answers are where a stale read would be. So reads
// wait in its sockets before it wakes, and more follow; each must find what was acknowledged before it was sent.
import { type Clock, messageOf, sleep } from '../../src/lib/index.ts';
import { audit, type Fall, NAMESPACE, startLoops, unexcused } from '../books.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { longestGapMs } from '../gaps.ts';
import type { PlainClient } from '../http.ts';
import { CALM_AFTER_FAULT_MS, CALM_BEFORE_FAULT_MS, READS_AFTER_WAKING_MS, READS_BEFORE_WAKING } from '../limits.ts';
import { emptyLedger, type Failure, type Ledger } from '../workloads/creates.ts';

export interface PauseRound {
  readonly paused: string;
  readonly successor: string;
  /** The longest time without an acknowledgement at the other servers. */
  readonly gapMs: number;
  /** Reads at the server that was paused, sent before or after it woke. */
  readonly reads: number;
}

export interface PauseLeaderResult {
  readonly rounds: readonly PauseRound[];
  readonly acknowledged: number;
  readonly failures: readonly Failure[];
  /** Reads at the woken server that did not show what had been acknowledged before they were sent. */
  readonly stale: readonly string[];
  readonly lost: readonly string[];
  readonly unexpected: readonly string[];
}

export interface PauseLeaderOptions {
  readonly rounds: number;
  readonly clientsPerServer: number;
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

const PREFIX = 'pause-';

/** What the rounds add to. */
interface Books {
  readonly ledger: Ledger;
  readonly falls: Fall[];
  readonly stale: string[];
}

export async function pauseLeader(cluster: ClusterUnderTest, options: PauseLeaderOptions): Promise<PauseLeaderResult> {
  const rounds: PauseRound[] = [];
  const books: Books = { ledger: emptyLedger(), falls: [], stale: [] };
  for (let round = 1; round <= options.rounds; round += 1) {
    const result = await oneRound(cluster, options, round, books);
    rounds.push(result);
    const { paused, successor, gapMs, reads } = result;
    options.progress(
      `${round}/${options.rounds}: paused ${paused}, ${successor} took over, gap ${gapMs.toFixed(0)} ms, ${reads} reads at ${paused}`,
    );
  }
  const verdict = await audit(cluster, books.ledger, PREFIX);
  return {
    rounds,
    acknowledged: books.ledger.acknowledged.length,
    failures: [...books.ledger.failures, ...unexcused(books.ledger, books.falls)],
    stale: books.stale,
    ...verdict,
  };
}

async function oneRound(
  cluster: ClusterUnderTest,
  options: PauseLeaderOptions,
  round: number,
  { ledger, falls, stale }: Books,
): Promise<PauseRound> {
  const { clock } = options;
  const leader = (await cluster.whole()).leader ?? '';
  const end = new AbortController();
  const from = clock.monotonic();
  const loops = startLoops(cluster, { ...options, prefix: `${PREFIX}${round}` }, ledger, end.signal);
  await sleep(clock, CALM_BEFORE_FAULT_MS);
  const pausedAt = clock.monotonic();
  let reads: readonly (string | undefined)[];
  cluster.signal(leader, 'SIGSTOP');
  try {
    await sleep(clock, options.pauseMs);
    const waiting = Array.from({ length: READS_BEFORE_WAKING }, () => readNewest(cluster, leader, ledger));
    cluster.signal(leader, 'SIGCONT');
    reads = [...(await Promise.all(waiting)), ...(await readOn(cluster, leader, ledger, clock))];
  } finally {
    cluster.signal(leader, 'SIGCONT');
  }
  const after = await cluster.whole();
  falls.push({ server: leader, fromMs: pausedAt, toMs: clock.monotonic() });
  await sleep(clock, CALM_AFTER_FAULT_MS);
  const to = clock.monotonic();
  end.abort();
  await loops;
  stale.push(...reads.filter((found) => found !== undefined).map((found) => `round ${round}, ${leader}: ${found}`));
  const living = ledger.acknowledged.filter((entry) => entry.via !== leader && entry.via !== 'balancer');
  const gapMs = longestGapMs(
    living.map((entry) => entry.atMs),
    from,
    to,
  );
  return { paused: leader, successor: after.leader ?? '', gapMs, reads: reads.length };
}

/** Reads at the woken server, one after the other, for a while. */
async function readOn(
  cluster: ClusterUnderTest,
  server: string,
  ledger: Ledger,
  clock: Clock,
): Promise<readonly (string | undefined)[]> {
  const found: (string | undefined)[] = [];
  const until = clock.monotonic() + READS_AFTER_WAKING_MS;
  while (clock.monotonic() < until) found.push(await readNewest(cluster, server, ledger));
  return found;
}

/** Asks for the object that was acknowledged last, anywhere. Says what is wrong with the answer, if anything. */
async function readNewest(cluster: ClusterUnderTest, server: string, ledger: Ledger): Promise<string | undefined> {
  const newest = ledger.acknowledged.at(-1);
  if (newest === undefined) return undefined;
  const client: PlainClient = cluster.clientOf(server);
  try {
    const answer = await client.send('GET', `/api/v1/namespaces/${NAMESPACE}/configmaps/${newest.name}`);
    if (answer.kind === 'ended') return `a read ended: ${answer.reason}`;
    return answer.status === 200 ? undefined : `${newest.name}, acknowledged by ${newest.via}: ${answer.status}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    client.close();
  }
}
