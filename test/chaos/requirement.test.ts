import { describe, expect, it } from 'vitest';
import { gatesHold, type Requirement, requirementsTable, verdictOf } from '../../chaos/bars/requirement.ts';

const gate: Requirement = {
  bar: 6,
  level: 'gate',
  what: 'max gap',
  asked: '≤ 2500 ms',
  measured: '900 ms',
  holds: true,
  runs: 100,
  runsAsked: 100,
};

describe('the table of bars', () => {
  it('says of each line whether it holds, and whether it was tried as often as asked', () => {
    expect(verdictOf(gate)).toBe('holds');
    expect(verdictOf({ ...gate, runs: 10 })).toBe('holds, in fewer runs');
    expect(verdictOf({ ...gate, holds: false })).toBe('BROKEN');
    expect(verdictOf({ ...gate, level: 'goal', holds: false })).toBe('not reached');
  });

  it('is broken by a gate, and not by a goal', () => {
    expect(gatesHold([gate, { ...gate, level: 'goal', holds: false }])).toBe(true);
    expect(gatesHold([gate, { ...gate, holds: false }])).toBe(false);
  });

  it('has its columns under each other', () => {
    expect(requirementsTable([gate, { ...gate, bar: 13, what: 'a longer name', runs: 7 }])).toEqual([
      'bar  gate or goal  what           asked      measured  runs     verdict',
      '6    gate          max gap        ≤ 2500 ms  900 ms    100/100  holds',
      '13   gate          a longer name  ≤ 2500 ms  900 ms    7/100    holds, in fewer runs',
    ]);
  });
});
