// Fan-out: how many events a second all watchers of a collection receive together while eight writers change it as fast as
// they can, and how long an event takes to arrive when a hundred are written each second.
import type { LoadResult } from '../load/generator.ts';
import type { Peer } from '../peers/peer.ts';
import type { Row } from '../report/types.ts';
import { type BenchContext, type Contender, fill, measure, warmUp, withPair } from './context.ts';
import { judged } from './known.ts';
import { configMapTemplate } from './objects.ts';

const WRITERS = 8;
const DELIVERY_WATCHERS = 1_000;
const DELIVERY_RATE = 100;

export const WATCHER_COUNTS = [10, 100, 1_000] as const;

export function measureWatches(context: BenchContext, watcherCounts: readonly number[]): Promise<Row[]> {
  return withPair(context, async (pair) => {
    const { quorate, etcd } = pair;
    const template = configMapTemplate();
    await warmUp(context, pair, template);
    const prefix = 'watched';
    const peers: readonly Peer[] = etcd === undefined ? [quorate] : [quorate, etcd];
    for (const peer of peers) await fill(context, peer, { prefix, count: WRITERS, template });
    const contender = (peer: Peer, watchers: number, rate: number, figure: Contender['figure']): Contender => ({
      peer,
      what: '',
      job: { operation: 'watch', template, prefix, clients: WRITERS, objects: WRITERS, watchers, rate },
      ...(figure === undefined ? {} : { figure }),
    });
    const rows: Row[] = [];
    for (const watchers of watcherCounts) {
      const row = {
        id: `watch/${watchers}`,
        title: `events to ${watchers} watchers, ${WRITERS} writers`,
        unit: 'events/s',
        better: 'more' as const,
      };
      const measured = await measure(
        context,
        row,
        peers.map((peer) => contender(peer, watchers, 0, eventsPerSecond)),
      );
      rows.push(judged(measured));
    }
    if (!watcherCounts.includes(DELIVERY_WATCHERS)) return rows;
    const delivery = {
      id: 'delivery/1000',
      title: `delivery p99 at ${DELIVERY_WATCHERS} watchers, ${DELIVERY_RATE} writes/s`,
      unit: 'ms',
      better: 'less' as const,
    };
    const contenders = peers.map((peer) => ({
      ...contender(peer, DELIVERY_WATCHERS, DELIVERY_RATE, ({ p99Ms }) => p99Ms),
      remark: shortfall,
    }));
    rows.push(await measure(context, delivery, contenders));
    return rows;
  });
}

/** Throws when a sampled event was not what had been written. */
function eventsPerSecond({ events = 0, misses = 0, seconds }: LoadResult): number {
  if (misses > 0) throw new Error(`${misses} sampled events did not carry what had been written`);
  return events / seconds;
}

/** A figure of fewer events than were asked for is one of a lighter load. */
function shortfall({ events = 0, seconds }: LoadResult): string | undefined {
  const share = events / (DELIVERY_RATE * DELIVERY_WATCHERS * seconds);
  return share >= 0.95 ? undefined : `only ${Math.round(share * 100)} % of the events that were asked for were made`;
}
