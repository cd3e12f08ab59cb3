// Workers wait for their servers, but not for ever.
import { describe, expect, it } from 'vitest';
import { lateStart } from '../../cluster/late-start.ts';
import { manualClock } from '../support/manual-clock.ts';

function waiting() {
  const clock = manualClock();
  const begun: number[] = [];
  const late = lateStart(clock, 5_000, () => begun.push(clock.monotonic()));
  return { clock, begun, late, from: clock.monotonic() };
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
});
