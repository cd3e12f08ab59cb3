// The queues of a priority level against what they promise: under any load, each request ends once, seats are never exceeded, nobody
// waits for ever, and those who always want more get equal parts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LimitRule, QueueSet, type Turn } from '../../../src/apiserver/fairness/queue-set.ts';
import { deal, flowHash } from '../../../src/apiserver/fairness/shuffle.ts';
import { prng } from '../../../src/lib/index.ts';

const QUEUES = 16;
const HAND_SIZE = 3;
const RULE: LimitRule = { kind: 'queue', queues: QUEUES, handSize: HAND_SIZE, queueLengthLimit: 4 };
const HANDS = Array.from({ length: 6 }, (_, flow) => deal(flowHash('schema', `flow-${flow}`), QUEUES, HAND_SIZE));
const handOf = (flow: number): readonly number[] => HANDS[flow] ?? [];

type Step =
  | { readonly kind: 'arrive'; readonly flow: number; readonly width: number }
  | { readonly kind: 'finish' | 'cancel'; readonly pick: number }
  | { readonly kind: 'limit'; readonly limit: number };

const step: fc.Arbitrary<Step & { readonly passedMs: number }> = fc
  .tuple(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('arrive' as const),
          flow: fc.nat(5),
          width: fc.integer({ min: 1, max: 7 }),
        }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('finish' as const), pick: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), limit: fc.nat(8) }) },
    ),
    fc.integer({ min: 0, max: 20 }),
  )
  .map(([what, passedMs]) => ({ ...what, passedMs }));

/** Keeps book beside a queue set. */
class Ledger {
  readonly set: QueueSet<number>;
  readonly executing = new Set<Turn<number>>();
  readonly waiting = new Set<Turn<number>>();
  readonly ended = new Map<Turn<number>, string>();
  nowMs = 0;

  constructor(rule: LimitRule, limit: number) {
    this.set = new QueueSet(rule, limit, 0);
  }

  arrive(flow: number, width: number): Turn<number> {
    const turn = this.set.arrive(flow, width, handOf(flow), this.nowMs);
    if (turn.state === 'executing') this.executing.add(turn);
    else if (turn.state === 'waiting') this.waiting.add(turn);
    else this.end(turn);
    return turn;
  }

  finish(turn: Turn<number>): void {
    this.executing.delete(turn);
    const begun = this.set.finish(turn, this.nowMs);
    this.end(turn);
    this.begin(begun);
  }

  cancel(turn: Turn<number>): void {
    this.waiting.delete(turn);
    const begun = this.set.cancel(turn, this.nowMs);
    this.end(turn);
    this.begin(begun);
  }

  limit(limit: number): void {
    this.begin(this.set.configure(RULE, limit, this.nowMs));
  }

  begin(turns: readonly Turn<number>[]): void {
    for (const turn of turns) {
      expect(this.waiting.delete(turn), 'only who waited begins, and once').toBe(true);
      expect(turn.state).toBe('executing');
      this.executing.add(turn);
    }
  }

  end(turn: Turn<number>): void {
    expect(this.ended.has(turn), 'a turn ends once').toBe(false);
    this.ended.set(turn, turn.state);
  }

  agrees(): void {
    const seats = [...this.executing].reduce((sum, turn) => sum + turn.seats, 0);
    expect(this.set.executing).toBe(this.executing.size);
    expect(this.set.seatsInUse).toBe(seats);
    expect(this.set.waiting).toBe(this.waiting.size);
    for (const turn of this.waiting) expect(turn.state).toBe('waiting');
  }
}

function nth<T>(set: ReadonlySet<T>, pick: number): T | undefined {
  return [...set][pick % Math.max(1, set.size)];
}

describe('the queues of a priority level', () => {
  it('keep book of every turn, end each of them once, and never give more seats than there are', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(8), (steps, limit) => {
        const ledger = new Ledger(RULE, limit);
        for (const next of steps) {
          ledger.nowMs += next.passedMs;
          const before = ledger.set.seatsInUse;
          if (next.kind === 'arrive') ledger.arrive(next.flow, next.width);
          else if (next.kind === 'limit') ledger.limit(next.limit);
          else {
            const turn = nth(next.kind === 'finish' ? ledger.executing : ledger.waiting, next.pick);
            if (turn !== undefined) ledger[next.kind](turn);
          }
          ledger.agrees();
          // A limit that is lowered takes nothing back.
          expect(ledger.set.seatsInUse).toBeLessThanOrEqual(Math.max(ledger.set.limit, before));
        }
        // All that execute finish: then all that wait have been dispatched, unless there is no seat at all.
        if (ledger.set.limit === 0) ledger.limit(1);
        for (let turn = nth(ledger.executing, 0); turn !== undefined; turn = nth(ledger.executing, 0)) {
          ledger.nowMs += 1;
          ledger.finish(turn);
        }
        ledger.agrees();
        expect(ledger.waiting.size).toBe(0);
        expect(new Set(ledger.ended.values())).not.toContain('waiting');
      }),
      { numRuns: 300 },
    );
  });

  it('leave no seat free that the next one waiting could take', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const ledger = new Ledger(RULE, 6);
        for (const next of steps) {
          ledger.nowMs += next.passedMs;
          if (next.kind === 'arrive') ledger.arrive(next.flow, 1);
          else if (next.kind !== 'limit') {
            const turn = nth(next.kind === 'finish' ? ledger.executing : ledger.waiting, next.pick);
            if (turn !== undefined) ledger[next.kind](turn);
          }
          if (ledger.set.waiting > 0) expect(ledger.set.seatsInUse).toBe(6);
        }
      }),
    );
  });

  it('refuse only who would wait in a full queue, or who may not wait at all', () => {
    const ledger = new Ledger(RULE, 2);
    const turns = Array.from({ length: 2 + HAND_SIZE * 4 }, () => ledger.arrive(0, 1));
    expect(turns.map(({ state }) => state)).not.toContain('rejected');
    expect(ledger.arrive(0, 1).state).toBe('rejected');

    const strict = new QueueSet<number>({ kind: 'reject' }, 2, 0);
    expect([1, 2, 3].map((flow) => strict.arrive(flow, 1, [], 0).state)).toEqual([
      'executing',
      'executing',
      'rejected',
    ]);
    const exempt = new QueueSet<number>({ kind: 'exempt' }, 0, 0);
    expect([1, 2, 3].map((flow) => exempt.arrive(flow, 1, [], 0).state)).toEqual(Array(3).fill('executing'));
  });

  it('let nothing out of a level without seats, until it has some', () => {
    const ledger = new Ledger(RULE, 0);
    const jailed = ledger.arrive(0, 1);
    expect(jailed.state).toBe('waiting');
    ledger.limit(1);
    expect(jailed.state).toBe('executing');
  });

  it('let a flow of few requests pass one of hundreds', () => {
    const ledger = new Ledger({ ...RULE, queueLengthLimit: 50 }, 4);
    for (let i = 0; i < 100; i++) ledger.arrive(0, 1);
    ledger.nowMs = 50;
    const quiet = ledger.arrive(1, 1);
    expect(quiet.state).toBe('waiting');
    // A hundred came before; one for each queue of theirs may still go before it.
    let finished = 0;
    for (; quiet.state === 'waiting'; finished++) {
      ledger.nowMs += 10;
      const turn = nth(ledger.executing, 0);
      if (turn !== undefined) ledger.finish(turn);
    }
    expect(finished).toBeLessThanOrEqual(HAND_SIZE);
  });

  it('hold nothing against a flow that it used while nobody else wanted it', () => {
    const ledger = new Ledger({ ...RULE, queueLengthLimit: 50 }, 4);
    // For an hour one flow has three requests under way all the time, another a single one: there is enough for both.
    for (let i = 0; i < 3; i++) ledger.arrive(0, 1);
    ledger.arrive(1, 1);
    for (let minute = 0; minute < 60; minute++) {
      ledger.nowMs += 60_000;
      for (const turn of [...ledger.executing]) {
        ledger.finish(turn);
        ledger.arrive(turn.of, 1);
      }
    }
    // Then both want more than there is: the seats that become free go to both in turn.
    for (let i = 0; i < 8; i++) for (const flow of [0, 1]) ledger.arrive(flow, 1);
    const served = [0, 0];
    for (let finished = 0; finished < 8; finished++) {
      const waited = new Set(ledger.waiting);
      ledger.nowMs += 10;
      const turn = nth(ledger.executing, 0);
      if (turn !== undefined) ledger.finish(turn);
      for (const begun of waited) if (begun.state === 'executing') served[begun.of] = (served[begun.of] ?? 0) + 1;
    }
    expect(Math.min(...served)).toBeGreaterThanOrEqual(2);
  });

  it('do not let narrow requests keep a wide one waiting for ever', () => {
    const ledger = new Ledger(RULE, 4);
    for (let i = 0; i < 4; i++) ledger.arrive(0, 1);
    const wide = ledger.arrive(1, 4);
    let finished = 0;
    for (; wide.state === 'waiting' && finished < 50; finished++) {
      ledger.nowMs += 5;
      const turn = nth(ledger.executing, 0);
      if (turn !== undefined) ledger.finish(turn);
      ledger.arrive(2, 1);
    }
    expect(wide.state).toBe('executing');
    expect(finished).toBeLessThanOrEqual(12);
  });

  /** Flows that always have `depth` requests at the level; each takes a time of its own. Answers the seat-time that each got. */
  function shares(seed: number, tookMs: readonly number[], seats: number, endMs: number): number[] {
    const random = prng(seed);
    // A queue for each, so that what is compared is the queues and not luck in the deal.
    const set = new QueueSet<number>({ kind: 'queue', queues: 8, handSize: 1, queueLengthLimit: 100 }, seats, 0);
    const got = tookMs.map(() => 0);
    const ends: { turn: Turn<number>; atMs: number; sinceMs: number }[] = [];
    let nowMs = 0;
    const began = (turn: Turn<number>): void => {
      const jitter = 0.5 + random.float();
      ends.push({ turn, sinceMs: nowMs, atMs: nowMs + (tookMs[turn.of] ?? 1) * jitter });
    };
    const arrive = (flow: number): void => {
      const turn = set.arrive(flow, 1, [flow], nowMs);
      if (turn.state === 'executing') began(turn);
    };
    for (const flow of tookMs.keys()) for (let depth = 0; depth < 3 * seats; depth++) arrive(flow);
    while (nowMs < endMs) {
      ends.sort((a, b) => a.atMs - b.atMs);
      const next = ends.shift();
      if (next === undefined) break;
      nowMs = next.atMs;
      got[next.turn.of] = (got[next.turn.of] ?? 0) + nowMs - next.sinceMs;
      set.finish(next.turn, nowMs).forEach(began);
      arrive(next.turn.of);
    }
    return got;
  }

  it('give equal parts of the seats, in time, to flows that always want more, however long their requests take', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 2, max: 12 }),
        (seed, tookMs, seats) => {
          const got = shares(seed, tookMs, seats, 20_000);
          const fair = got.reduce((sum, one) => sum + one, 0) / got.length;
          for (const one of got) {
            expect(one).toBeGreaterThan(fair * 0.9);
            expect(one).toBeLessThan(fair * 1.1);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('starve no flow: what waits is begun after a bounded number of others, even where they take no time at all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (flows, seats) => {
          const ledger = new Ledger({ ...RULE, queueLengthLimit: 100 }, seats);
          for (const flow of flows) ledger.arrive(flow, 1);
          ledger.nowMs = 40;
          const waiting = ledger.arrive(5, 1);
          for (let finished = 0; waiting.state === 'waiting'; finished++) {
            expect(finished).toBeLessThan(20_000);
            const turn = nth(ledger.executing, 0);
            if (turn === undefined) break;
            ledger.finish(turn);
            ledger.arrive(turn.of, 1);
          }
          expect(waiting.state).toBe('executing');
        },
      ),
      { numRuns: 25 },
    );
  });
});
