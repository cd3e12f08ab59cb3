import { describe, expect, it } from 'vitest';
import { Company } from '../../src/store/company.ts';
import { COMPANY_LIMIT_MS, COMPANY_SHARE } from '../../src/store/limits.ts';
import { manualClock } from '../support/manual-clock.ts';

describe('a batch', () => {
  it('that is the first sets out at once, and so does one after a batch of one', () => {
    const clock = manualClock();
    const company = new Company(clock);
    expect(company.waitMs(1, 0)).toBe(0);
    clock.advance(10);
    company.back(1, 0);
    expect(company.waitMs(1, clock.monotonic())).toBe(0);
  });

  it('waits for as many as the last was of, for a part of the time that it took', () => {
    const clock = manualClock();
    const company = new Company(clock);
    clock.advance(12);
    company.back(20, 0);
    expect(company.waitMs(20, 12)).toBe(0);
    expect(company.waitMs(19, 12)).toBe(12 * COMPANY_SHARE);
    clock.advance(2);
    expect(company.waitMs(19, 12)).toBe(12 * COMPANY_SHARE - 2);
    clock.advance(2);
    expect(company.waitMs(19, 12)).toBe(0);
  });

  it('counts its wait from when the first of it came, or the last batch was back', () => {
    const clock = manualClock();
    const company = new Company(clock);
    clock.advance(12);
    company.back(20, 0);
    expect(company.waitMs(1, 3)).toBe(3);
    clock.advance(10);
    expect(company.waitMs(1, clock.monotonic())).toBe(3);
  });

  it('sets out when those of the last one have had as long as it took to come back', () => {
    const clock = manualClock();
    const company = new Company(clock);
    clock.advance(12);
    company.back(20, 0);
    clock.advance(13);
    expect(company.waitMs(1, clock.monotonic())).toBe(0);
  });

  it('sets out when it would wait for less than a timer can count', () => {
    const clock = manualClock();
    const company = new Company(clock);
    clock.advance(1 / COMPANY_SHARE - 0.1);
    company.back(20, 0);
    expect(company.waitMs(1, clock.monotonic())).toBe(0);
  });

  it('waits for a limited time after one that took long, as during an election', () => {
    const clock = manualClock();
    const company = new Company(clock);
    clock.advance(60_000);
    company.back(20, 0);
    expect(company.waitMs(1, clock.monotonic())).toBe(COMPANY_LIMIT_MS);
  });
});
