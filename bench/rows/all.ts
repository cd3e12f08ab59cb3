// Every group of rows, by name, in the order in which they are measured.
import type { Row } from '../report/types.ts';
import { measureApply } from './apply.ts';
import type { BenchContext } from './context.ts';
import { measureFailover } from './failover.ts';
import { GROWTH_SIZES, measureGrowth } from './growth.ts';
import { measureRest, measureStart } from './life.ts';
import { LIST_SIZES, measureLists } from './lists.ts';
import { CLIENT_COUNTS, LOAD_ROWS, measureLoad } from './load.ts';
import { measureWatches, WATCHER_COUNTS } from './watches.ts';

export interface Group {
  readonly name: string;
  readonly about: string;
  /** `sizes` narrows it down to some numbers of clients, watchers or objects. */
  measure(context: BenchContext, sizes: readonly number[] | undefined): Promise<readonly Row[]>;
}

export const GROUPS: readonly Group[] = [
  ...LOAD_ROWS.map((row) => ({
    name: row.name,
    about: `${row.title}; sizes are clients`,
    measure: (context: BenchContext, sizes: readonly number[] | undefined) =>
      measureLoad(context, row, chosen(CLIENT_COUNTS, sizes)),
  })),
  {
    name: 'apply',
    about: 'server-side apply of a Deployment; sizes are clients',
    measure: (context, sizes) => measureApply(context, chosen(CLIENT_COUNTS, sizes)),
  },
  {
    name: 'list',
    about: 'LIST of pods to the last byte; sizes are objects',
    measure: (context, sizes) => measureLists(context, chosen(LIST_SIZES, sizes)),
  },
  {
    name: 'watch',
    about: 'fan-out and delivery; sizes are watchers',
    measure: (context, sizes) => measureWatches(context, chosen(WATCHER_COUNTS, sizes)),
  },
  {
    name: 'failover',
    about: 'gap in writes when the leader is killed',
    measure: async (c) => [await measureFailover(c)],
  },
  {
    name: 'start',
    about: 'time until a cluster is ready',
    measure: async (c) => [await measureStart(c, 3), await measureStart(c, 1)],
  },
  { name: 'rest', about: 'processor time and memory at rest', measure: measureRest },
  {
    name: 'growth',
    about: 'throughput and memory as the store grows; sizes are objects',
    measure: (context, sizes) => measureGrowth(context, chosen(GROWTH_SIZES, sizes)),
  },
];

function chosen(all: readonly number[], sizes: readonly number[] | undefined): readonly number[] {
  return sizes === undefined ? all : all.filter((size) => sizes.includes(size));
}
