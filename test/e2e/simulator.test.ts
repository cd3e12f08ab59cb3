// The simulator as CI runs it: two hundred seeds without a violation, and the same seed giving the same trace.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from './support/command.ts';

const SIM = fileURLToPath(new URL('../../dist/sim.js', import.meta.url));
const sim = (...args: string[]) => run(process.execPath, [SIM, ...args]);

describe('the simulator', () => {
  it('finds no violation in two hundred seeds', async () => {
    const result = await sim('--seeds', '200');
    expect(result.stdout + result.stderr).toMatch(/200 seeds/);
    expect(result.code).toBe(0);
  }, 600_000);

  it('gives the same trace for the same seed in two processes, and another for another seed', async () => {
    const [first, second, other] = await Promise.all([sim('--seed', '7'), sim('--seed', '7'), sim('--seed', '8')]);
    const hash = (text: string): string | undefined => /trace hash[: ]+(\w+)/.exec(text)?.[1];
    expect(hash(first.stdout)).toBeDefined();
    expect(hash(first.stdout)).toBe(hash(second.stdout));
    expect(hash(first.stdout)).not.toBe(hash(other.stdout));
  });
});
