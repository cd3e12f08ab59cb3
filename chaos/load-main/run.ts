// The load on main threads from beginning to end, on a cluster of its own whose Raft threads are sampled every millisecond.

import { silentLogger } from '../../src/lib/index.ts';
import type { Requirement } from '../bars/requirement.ts';
import { type Programs, startExperiment } from '../cluster-under-test.ts';
import { type LoadMainOptions, type LoadMainResult, loadMain } from './load-main.ts';
import { loadReport, requirementsOfLoad } from './report.ts';

export interface LoadMainRun {
  readonly result: LoadMainResult;
  readonly requirements: readonly Requirement[];
  readonly text: string;
}

export async function runLoadMain(options: LoadMainOptions & Programs): Promise<LoadMainRun> {
  const { clock, command, launcher } = options;
  const cluster = await startExperiment({
    servers: 3,
    workers: 0,
    runtime: 'simulated',
    command,
    launcher,
    clock,
    logger: silentLogger,
    tuning: { loopDelayResolutionMs: 1 },
  });
  try {
    const result = await loadMain(cluster, options);
    const requirements = requirementsOfLoad(result, options.lastsMs);
    return { result, requirements, text: loadReport(result, requirements) };
  } finally {
    await cluster.stop();
  }
}
