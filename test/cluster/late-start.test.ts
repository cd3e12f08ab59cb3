// Workers wait for their servers, but not for ever.
import { describe, expect, it } from 'vitest';
import { lateStart } from '../../cluster/late-start.ts';
import { manualClock } from '../support/manual-clock.ts';

function waiting(breaks = false) {
  const clock = manualClock();
  const begun: number[] = [];
  const failures: unknown[] = [];
  const late = lateStart(clock, 5_000, {
    begin() {
      begun.push(clock.monotonic());
      if (breaks) throw new Error('no room');
    },
    failed: (error) => failures.push(error),
  });
  return { clock, begun, failures, late, from: clock.monotonic() };
}

describe('a late start', () => {
  it('happens once, when it is told to', () => {
    const { clock, begun, late, from } = waiting();
    clock.advance(1_000);
    late.now();
    late.now();
    clock.advance(10_000);
    expect(begun).toEqual([from + 1_000]);
  });

  it('happens by itself when the time is up', () => {
    const { clock, begun, late, from } = waiting();
    clock.advance(4_999);
    expect(begun).toEqual([]);
    clock.advance(1);
    expect(begun).toEqual([from + 5_000]);
    late.now();
  });

  it('does not happen when it was called off, and leaves no timer behind', () => {
    const { clock, begun, late } = waiting();
    late.callOff();
    late.now();
    clock.advance(10_000);
    expect(begun).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('that fails tells whoever told it to begin, or, by itself, the one who made it', () => {
    const told = waiting(true);
    expect(() => told.late.now()).toThrow('no room');
    expect(told.failures).toEqual([]);
    const alone = waiting(true);
    alone.clock.advance(5_000);
    expect(alone.failures).toEqual([new Error('no room')]);
  });
});
