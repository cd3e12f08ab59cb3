// Closed loops on single objects: writes, reads, and a mixture, at several numbers of clients.
import type { Row } from '../report/types.ts';
import { type BenchContext, type Contender, fill, measure, type Pair, warmUp, withPair } from './context.ts';
import { judged } from './known.ts';
import { configMapTemplate } from './objects.ts';

/** What is asked of quorate, and what of etcd is compared with it. */
interface LoadRow {
  readonly name: string;
  readonly title: string;
  readonly operation: string;
  /** Of etcd: what its side is called → operation. */
  readonly against: Readonly<Record<string, string>>;
  /** How many objects there are to read or change; undefined: it creates. */
  readonly objects?: number;
  /** Clients go to followers only. */
  readonly followers?: boolean;
}

const POPULATION = 1_000;

export const LOAD_ROWS: readonly LoadRow[] = [
  {
    name: 'create',
    title: 'create an object of 1 KiB',
    operation: 'create',
    against: { transaction: 'create', 'bare put': 'put' },
  },
  {
    name: 'update',
    title: 'update at the revision last read',
    operation: 'update',
    against: { transaction: 'update' },
    objects: POPULATION,
  },
  {
    name: 'patch',
    title: 'merge patch of an annotation',
    operation: 'patch',
    against: { transaction: 'update' },
    objects: POPULATION,
  },
  { name: 'get', title: 'current get', operation: 'get', against: { linearizable: 'get' }, objects: POPULATION },
  {
    name: 'get-followers',
    title: 'current get from followers only',
    operation: 'get',
    against: { linearizable: 'get' },
    objects: POPULATION,
    followers: true,
  },
  {
    name: 'get-cached',
    title: 'get that may be old (resourceVersion=0)',
    operation: 'getCached',
    against: { serializable: 'getCached' },
    objects: POPULATION,
  },
  {
    name: 'mixed',
    title: 'seven current gets, two updates, one create',
    operation: 'mixed',
    against: { mixed: 'mixed' },
    objects: POPULATION,
  },
];

export const CLIENT_COUNTS = [1, 16, 64, 256] as const;

/** Measures one row at each number of clients, on a fresh pair. */
export function measureLoad(context: BenchContext, row: LoadRow, clientCounts: readonly number[]): Promise<Row[]> {
  return withPair(context, async (pair) => {
    const template = configMapTemplate();
    const prefix = row.name;
    await warmUp(context, pair, template);
    if (row.objects !== undefined) {
      const population = { prefix, count: row.objects, template };
      await fill(context, pair.quorate, population);
      if (pair.etcd !== undefined) await fill(context, pair.etcd, population);
    }
    const rows: Row[] = [];
    for (const clients of clientCounts) {
      const contenders = await contendersOf(row, pair, { prefix, template, clients });
      const title = `${row.title}, ${clients} clients`;
      const measured = await measure(
        context,
        { id: `${row.name}/${clients}`, title, unit: 'ops/s', better: 'more' },
        contenders,
      );
      rows.push(judged(measured));
    }
    return rows;
  });
}

async function contendersOf(
  row: LoadRow,
  { quorate, etcd }: Pair,
  common: { readonly prefix: string; readonly template: string; readonly clients: number },
): Promise<Contender[]> {
  const job = { ...common, ...(row.objects === undefined ? {} : { objects: row.objects }) };
  const contenders: Contender[] = [
    { peer: quorate, what: '', job: { ...job, operation: row.operation, ...(await placed(row, quorate)) } },
  ];
  if (etcd === undefined) return contenders;
  for (const [what, operation] of Object.entries(row.against))
    contenders.push({ peer: etcd, what, job: { ...job, operation, ...(await placed(row, etcd)) } });
  return contenders;
}

async function placed(row: LoadRow, peer: Pair['quorate'] | NonNullable<Pair['etcd']>) {
  if (row.followers !== true) return {};
  const leader = await peer.leader();
  return { endpoints: peer.base.endpoints.filter((_, at) => at !== leader) };
}
