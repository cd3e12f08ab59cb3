// Bar 12 from beginning to end: watchers move between servers while writers write, servers are restarted, the past is compacted and
// one server is sent a snapshot; then everything that each watcher was told is compared with what it should have been.
import { setMaxListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, defined, prng, silentLogger, sleep, UserError } from '../../src/lib/index.ts';
import type { Requirement } from '../bars/requirement.ts';
import { type ClusterUnderTest, type Programs, startExperiment } from '../cluster-under-test.ts';
import { POLL_MS } from '../limits.ts';
import { differences, expectedEvents, type Interest, type KeyHistory } from './model.ts';
import { requirementsOfWatches, watchesReport } from './report.ts';
import { startWatchers, type Watching } from './watchers.ts';
import { NAMESPACES, objectOf, pathOf, revisionOf, SHADES, startWriters, type Writing } from './writers.ts';

export interface WatchesOptions {
  /** Delivered to all watchers together, at least. */
  readonly events: number;
  readonly watchers: number;
  readonly seed: number;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

export interface WatchesResult {
  readonly delivered: number;
  readonly watchers: number;
  readonly streams: number;
  readonly writes: number;
  readonly disturbances: readonly string[];
  readonly compactions: number;
  readonly snapshots: number;
  /** Watchers told, rightly, that their past was compacted. */
  readonly jumps: number;
  /** What a watcher missed, saw twice, out of order or otherwise; and answers that nobody may give. */
  readonly troubles: readonly string[];
}

export interface WatchesRun {
  readonly result: WatchesResult;
  readonly requirements: readonly Requirement[];
  readonly text: string;
}

const WRITERS = 12;
const WRITER_PAUSE_MS = 100;
const CALM_MS = 2_000;
/** A follower sleeps until the others have written so much that their logs no longer reach back to it. */
const SLEEP_WRITES = 2_500;
const SLEEP_LIMIT_MS = 120_000;
const FINISH_LIMIT_MS = 90_000;
const KIB = 1024;
/** So small that a minute's writes go beyond them several times. */
const TUNING = {
  historyLimitBytes: 768 * KIB,
  logSegmentBytes: 256 * KIB,
  logKeptBytes: 256 * KIB,
  logLaggardBytes: 256 * KIB,
} as const;
const TAKEN_OVER = 'a snapshot takes the place of the state';

export async function runWatches(options: WatchesOptions & Programs): Promise<WatchesRun> {
  const cluster = await startExperiment({
    servers: 3,
    workers: 0,
    runtime: 'simulated',
    command: options.command,
    launcher: options.launcher,
    clock: options.clock,
    logger: silentLogger,
    tuning: TUNING,
  });
  try {
    const result = await watches(cluster, options);
    const requirements = requirementsOfWatches(result, options.events);
    return { result, requirements, text: watchesReport(result, requirements) };
  } finally {
    await cluster.stop();
  }
}

async function watches(cluster: ClusterUnderTest, options: WatchesOptions): Promise<WatchesResult> {
  const { clock } = options;
  const random = prng(options.seed);
  const troubles: string[] = [];
  const trouble = (what: string): void => void troubles.push(what);
  const revision = await prepare(cluster);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, cluster.stopping]);
  const ending = new AbortController();
  const noMoreWrites = AbortSignal.any([ending.signal, cluster.stopping]);
  // Everybody who rests listens to them.
  for (const each of [signal, noMoreWrites]) setMaxListeners(0, each);
  const watching = startWatchers({
    ...{ cluster, clock, trouble, revision, watchers: options.watchers },
    random: random.fork(),
    signal,
  });
  const writing = startWriters({
    ...{ cluster, clock, trouble, writers: WRITERS, pauseMs: WRITER_PAUSE_MS },
    random: random.fork(),
    signal: noMoreWrites,
  });
  const compacted = countCompactions(cluster, clock, ending.signal);
  const disturbances = await disturb(cluster, options, watching, writing);
  ending.abort();
  await writing.over;
  await cluster.whole();
  const lasts = await writeLasts(cluster);
  const patience = clock.timer(FINISH_LIMIT_MS, () => stop.abort());
  await watching.finish((interest) => lastRevision(lasts, interest));
  patience.cancel();
  const histories = [...(await writing.settle()), ...lasts];
  troubles.push(...judge(watching, histories));
  return {
    delivered: watching.delivered(),
    watchers: watching.watchers.length,
    streams: watching.watchers.reduce((sum, { streams }) => sum + streams, 0),
    writes: writing.acknowledged(),
    disturbances,
    compactions: await compacted,
    snapshots: countInLogs(cluster, TAKEN_OVER),
    jumps: watching.watchers.reduce((sum, { jumps }) => sum + jumps.length, 0),
    troubles,
  };
}

/** The namespaces; answers the revision at which all watchers begin. */
async function prepare(cluster: ClusterUnderTest): Promise<number> {
  const client = cluster.balancedClient();
  for (const name of NAMESPACES)
    await client.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const revision = revisionOf(await client.send('GET', '/api/v1/configmaps'));
  client.close();
  if (!(revision > 0)) throw new UserError('no watch could begin: the list was not answered', 'Run it again.');
  return revision;
}

type Disturbance = (
  cluster: ClusterUnderTest,
  roles: { readonly leader: string; readonly follower: string },
  writing: Writing,
  clock: Clock,
) => Promise<void>;

const DISTURBANCES: Readonly<Record<string, Disturbance>> = {
  async 'a follower sleeps until it needs a snapshot'(cluster, { follower }, writing, clock) {
    const from = writing.acknowledged();
    const until = clock.monotonic() + SLEEP_LIMIT_MS;
    cluster.signal(follower, 'SIGSTOP');
    try {
      while (writing.acknowledged() < from + SLEEP_WRITES && clock.monotonic() < until) await sleep(clock, POLL_MS);
    } finally {
      cluster.signal(follower, 'SIGCONT');
    }
  },
  async 'the leader is terminated'(cluster, { leader }) {
    await cluster.replaced(leader, cluster.signal(leader, 'SIGTERM'));
  },
  async 'a follower is killed'(cluster, { follower }) {
    await cluster.replaced(follower, cluster.signal(follower, 'SIGKILL'));
  },
  async 'the leader is killed'(cluster, { leader }) {
    await cluster.replaced(leader, cluster.signal(leader, 'SIGKILL'));
  },
};

/** One after the other, until enough was delivered and each has come once. */
async function disturb(
  cluster: ClusterUnderTest,
  { clock, events, progress }: WatchesOptions,
  watching: Watching,
  writing: Writing,
): Promise<readonly string[]> {
  const done: string[] = [];
  const names = Object.keys(DISTURBANCES);
  while (!cluster.stopping.aborted && (done.length < names.length || watching.delivered() < events)) {
    await sleep(clock, CALM_MS, cluster.stopping);
    const { leader, servers } = await cluster.whole();
    const name = defined(names[done.length % names.length], 'a disturbance');
    const followers = servers.map(({ id }) => id).filter((id) => id !== leader);
    const follower = defined(followers[done.length % followers.length], 'a follower');
    await defined(DISTURBANCES[name], name)(cluster, { leader: defined(leader, 'a leader'), follower }, writing, clock);
    await cluster.whole();
    done.push(name);
    progress(`${name}: ${watching.delivered()} events delivered, ${writing.acknowledged()} writes`);
  }
  return done;
}

/** One object of each shade in each namespace: when a watcher has seen its last one, it has seen everything. */
async function writeLasts(cluster: ClusterUnderTest): Promise<readonly KeyHistory[]> {
  const client = cluster.balancedClient();
  const lasts: KeyHistory[] = [];
  for (const namespace of NAMESPACES) {
    for (const shade of SHADES) {
      const name = `last-${shade}`;
      const answer = await client.send('POST', pathOf(namespace), objectOf({ name }, { shade, value: name }));
      const change = { kind: 'put', revision: revisionOf(answer), shade, value: name } as const;
      lasts.push({ namespace, name, changes: [change] });
    }
  }
  client.close();
  return lasts;
}

function lastRevision(lasts: readonly KeyHistory[], interest: Interest): number {
  const seen = expectedEvents(lasts, interest, () => undefined);
  return defined(seen.at(-1), 'a last object of every interest').revision;
}

function judge(watching: Watching, histories: readonly KeyHistory[]): readonly string[] {
  const disagreements = [...watching.deletions].flatMap(([key, revisions]) =>
    revisions.size === 1 ? [] : [`${key} was deleted at ${[...revisions].join(' and at ')}`],
  );
  const deletionOf = (key: string): number | undefined => [...(watching.deletions.get(key) ?? [])][0];
  const expected = new Map<string, ReturnType<typeof expectedEvents>>();
  const wrong = watching.watchers.flatMap(({ interest, told, from, jumps }, i) => {
    const name = JSON.stringify(interest);
    const events = expected.get(name) ?? expectedEvents(histories, interest, deletionOf);
    expected.set(name, events);
    return differences(events, told, from, jumps).map((what) => `watcher ${i} ${name}: ${what}`);
  });
  return [...disagreements, ...wrong];
}

/** How often the compacted revision went up, until the signal aborts. */
async function countCompactions(cluster: ClusterUnderTest, clock: Clock, signal: AbortSignal): Promise<number> {
  const client = cluster.balancedClient();
  let count = 0;
  let highest = 0;
  while (!signal.aborted && !cluster.stopping.aborted) {
    const answer = await client.send('GET', '/quorate/v1/status');
    if (answer.kind === 'answered' && answer.status === 200) {
      const { compactedRevision } = JSON.parse(answer.body) as { readonly compactedRevision: number };
      if (compactedRevision > highest) count += 1;
      highest = Math.max(highest, compactedRevision);
    }
    await sleep(clock, 10 * POLL_MS, signal);
  }
  client.close();
  return count;
}

function countInLogs(cluster: ClusterUnderTest, text: string): number {
  const { logs } = cluster.running.layout;
  return readdirSync(logs).reduce(
    (sum, file) => sum + readFileSync(join(logs, file), 'utf8').split(text).length - 1,
    0,
  );
}
