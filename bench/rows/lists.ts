// LIST of running pods with managedFields, to the last byte; and how long the server's event loop is blocked by it.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { QuoratePeer } from '../peers/quorate-peer.ts';
import { spreadOf } from '../report/spread.ts';
import type { Row } from '../report/types.ts';
import { type BenchContext, type Contender, fill, measure, withPair } from './context.ts';
import { podTemplate } from './objects.ts';

export const LIST_SIZES = [10, 1_000, 10_000] as const;

const PODS = '/api/v1/namespaces/default/pods';
/** Of the sampling behind the metric: part of every value. */
const LAG_RESOLUTION_MS = 10;

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
      const job = { operation: 'list', template, prefix, clients: 1, objects: size };
      const figure: Contender['figure'] = ({ p50Ms }) => p50Ms;
      const contenders: Contender[] = [{ peer: quorate, what: '', job: { ...job, ...asked, path: PODS }, figure }];
      if (etcd !== undefined) contenders.push({ peer: etcd, what: 'range', job, figure });
      await eventLoopLagMs(quorate);
      const row = {
        id: `list/${size}`,
        title: `LIST of ${size} pods of 2.5 KiB, p50`,
        unit: 'ms',
        better: 'less' as const,
      };
      rows.push(await measure(context, row, contenders));
      const blocked = (await eventLoopLagMs(quorate)) - LAG_RESOLUTION_MS;
      rows.push({
        id: `list-block/${size}`,
        title: `longest block of the event loop during LIST of ${size}`,
        unit: 'ms',
        better: 'less',
        sides: [{ who: 'quorate', what: '', value: spreadOf([Math.max(0, blocked)]) }],
      });
    }
    return rows;
  });
}

/** The longest delay of the first server's event loop since this was asked last. */
async function eventLoopLagMs({ base }: QuoratePeer): Promise<number> {
  const text = await new Promise<string>((resolve, reject) => {
    const [ca, cert, key] = [base.ca, base.cert, base.key].map((file) => readFileSync(file ?? ''));
    request(`https://${base.endpoints[0]}/metrics`, { ca, cert, key }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      answer.on('end', () => resolve(body));
    })
      .on('error', reject)
      .end();
  });
  const seconds = /^nodejs_eventloop_lag_max_seconds(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1];
  if (seconds === undefined) throw new Error('/metrics does not tell the lag of the event loop');
  return Number(seconds) * 1_000;
}
