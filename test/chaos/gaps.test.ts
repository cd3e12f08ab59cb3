import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histogram, longestGap, percentile } from '../../chaos/gaps.ts';

describe('the longest gap', () => {
  it('counts the edges of the window', () => {
    expect(longestGap([], 10, 60)).toEqual({ fromMs: 10, ms: 50 });
    expect(longestGap([20], 10, 60)).toEqual({ fromMs: 20, ms: 40 });
    expect(longestGap([50], 10, 60)).toEqual({ fromMs: 10, ms: 40 });
  });

  it('ignores what was acknowledged outside the window, and the order of the list', () => {
    expect(longestGap([70, 30, 5, 20], 10, 60)).toEqual({ fromMs: 30, ms: 30 });
  });

  it('never exceeds the window, and is never less than its equal share', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 })), (times) => {
        const gap = longestGap(times, 0, 1000).ms;
        expect(gap).toBeLessThanOrEqual(1000);
        expect(gap * (times.length + 1)).toBeGreaterThanOrEqual(1000);
      }),
    );
  });
});

describe('percentiles', () => {
  it('are values of the list, by nearest rank', () => {
    const values = [15, 20, 35, 40, 50];
    expect([0, 0.3, 0.4, 0.5, 1].map((share) => percentile(values, share))).toEqual([15, 20, 20, 35, 50]);
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('the histogram', () => {
  it('shows empty buckets between the first and the last, and gathers the rest in the last', () => {
    expect(histogram([110, 120, 260, 900], 50, 4)).toEqual([
      '   100 ms  ██ 2',
      '   150 ms  ',
      '   200 ms  ',
      '   250 ms  ██ 2',
    ]);
  });
});
