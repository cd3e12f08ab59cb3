import { describe, expect, it } from 'vitest';
import { Company } from '../../src/store/company.ts';
import { COMPANY_LIMIT_MS, COMPANY_SHARE } from '../../src/store/limits.ts';
import { manualClock } from '../support/manual-clock.ts';

/** After a first batch of `size` that took `tookMs`, which is the time now. */
function companyAfter(size: number, tookMs: number) {
  const clock = manualClock();
  const company = new Company(clock);
  clock.advance(tookMs);
  company.back(size, 0);
  return { clock, company };
}

describe('a batch', () => {
  it('that is the first sets out at once, and so does one after a batch of one', () => {
    expect(new Company(manualClock()).waitMs(1, 0)).toBe(0);
    const { clock, company } = companyAfter(1, 10);
    expect(company.waitMs(1, clock.monotonic())).toBe(0);
  });

  it('waits for as many as the last was of, for a part of the time that it took', () => {
    const { clock, company } = companyAfter(20, 12);
    expect(company.waitMs(20, 12)).toBe(0);
    expect(company.waitMs(19, 12)).toBe(12 * COMPANY_SHARE);
    clock.advance(2);
    expect(company.waitMs(19, 12)).toBe(12 * COMPANY_SHARE - 2);
    clock.advance(2);
    expect(company.waitMs(19, 12)).toBe(0);
  });

  it('counts its wait from when the first of it came, or the last batch was back', () => {
    const { clock, company } = companyAfter(20, 12);
    expect(company.waitMs(1, 3)).toBe(3);
    clock.advance(10);
    expect(company.waitMs(1, clock.monotonic())).toBe(3);
  });

  it('sets out when those of the last one have had as long as it took to come back', () => {
    const { clock, company } = companyAfter(20, 12);
    clock.advance(13);
    expect(company.waitMs(1, clock.monotonic())).toBe(0);
  });

  it('sets out when it would wait for less than a timer can count', () => {
    const { clock, company } = companyAfter(20, 1 / COMPANY_SHARE - 0.1);
    expect(company.waitMs(1, clock.monotonic())).toBe(0);
  });

  it('waits for a limited time after one that took long, as during an election', () => {
    const { clock, company } = companyAfter(20, 60_000);
    expect(company.waitMs(1, clock.monotonic())).toBe(COMPANY_LIMIT_MS);
  });
});
