// The simulator as a command: separate processes, exit codes, and what a failure prints.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const COMMAND = new URL('../../dist/sim.js', import.meta.url).pathname;

function sim(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('npm run sim', () => {
  it('gives the same trace for the same seed in separate processes', () => {
    const [once, again] = [sim('--seed', '5', '--share', '0.25'), sim('--seed', '5', '--share', '0.25')];
    expect(once.out).toMatch(/^5 +[0-9a-f]{16} .* ok$/m);
    expect(again.out).toBe(once.out);
    expect(once.code).toBe(0);
  }, 60_000);

  it('gives the same lines in the same order, however many processes run the seeds', () => {
    const args = ['--seeds', '3', '--base', '40', '--share', '0.25'];
    const [one, two] = ['1', '2'].map((jobs) => sim(...args, '--jobs', jobs));
    const lines = (out = ''): readonly string[] => out.split('\n').filter((line) => / ok$/.test(line));
    expect(lines(one?.out)).toHaveLength(3);
    expect(lines(two?.out)).toEqual(lines(one?.out));
    expect(two?.out).toContain('nothing is held to them');
  }, 120_000);

  it('explains itself, and refuses options that make no sense', () => {
    expect(sim('--help')).toMatchObject({ code: 0, out: expect.stringContaining('npm run sim -- --seeds 200') });
    expect(sim('--seeds', 'many')).toMatchObject({ code: 2, err: expect.stringContaining('whole number') });
    expect(sim('--sede', '1')).toMatchObject({ code: 2, err: expect.stringContaining('--help') });
  });
});
