// What `recover` shows: each server as it was found, the source, and what may be lost.

import type { FoundServer } from '../offline/inspect.ts';
import { coloursFor, table } from '../output.ts';
import type { RecoveryPlan } from './plan.ts';

export function reportText(found: readonly FoundServer[], plan: RecoveryPlan): string {
  const { bold } = coloursFor(process.stdout);
  const rows = found.map(({ id, health, problem, usable }) => [
    id === plan.source.id ? `* ${id}` : `  ${id}`,
    health,
    ...(usable === undefined
      ? ['-', '-', '-', '-', '-']
      : [usable.last.term, usable.last.index, usable.appliedIndex, usable.revision, usable.objects].map(String)),
    problem ?? '',
  ]);
  return [
    table([['  SERVER', 'DATA', 'TERM', 'INDEX', 'APPLIED', 'REVISION', 'RECORDS', ''], ...rows]),
    '',
    `${bold('source')}  ${plan.source.id}: of what can be read it ends at entry ${plan.source.usable.last.index} of term ${plan.source.usable.last.term}`,
    '',
    bold('what this means'),
    ...plan.consequences.map((sentence) => `- ${sentence}`),
    '',
  ].join('\n');
}

/** The shape of --output json: a contract with scripts. */
export interface RecoverySummary {
  /** false: nothing was changed. */
  readonly recovered: boolean;
  readonly source: string;
  readonly servers: readonly FoundServer[];
  readonly consequences: readonly string[];
  readonly formerClusterId: string;
  readonly clusterId: string | null;
  /** Where the former servers are now. */
  readonly aside: string | null;
  readonly revision: number | null;
  readonly stateHash: string | null;
}
