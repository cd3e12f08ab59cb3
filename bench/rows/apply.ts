// Server-side apply of a Deployment, through REST: one that says what is there already, and one that changes a field. Etcd has
// nothing of the kind: quorate is measured alone.
import { runLoad } from '../load/generator.ts';
import type { Row } from '../report/types.ts';
import { type BenchContext, type Contender, measure, warmUp, withPair } from './context.ts';
import { deploymentTemplate } from './deployment.ts';
import { configMapTemplate } from './objects.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const PREFIX = 'applied';
/** More than clients: each applies an object of its own. */
const POPULATION = 1_000;
const FILL_CLIENTS = 64;

const ROWS = [
  { id: 'apply-same', title: 'apply a Deployment of 200 lines that is so already', operation: 'applySame' },
  { id: 'apply', title: 'apply a Deployment of 200 lines with one changed field', operation: 'apply' },
] as const;

export function measureApply(context: BenchContext, clientCounts: readonly number[]): Promise<Row[]> {
  return withPair({ ...context, hasEtcd: false }, async (pair) => {
    const { quorate } = pair;
    const job = { template: deploymentTemplate(), path: DEPLOYMENTS, prefix: PREFIX, objects: POPULATION };
    await warmUp(context, pair, configMapTemplate());
    const fill = { operation: 'applyFill', count: POPULATION, clients: FILL_CLIENTS };
    await runLoad(context.generator, { ...quorate.base, ...job, ...fill });
    const rows: Row[] = [];
    for (const clients of clientCounts) {
      for (const { id, title, operation } of ROWS) {
        const contender: Contender = { peer: quorate, what: '', job: { ...job, operation, clients } };
        const row = {
          id: `${id}/${clients}`,
          title: `${title}, ${clients} clients`,
          unit: 'ops/s',
          better: 'more' as const,
        };
        rows.push(await measure(context, row, [contender]));
      }
    }
    return rows;
  });
}
