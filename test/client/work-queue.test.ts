// The work queue against a naive model, and its times under a manual clock.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorkQueue } from '../../src/client/index.ts';
import { prng } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

/** What client-go's queue promises, said with arrays. */
function model() {
  const waiting: string[] = [];
  const inHand: string[] = [];
  const again: string[] = [];
  return {
    waiting,
    inHand,
    add(key: string): void {
      if (waiting.includes(key) || again.includes(key)) return;
      (inHand.includes(key) ? again : waiting).push(key);
    },
    take(): string | undefined {
      const key = waiting.shift();
      if (key !== undefined) inHand.push(key);
      return key;
    },
    done(key: string): void {
      inHand.splice(inHand.indexOf(key), 1);
      const at = again.indexOf(key);
      if (at >= 0) waiting.push(...again.splice(at, 1));
    },
  };
}

describe('a work queue', () => {
  it('hands out keys as the model does, whatever is added, taken and finished in between', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd').map((key) => ({ kind: 'add' as const, key })) },
      { weight: 3, arbitrary: fc.constant({ kind: 'take' as const }) },
      { weight: 2, arbitrary: fc.nat(3).map((at) => ({ kind: 'done' as const, at })) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = createWorkQueue({ clock: manualClock() });
        const naive = model();
        for (const one of steps) {
          if (one.kind === 'add') {
            queue.add(one.key);
            naive.add(one.key);
          } else if (one.kind === 'take' && naive.waiting.length > 0) {
            expect(await queue.next()).toBe(naive.take());
          } else if (one.kind === 'done') {
            const key = naive.inHand[one.at % Math.max(1, naive.inHand.length)];
            if (key === undefined) continue;
            queue.done(key);
            naive.done(key);
          }
          expect(queue.length).toBe(naive.waiting.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('wakes one waiting worker per key', async () => {
    const queue = createWorkQueue({ clock: manualClock() });
    const first = queue.next();
    const second = queue.next();
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
  });

  it('backs off each failing key on its own, up to a limit, and forgets', async () => {
    const clock = manualClock();
    const queue = createWorkQueue({ clock, backoffMinMs: 10, backoffMaxMs: 40 });
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      queue.addRateLimited('a');
      let waited = 0;
      for (; queue.length === 0; waited += 10) clock.advance(10);
      waits.push(waited);
      queue.done((await queue.next()) ?? '');
    }
    expect(waits).toEqual([10, 20, 40, 40]);
    queue.forget('a');
    queue.addRateLimited('a');
    clock.advance(10);
    expect(queue.length).toBe(1);
  });

  it('keeps the earlier of two delays', () => {
    const clock = manualClock();
    const queue = createWorkQueue({ clock, random: prng(1) });
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 100);
    queue.addAfter('a', 5_000);
    clock.advance(100);
    expect(queue.length).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('ends its workers when it is shut down, after what waits was handed out, and takes nothing more', async () => {
    const clock = manualClock();
    const queue = createWorkQueue({ clock });
    queue.add('a');
    queue.addAfter('later', 10);
    queue.shutDown();
    queue.add('b');
    expect(await queue.next()).toBe('a');
    expect(await queue.next()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});
