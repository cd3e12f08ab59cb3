// One minute of every fault that this machine allows, on real processes, with a fixed seed: the short form of `npm run chaos -- soak`.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FULL_LOAD, runSoak, SOAK_KINDS, soakReport } from '../../chaos/index.ts';
import { systemClock } from '../../src/lib/index.ts';
import { QUORATE } from './support/command.ts';

describe('a minute of chaos', () => {
  it('leaves a linearizable history, watches without gaps, and no failed request at a living server', async () => {
    const lines: string[] = [];
    const run = await runSoak({
      seed: 20_261_123,
      kinds: SOAK_KINDS,
      load: FULL_LOAD,
      lastsMs: 60_000,
      faultsMax: SOAK_KINDS.length,
      clock: systemClock(),
      command: [process.execPath, QUORATE],
      shimSources: fileURLToPath(new URL('../../chaos/shim/', import.meta.url)),
      progress: (line) => lines.push(line),
    });
    process.stderr.write(`${lines.join('\n')}\n${soakReport(run)}`);
    expect(run.result.linearizable).toMatchObject({ kind: 'ok' });
    expect(run.result.watchTroubles).toEqual([]);
    expect(run.result.stateTroubles).toEqual([]);
    expect(run.accounts.failedAtLiving).toEqual([]);
    expect(run.result.faults.length).toBeGreaterThan(SOAK_KINDS.length / 2);
    expect(run.accounts.acknowledged).toBeGreaterThan(0.8 * run.accounts.attempted);
  }, 240_000);
});
