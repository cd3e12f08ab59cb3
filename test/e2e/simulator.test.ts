// The simulator as CI runs it: brief runs of forty seeds without a violation. (That a seed gives the same trace in
// separate processes is tested beside the simulator.)
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { run } from './support/command.ts';

const SIM = fileURLToPath(new URL('../../dist/sim.js', import.meta.url));
const SEEDS = 40;
/** Of the faults of a whole run: all of it, for 500 seeds, is a command of its own (`npm run sim -- --seeds 500`). */
const SHARE = 0.25;

it(`the simulator finds no violation in ${SEEDS} seeds`, async () => {
  const result = await run(process.execPath, [SIM, '--seeds', String(SEEDS), '--share', String(SHARE)]);
  expect(result.stderr).toBe('');
  expect(result.code).toBe(0);
  expect(result.stdout.match(/^\d+ .* ok$/gm)).toHaveLength(SEEDS);
}, 600_000);
