// The cluster that most end-to-end tests work on: three servers of the built command, as real processes that can be hurt.
import { type ClusterUnderTest, startExperiment } from '../../../chaos/index.ts';
import type { ServerTuning } from '../../../cluster/index.ts';
import { silentLogger, systemClock } from '../../../src/lib/index.ts';
import { LAUNCHER, QUORATE } from './command.ts';

/** Resolves when it is ready. Workers run their pods in virtual form. `tuning`: what differs from production. */
export function threeServers(workers = 0, tuning: ServerTuning = {}): Promise<ClusterUnderTest> {
  return startExperiment({
    tuning,
    servers: 3,
    workers,
    runtime: 'simulated',
    command: [process.execPath, QUORATE],
    launcher: LAUNCHER,
    clock: systemClock(),
    logger: silentLogger,
  });
}
