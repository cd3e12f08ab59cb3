// What every row is measured with, and how: a fresh pair of clusters for each group of rows, runs interleaved between them.
import { type Clock, defined } from '../../src/lib/index.ts';
import { type LoadJob, type LoadResult, runLoad } from '../load/generator.ts';
import { startEtcd } from '../peers/etcd-peer.ts';
import type { Peer } from '../peers/peer.ts';
import { type QuoratePeer, startQuorate } from '../peers/quorate-peer.ts';
import { spreadOf } from '../report/spread.ts';
import type { Row, Side } from '../report/types.ts';

export interface BenchContext {
  readonly clock: Clock;
  /** The command that runs a component of quorate. */
  readonly command: readonly [string, ...string[]];
  /** The compiled load generator. */
  readonly generator: string;
  /** False: rows have quorate's side only. */
  readonly hasEtcd: boolean;
  /** Runs behind each median. */
  readonly runs: number;
  /** Of each run's window, after the warm-up. */
  readonly seconds: number;
  readonly warmup: number;
  progress(line: string): void;
}

/** Both systems, fresh; etcd undefined where it is not installed. */
export interface Pair {
  readonly quorate: QuoratePeer;
  readonly etcd: Peer | undefined;
}

export async function withPair<T>(context: BenchContext, use: (pair: Pair) => Promise<T>): Promise<T> {
  const { clock, command, hasEtcd } = context;
  const quorate = await startQuorate({ clock, command });
  try {
    const etcd = hasEtcd ? await startEtcd(clock) : undefined;
    try {
      return await use({ quorate, etcd });
    } finally {
      await etcd?.stop();
    }
  } finally {
    await quorate.stop();
  }
}

/** How long a fresh pair is under load before anything counts: code that has not run yet is slow in both. */
const WARM_UP_SECONDS = 10;
const WARM_UP_CLIENTS = 32;

/** Puts each system under a mixture of writes and reads for a while. */
export async function warmUp(context: BenchContext, { quorate, etcd }: Pair, template: string): Promise<void> {
  for (const peer of etcd === undefined ? [quorate] : [quorate, etcd]) {
    const job = {
      operation: 'mixed',
      prefix: 'warm',
      template,
      clients: WARM_UP_CLIENTS,
      connections: ETCD_CONNECTIONS,
    };
    await fill(context, peer, { prefix: job.prefix, count: WARM_UP_CLIENTS, template });
    await runLoad(context.generator, { ...peer.base, ...job, objects: WARM_UP_CLIENTS, seconds: WARM_UP_SECONDS });
  }
}

/** One side of a row before it is measured. */
export interface Contender {
  readonly peer: Peer;
  readonly what: string;
  readonly job: Pick<LoadJob, 'operation' | 'template' | 'clients' | 'prefix'> & Partial<LoadJob>;
  /** What of a result the row is about; operations a second unless given. */
  readonly figure?: (result: LoadResult) => number;
  /** What is to be said beside a figure that is not what it seems. */
  readonly remark?: (result: LoadResult) => string | undefined;
}

let lastRun = 0;

/** Runs every contender in turn, several times over. What a run makes has names of its own. */
export async function measure(
  context: BenchContext,
  row: Omit<Row, 'sides'>,
  contenders: readonly Contender[],
): Promise<Row> {
  const results: LoadResult[][] = contenders.map(() => []);
  for (let run = 0; run < context.runs; run++) {
    for (const [at, { peer, job }] of contenders.entries()) {
      lastRun += 1;
      const result = await runLoad(context.generator, {
        ...peer.base,
        seconds: context.seconds,
        warmup: context.warmup,
        pids: peer.pids(),
        // One connection for all of etcd's clients: with more of them it gets slower.
        connections: Math.min(job.clients, ETCD_CONNECTIONS),
        ...job,
        run: lastRun,
      });
      results[at]?.push(result);
    }
  }
  const sides = contenders.map((contender, at) => sideOf(contender, defined(results[at], 'results')));
  const remarks = contenders.flatMap(({ peer, remark }, at) =>
    defined(results[at], 'results')
      .flatMap((result) => remark?.(result) ?? [])
      .map((said) => `${peer.who}: ${said}`),
  );
  const measured = { ...row, sides, ...(remarks.length === 0 ? {} : { notes: [...new Set(remarks)] }) };
  context.progress(
    `${row.id}: ${sides.map(({ who, what, value }) => `${who} ${what} ${Math.round(value.median)}`).join(' · ')} ${row.unit}`,
  );
  return measured;
}

const ETCD_CONNECTIONS = 1;

function sideOf({ peer, what, figure }: Contender, results: readonly LoadResult[]): Side {
  const spread = (of: (result: LoadResult) => number) => spreadOf(results.map(of));
  const perOperation = (of: (result: LoadResult) => number) =>
    spread((result) => of(result) / Math.max(1, result.events ?? result.operations));
  return {
    who: peer.who,
    what,
    value: spread(figure ?? ((result) => result.operations / result.seconds)),
    p50Ms: spread(({ p50Ms }) => p50Ms),
    p99Ms: spread(({ p99Ms }) => p99Ms),
    maxMs: spread(({ maxMs }) => maxMs),
    serverCpuMicros: perOperation(({ serverCpu }) => serverCpu * 1e6),
    clientCpuMicros: perOperation(({ clientCpu }) => clientCpu * 1e6),
    writtenBytes: perOperation(({ serverWritten }) => serverWritten),
  };
}

/** Makes `count` objects named `<prefix>-<number>`. */
export async function fill(
  context: BenchContext,
  peer: Peer,
  { prefix, count, template, path }: { prefix: string; count: number; template: string; path?: string },
): Promise<LoadResult> {
  return runLoad(context.generator, {
    ...peer.base,
    ...(path === undefined ? {} : { path }),
    operation: 'fill',
    prefix,
    template,
    count,
    clients: Math.min(count, FILL_CLIENTS),
    connections: ETCD_CONNECTIONS,
    pids: peer.pids(),
  });
}

const FILL_CLIENTS = 64;
