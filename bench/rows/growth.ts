// Whether a store that grows stays as fast, and what an object costs in memory.
import { sleep } from '../../src/lib/index.ts';
import type { Peer } from '../peers/peer.ts';
import { residentMegabytes } from '../peers/processes.ts';
import { spreadOf } from '../report/spread.ts';
import type { Row } from '../report/types.ts';
import { type BenchContext, type Contender, fill, measure, warmUp, withPair } from './context.ts';
import { configMapTemplate } from './objects.ts';

export const GROWTH_SIZES = [1_000, 10_000, 100_000] as const;

const CLIENTS = 64;
/** Until garbage is collected and what is behind is written. */
const SETTLE_MS = 5_000;

export function measureGrowth(context: BenchContext, sizes: readonly number[]): Promise<Row[]> {
  return withPair(context, async (pair) => {
    const { quorate, etcd } = pair;
    const template = configMapTemplate();
    await warmUp(context, pair, template);
    const peers: readonly Peer[] = etcd === undefined ? [quorate] : [quorate, etcd];
    const empty = peers.map(memoryOf);
    const rows: Row[] = [];
    let present = 0;
    for (const size of sizes) {
      const prefix = `grown${size}`;
      for (const peer of peers) await fill(context, peer, { prefix, count: size - present, template });
      present = size;
      await sleep(context.clock, SETTLE_MS);
      rows.push({
        id: `memory/${size}`,
        title: `memory per stored object of 1 KiB at ${size} objects, each server`,
        unit: 'KiB',
        better: 'less',
        sides: peers.map((peer, at) => ({
          who: peer.who,
          what: '',
          value: spreadOf([((memoryOf(peer) - (empty[at] ?? 0)) * 1e6) / 1024 / size]),
        })),
      });
      const contenders = peers.map((peer): Contender => {
        const job = { operation: 'update', template, prefix, clients: CLIENTS, objects: CLIENTS };
        return { peer, what: peer.who === 'etcd' ? 'transaction' : '', job };
      });
      const row = {
        id: `growth/${size}`,
        title: `updates among ${size} objects, ${CLIENTS} clients`,
        unit: 'ops/s',
        better: 'more' as const,
      };
      rows.push(await measure(context, row, contenders));
    }
    return rows;
  });
}

/** Megabytes of a server, the mean of all. */
function memoryOf(peer: Peer): number {
  const pids = peer.pids();
  return pids.reduce((sum, pid) => sum + residentMegabytes(pid), 0) / pids.length;
}
