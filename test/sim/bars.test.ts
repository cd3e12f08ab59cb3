// The bars that many runs together must reach, and the deck that makes each kind of fault reach its own.
import { describe, expect, it } from 'vitest';
import { prng } from '../../src/lib/index.ts';
import { barsOf, FULL_SIZE_RUNS, missesGate } from './bars.ts';
import { Deck } from './deck.ts';
import type { RunResult } from './simulation.ts';

function runs(count: number, change: Partial<RunResult> = {}): readonly RunResult[] {
  const kinds = Array.from({ length: 30 }, (_, i) => [`kind ${i}`, 2] as const);
  return Array.from({ length: count }, (_, seed) => ({
    seed,
    members: 3,
    digest: '',
    acknowledged: 200,
    unknown: 0,
    leaders: 2,
    entries: 0,
    steps: 0,
    virtualSeconds: 30,
    leaderMs: 300,
    faults: new Map<string, number>([...kinds, ['trial: leader killed', 1], ['damage refused', 1]]),
    faultyTime: 0,
    failure: undefined,
    ...change,
  }));
}

function missed(results: readonly RunResult[], seconds = 60): readonly string[] {
  return barsOf(results, seconds).flatMap(({ what, kind, met }) => (met || kind === 'goal' ? [] : [what]));
}

describe('the bars', () => {
  it('are met by runs that do what is asked, and outcomes and trials are no kinds of faults', () => {
    const results = runs(FULL_SIZE_RUNS);
    expect(missed(results)).toEqual([]);
    expect(missesGate(results, barsOf(results, 60))).toBe(false);
    expect(barsOf(results, 60).find(({ what }) => what === 'kinds of faults')?.measured).toBe('30');
  });

  it('are missed by one run too few faults, operations or leaders, by a slow election, and by the clock', () => {
    const others = runs(FULL_SIZE_RUNS);
    expect(missed([...others, ...runs(1, { acknowledged: 199 })])).toEqual(['acknowledged, in each run']);
    expect(missed([...others, ...runs(1, { leaders: 1 })])).toEqual(['leader changes, in each run']);
    expect(missed([...others, ...runs(1, { virtualSeconds: 90 })])).toEqual(['faults a simulated second, in each run']);
    expect(missed([...others, ...runs(1, { leaderMs: 5_001 })])).toEqual(['leader after healing, most']);
    expect(missed([...others, ...runs(1, { failure: { reason: 'x', trace: [] } })])).toEqual([
      'violations',
      'runs that converged',
    ]);
    expect(missed(others, 601)).toEqual(['runs in ten minutes']);
    expect(missed(runs(FULL_SIZE_RUNS, { faults: new Map([['kind', 1_000]]) }))).toEqual(['kinds of faults']);
  });

  it('are asked of runs of full size only', () => {
    const few = runs(FULL_SIZE_RUNS - 1);
    expect(missed(few)).toEqual(['each kind of fault, in all']);
    expect(missesGate(few, barsOf(few, 60))).toBe(false);
    expect(missesGate(runs(FULL_SIZE_RUNS), barsOf(runs(FULL_SIZE_RUNS), 601))).toBe(true);
  });
});

describe('the deck of faults', () => {
  const kinds = Array.from({ length: 40 }, (_, i) => `kind ${i}`);

  it('has each kind twice or more, in another order for another seed', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const drawn: string[] = [];
      for (const deck = new Deck({ kinds }, prng(seed)); !deck.isEmpty; ) drawn.push(deck.draw().kind);
      for (const kind of kinds) expect(drawn.filter((other) => other === kind).length).toBeGreaterThanOrEqual(2);
      orders.add(drawn.join());
    }
    expect(orders.size).toBe(50);
  });

  it('is a part of itself in a brief run', () => {
    const deckOf = (share: number): number => {
      let cards = 0;
      for (const deck = new Deck({ kinds, share }, prng(1)); !deck.isEmpty; cards++) deck.draw();
      return cards;
    };
    expect(deckOf(0.25)).toBe(Math.ceil(deckOf(1) / 4));
  });

  it('brings back what could not begin, but not for ever', () => {
    const deck = new Deck({ kinds }, prng(1));
    let tries = 0;
    for (; !deck.isEmpty; tries++) {
      const { kind, putBack } = deck.draw();
      if (kind === 'kind 7') putBack();
    }
    expect(tries).toBeGreaterThan(120);
    expect(tries).toBeLessThan(600);
  });
});
