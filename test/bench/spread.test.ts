// Several runs as one figure.
import { describe, expect, it } from 'vitest';
import { spreadOf } from '../../bench/report/spread.ts';

describe('the spread of runs', () => {
  it.each([
    { runs: [7], median: 7 },
    { runs: [3, 1, 2], median: 2 },
    { runs: [1, 2], median: 1.5 },
    { runs: [40, 10, 30, 20], median: 25 },
    { runs: [5, 5, 5, 100], median: 5 },
  ])('has the median $median of $runs', ({ runs, median }) => {
    expect(spreadOf(runs).median).toBe(median);
  });

  it('orders figures as numbers, and keeps the runs in the order in which they were made', () => {
    const runs = [100, 9, 20];
    expect(spreadOf(runs)).toEqual({ median: 20, low: 9, high: 100, runs: [100, 9, 20] });
    expect(runs).toEqual([100, 9, 20]);
  });

  it('does not exist without runs', () => {
    expect(() => spreadOf([])).toThrow('a run');
  });
});
