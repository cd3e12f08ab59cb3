// The short form of `npm run sim`: a few seeds in this process (test/e2e/simulator.test.ts runs more), and the promise that a
// seed is a run.
import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

const SEEDS = Array.from({ length: 2 }, (_, i) => 7_000 + i);

describe('the simulated cluster', () => {
  it('keeps every promise under faults, for two seeds', async () => {
    for (const seed of SEEDS) {
      const result = await simulate(seed);
      expect(result.failure?.reason, `seed ${seed}`).toBeUndefined();
      expect(result.acknowledged).toBeGreaterThanOrEqual(200);
      expect(result.leaders).toBeGreaterThanOrEqual(2);
    }
  }, 120_000);

  it('does the same for the same seed, and something else for another', async () => {
    const [once, again, other] = [await simulate(11), await simulate(11), await simulate(12)];
    expect(again).toEqual(once);
    expect(other.digest).not.toBe(once.digest);
  }, 120_000);
});
