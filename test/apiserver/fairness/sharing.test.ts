// What is decided without time: hands of queues, seats lent and borrowed, and when the refused should come again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, type LevelDemand, shareSeats, smoothedDemand } from '../../../src/apiserver/fairness/borrowing.ts';
import { DemandMeter } from '../../../src/apiserver/fairness/demand.ts';
import { RefusalPace } from '../../../src/apiserver/fairness/refusal-pace.ts';
import { RetryAfter } from '../../../src/apiserver/fairness/retry-after.ts';
import { deal, flowHash } from '../../../src/apiserver/fairness/shuffle.ts';

describe('a hand of queues', () => {
  it('holds different queues of the deck, the same each time', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 256 }), fc.nat(), (flow, queues, size) => {
        const handSize = 1 + (size % Math.min(queues, 7));
        const hash = flowHash('schema', flow);
        const hand = deal(hash, queues, handSize);
        expect(new Set(hand).size).toBe(handSize);
        for (const queue of hand) expect(queue >= 0 && queue < queues).toBe(true);
        expect(deal(hash, queues, handSize)).toEqual(hand);
      }),
    );
  });

  it('is each of all that there are, as often as the others', () => {
    // 5 × 4 × 3 hands of three of five: consecutive hashes deal each once.
    const hands = Array.from({ length: 60 }, (_, hash) => deal(BigInt(hash), 5, 3).join());
    expect(new Set(hands).size).toBe(60);
  });
});

const level = (nominal: number, lendable: number, wanted: number, most = nominal + 600): LevelDemand => ({
  exempt: false,
  nominal,
  least: nominal - lendable,
  most,
  demand: { average: wanted, deviation: 0, highest: wanted },
  smoothed: wanted,
});

describe('seats', () => {
  it('that nobody wants go to who does, within what is lent and borrowed', () => {
    const [idle, busy] = shareSeats([level(100, 90, 0), level(50, 25, 400)]);
    expect(idle).toBe(10);
    expect(busy).toBe(140);
    const [, bounded] = shareSeats([level(100, 90, 0), level(50, 25, 400, 60)]);
    expect(bounded).toBe(60);
  });

  it('are each level’s own when all of them want them', () => {
    expect(shareSeats([level(100, 90, 500), level(50, 25, 500)])).toEqual([100, 50]);
  });

  it('go to the exempt first, down to what the others never lend', () => {
    const exempt: LevelDemand = { ...level(0, 0, 120), exempt: true };
    const [used, first, second] = shareSeats([exempt, level(100, 90, 100), level(50, 25, 50)]);
    expect(used).toBe(120);
    expect(first).toBe(10);
    expect(second).toBe(25);
  });

  it('are divided completely, and each level is within its bounds', () => {
    const claim = fc
      .tuple(fc.nat(200), fc.nat(200), fc.nat(400))
      .map(([low, more, want]) => ({ low, high: low + more, target: low + want }));
    fc.assert(
      fc.property(
        fc.array(claim, { minLength: 1, maxLength: 9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (claims, part) => {
          const least = claims.reduce((sum, { low }) => sum + low, 0);
          const most = claims.reduce((sum, { high }) => sum + high, 0);
          const total = least + (most - least) * part;
          const got = allocate(total, claims);
          expect(got.reduce((sum, one) => sum + one, 0)).toBeCloseTo(total, 3);
          for (const [i, { low, high }] of claims.entries()) {
            expect(got[i]).toBeGreaterThanOrEqual(low - 1e-6);
            expect(got[i]).toBeLessThanOrEqual(high + 1e-6);
          }
        },
      ),
    );
  });
});

describe('demand', () => {
  it('is measured over time, and its maximum too', () => {
    const meter = new DemandMeter(0);
    meter.note(10, 0);
    meter.note(0, 25);
    expect(meter.take(100)).toEqual({ average: 2.5, deviation: Math.sqrt(25 - 6.25), highest: 10 });
    meter.note(4, 150);
    expect(meter.take(200)).toEqual({ average: 2, deviation: 2, highest: 4 });
  });

  it('that is planned with rises at once and falls slowly', () => {
    const high = smoothedDemand(0, { average: 100, deviation: 20, highest: 200 });
    expect(high).toBe(120);
    const later = smoothedDemand(high, { average: 0, deviation: 0, highest: 0 });
    expect(later).toBeCloseTo(120 * 0.977);
  });
});

describe('the time after which the refused should come again', () => {
  it('doubles while many are refused, and comes down second by second', () => {
    const retry = new RetryAfter();
    const told: number[] = [];
    for (let second = 0; second < 40; second++) {
      let last = 0;
      for (let i = 0; i < 200; i++) last = retry.refused(second * 1000 + i);
      told.push(last);
    }
    expect(told.slice(0, 2)).toEqual([1, 2]);
    expect(Math.max(...told)).toBe(32);
    const calm: number[] = [];
    for (let second = 100; second < 400; second += 5) calm.push(retry.refused(second * 1000));
    expect(calm.at(-1)).toBe(1);
    expect(calm.every((value, i) => i === 0 || value <= (calm[i - 1] ?? 0))).toBe(true);
  });
});

describe('refusals of a level', () => {
  it('leave at once while they are few', () => {
    const pace = new RefusalPace();
    for (let ms = 0; ms < 10_000; ms += 5) expect(pace.refused(ms)).toBe(0);
  });

  it('leave one by one when a crowd comes, none later than two seconds', () => {
    const pace = new RefusalPace();
    const held = Array.from({ length: 2_000 }, () => pace.refused(1000));
    expect(held.slice(0, 53)).toEqual([...new Array<number>(51).fill(0), 4, 8]);
    expect(held.at(550)).toBe(2_000);
    expect(Math.max(...held)).toBe(2_000);
  });

  it('keep a crowd that asks again at once to 250 in a second, and are forgotten when it has gone', () => {
    const pace = new RefusalPace();
    const asksAt = new Array<number>(480).fill(0);
    const answeredAt: number[] = [];
    for (;;) {
      const nowMs = Math.min(...asksAt);
      if (nowMs >= 10_000) break;
      const atMs = nowMs + pace.refused(nowMs);
      answeredAt.push(atMs);
      asksAt[asksAt.indexOf(nowMs)] = atMs + 0.5;
    }
    const inSecond = (second: number): number => answeredAt.filter((ms) => Math.floor(ms / 1000) === second).length;
    expect([1, 5, 9].map(inSecond)).toEqual([250, 250, 250]);
    expect(pace.refused(13_000)).toBe(0);
  });
});
