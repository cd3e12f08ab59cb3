// LIST of running pods with managedFields, to the last byte; and how long the server's event loop is blocked by it: the longest
// time that a small read takes beside it which waits for nothing but that loop.
import { type LoadJob, startLoad } from '../load/generator.ts';
import type { QuoratePeer } from '../peers/quorate-peer.ts';
import { spreadOf } from '../report/spread.ts';
import type { Row } from '../report/types.ts';
import { type BenchContext, type Contender, fill, measure, withPair } from './context.ts';
import { podTemplate } from './objects.ts';

export const LIST_SIZES = [10, 1_000, 10_000] as const;

const PODS = '/api/v1/namespaces/default/pods';

export function measureLists(context: BenchContext, sizes: readonly number[]): Promise<Row[]> {
  return withPair(context, async ({ quorate, etcd }) => {
    const rows: Row[] = [];
    const template = podTemplate();
    let present = 0;
    for (const size of sizes) {
      const prefix = `pod${size}`;
      const more = { prefix, count: size - present, template };
      await fill(context, quorate, { ...more, path: PODS });
      if (etcd !== undefined) await fill(context, etcd, more);
      present = size;
      // One server is asked, so that its event loop is the one that is looked at.
      const asked = { endpoints: quorate.base.endpoints.slice(0, 1) };
      const job = { operation: 'list', template, prefix, clients: 1, objects: size, path: PODS };
      const figure: Contender['figure'] = ({ p50Ms }) => p50Ms;
      const contenders: Contender[] = [{ peer: quorate, what: '', job: { ...job, ...asked }, figure }];
      if (etcd !== undefined)
        contenders.push({ peer: etcd, what: 'range', job: { ...job, path: etcd.base.path }, figure });
      const row = {
        id: `list/${size}`,
        title: `LIST of ${size} pods of 2.5 KiB, p50`,
        unit: 'ms',
        better: 'less' as const,
      };
      rows.push(await measure(context, row, contenders));
      rows.push({
        id: `list-block/${size}`,
        title: `longest block of the event loop during LIST of ${size}`,
        unit: 'ms',
        better: 'less',
        sides: [{ who: 'quorate', what: '', value: spreadOf(await blocksOf(context, quorate, job)) }],
      });
    }
    return rows;
  });
}

/** The longest that a cached read of the first server took, in each run, while it was listing. */
async function blocksOf(
  { generator, runs, seconds, warmup }: BenchContext,
  { base }: QuoratePeer,
  list: Pick<LoadJob, 'operation' | 'template' | 'prefix' | 'clients' | 'objects' | 'path'>,
): Promise<number[]> {
  const blocks: number[] = [];
  const common = { ...base, endpoints: base.endpoints.slice(0, 1), seconds, warmup };
  for (let run = 0; run < runs; run++) {
    const listing = startLoad(generator, { ...common, ...list });
    const beside = startLoad(generator, { ...common, ...list, operation: 'getCached', objects: 1 });
    const [{ maxMs }] = await Promise.all([beside.result, listing.result]);
    blocks.push(maxMs);
  }
  return blocks;
}
