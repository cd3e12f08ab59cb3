// The gap in writes at living servers when the leader is killed with -9.
import { sleep } from '../../src/lib/index.ts';
import { runLoad, startLoad } from '../load/generator.ts';
import type { Peer } from '../peers/peer.ts';
import { spreadOf } from '../report/spread.ts';
import type { Row } from '../report/types.ts';
import { type BenchContext, withPair } from './context.ts';
import { configMapTemplate } from './objects.ts';

const CLIENTS = 16;
const KILL_AFTER_MS = 1_500;
/** Long enough for etcd, whose gap is about two seconds. */
const LASTS_SECONDS = 6;
/** Kills for each run of the other rows: a gap is one event, and its p50 is what is promised. */
const KILLS_PER_RUN = 3;

export function measureFailover(context: BenchContext): Promise<Row> {
  return withPair(context, async ({ quorate, etcd }) => {
    const peers: readonly Peer[] = etcd === undefined ? [quorate] : [quorate, etcd];
    const gaps = peers.map((): number[] => []);
    for (let round = 0; round < context.runs * KILLS_PER_RUN; round++)
      for (const [at, peer] of peers.entries()) gaps[at]?.push(await gapOf(context, peer, round));
    const row: Row = {
      id: 'failover/gap',
      title: 'gap in writes at living servers, leader killed with -9',
      unit: 'ms',
      better: 'less',
      sides: peers.map(({ who }, at) => ({ who, what: '', value: spreadOf(gaps[at] ?? []) })),
    };
    context.progress(
      `${row.id}: ${row.sides.map(({ who, value }) => `${who} ${Math.round(value.median)}`).join(' · ')} ms`,
    );
    return row;
  });
}

async function gapOf({ clock, generator }: BenchContext, peer: Peer, round: number): Promise<number> {
  const leader = await peer.leader();
  const base = { ...peer.base, endpoints: peer.base.endpoints.filter((_, at) => at !== leader) };
  const common = { ...base, template: configMapTemplate(), clients: CLIENTS, connections: CLIENTS };
  // The first writes of a connection are slower than a gap should count.
  await runLoad(generator, { ...common, operation: 'create', prefix: `before${round}`, count: 500 });
  const job = { ...common, operation: 'create', prefix: `gap${round}`, warmup: 0.5, seconds: LASTS_SECONDS };
  const { result } = startLoad(generator, job);
  await sleep(clock, KILL_AFTER_MS);
  await peer.kill(leader);
  const { gapMs } = await result;
  await peer.whole();
  return gapMs;
}
