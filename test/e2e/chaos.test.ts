// Faults of each family on real processes, each once, with a fixed seed: the short form of `npm run chaos -- all`, of less than
// a minute together with kill-leader.test.ts.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type FaultKind, FULL_LOAD, runSoak, soakReport } from '../../chaos/index.ts';
import { systemClock } from '../../src/lib/index.ts';
import { LAUNCHER, LINK_THREAD, QUORATE } from './support/command.ts';

/** Processes, links, disks, files and members; where the shim cannot be compiled, the disks' are left out. */
const KINDS: readonly FaultKind[] = [
  'pause-leader',
  'cut-leader',
  'cut-pair',
  'fsync-error',
  'power-loss-all',
  'corrupt',
  'member-churn',
];

describe('a short time of chaos', () => {
  it('leaves a linearizable history, whole commands, watches without gaps, and no failed request at a living server', async () => {
    const lines: string[] = [];
    const run = await runSoak({
      seed: 20_261_123,
      kinds: KINDS,
      load: FULL_LOAD,
      lastsMs: 45_000,
      faultsMax: Number.POSITIVE_INFINITY,
      clock: systemClock(),
      command: [process.execPath, QUORATE],
      launcher: LAUNCHER,
      linkThread: LINK_THREAD,
      shimSources: fileURLToPath(new URL('../../chaos/shim/', import.meta.url)),
      progress: (line) => lines.push(line),
    });
    process.stderr.write(`${lines.join('\n')}\n${soakReport(run)}`);
    expect(run.result.linearizable).toMatchObject({ kind: 'ok' });
    expect(run.result.watchTroubles).toEqual([]);
    expect(run.result.partTroubles).toEqual([]);
    expect(run.result.families).toBeGreaterThan(0);
    expect(run.result.stateTroubles).toEqual([]);
    expect(run.accounts.failedAtLiving).toEqual([]);
    expect(run.result.faults.flatMap(({ broken }) => broken)).toEqual([]);
    expect(run.result.faults.length).toBeGreaterThanOrEqual(3);
    expect(run.accounts.acknowledged).toBeGreaterThan(0.8 * run.accounts.attempted);
  }, 240_000);
});
