// The short form of `npm run sim -- --corrupt 5000`: a few worlds in this process.
import { describe, expect, it } from 'vitest';
import { corruptionTable } from './corrupt/command.ts';
import { CASES, type Case, corrupt } from './corrupt/experiment.ts';

const WORLDS = [9_006, 9_007, 9_008, 9_009, 9_010, 9_011];

describe('a server one of whose files is damaged', () => {
  it('comes back by itself or asks to be replaced, whatever the file and the damage, and nothing is lost or read wrong', async () => {
    const cases: Case[] = [];
    for (const seed of WORLDS) {
      const result = await corrupt(seed);
      expect(result.failure?.reason, `world ${seed}`).toBeUndefined();
      expect(result.cases).toHaveLength(CASES);
      cases.push(...result.cases);
    }
    // Each way to end is there: an experiment that damages nothing would pass too.
    const outcomes = new Set(cases.map(({ outcome }) => outcome));
    expect([...outcomes]).toEqual(
      expect.arrayContaining(['no harm', 'log repaired', 'state rebuilt', 'asked to be replaced', 'halted']),
    );
    expect(corruptionTable(cases).at(-1)).toMatch(/^all/);
  }, 180_000);

  it('is the same case for the same seed', async () => {
    expect(await corrupt(3, 4)).toEqual(await corrupt(3, 4));
  });
});
