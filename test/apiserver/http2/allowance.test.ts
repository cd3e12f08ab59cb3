// How often something may happen: a burst, and then what time gives back, never more than a burst.
import { describe, expect, it } from 'vitest';
import { Allowance } from '../../../src/apiserver/http/http2/allowance.ts';

const LIMITS = { atOnce: 3, perSecond: 2 } as const;

function taken(allowance: Allowance, nowMs: number, times: number): number {
  return Array.from({ length: times }, () => allowance.take(nowMs)).filter(Boolean).length;
}

describe('an allowance', () => {
  it('is used up at once', () => {
    expect(taken(new Allowance(LIMITS, 100), 100, 10)).toBe(3);
  });

  it('comes back with time, in parts too', () => {
    const allowance = new Allowance(LIMITS, 0);
    taken(allowance, 0, 3);
    expect(taken(allowance, 400, 1)).toBe(0);
    expect(taken(allowance, 500, 2)).toBe(1);
    expect(taken(allowance, 1_500, 9)).toBe(2);
  });

  it('is never more than a burst', () => {
    expect(taken(new Allowance(LIMITS, 0), 1_000_000, 10)).toBe(3);
  });
});
