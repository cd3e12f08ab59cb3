import { describe, expect, it } from 'vitest';
import { TICK_MS } from '../../../raft/core/index.ts';
import { QUIET_LIMIT_TICKS } from '../../../raft/node/limits.ts';
import { Ticks } from '../../../raft/node/ticks.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** A core that counts its ticks, each `period`-th of which is due. */
function setUp(period: number) {
  const clock = manualClock();
  const core = { ticks: 0, tick: () => void core.ticks++, ticksUntilDue: () => period - (core.ticks % period) };
  let wakes = 0;
  const ticks = new Ticks(clock, core, () => {
    wakes += 1;
    ticks.pass();
    ticks.plan();
  });
  ticks.start();
  return { clock, core, ticks, wakes: () => wakes };
}

describe('the ticks of a core', () => {
  it('all pass, while only those that matter wake their thread', () => {
    const { clock, core, wakes } = setUp(5);
    clock.advance(100 * TICK_MS);
    expect(core.ticks).toBe(100);
    expect(wakes()).toBe(20);
  });

  it('are made up for when something happens before one is due', () => {
    const { clock, core, ticks, wakes } = setUp(5);
    clock.advance(3 * TICK_MS + 1);
    expect(core.ticks).toBe(0);
    ticks.pass();
    expect(core.ticks).toBe(3);
    expect(wakes()).toBe(0);
    clock.advance(2 * TICK_MS - 1);
    expect([core.ticks, wakes()]).toEqual([5, 1]);
  });

  it('come in time when an input has brought a due one nearer', () => {
    const { clock, core, ticks } = setUp(7);
    clock.advance(TICK_MS);
    core.ticksUntilDue = () => 1;
    ticks.pass();
    ticks.plan();
    clock.advance(TICK_MS);
    expect(core.ticks).toBe(2);
  });

  it('are few after a time in which the process stood still: its mail is read first', () => {
    const { clock, core, ticks } = setUp(1000);
    ticks.stop();
    ticks.start();
    const monotonic = clock.monotonic();
    clock.monotonic = () => monotonic + 60_000;
    ticks.pass();
    expect(core.ticks).toBe(QUIET_LIMIT_TICKS);
    ticks.pass();
    expect(core.ticks).toBe(QUIET_LIMIT_TICKS);
  });

  it('stand still after the end', () => {
    const { clock, core, ticks, wakes } = setUp(5);
    ticks.stop();
    clock.advance(100 * TICK_MS);
    ticks.pass();
    expect([core.ticks, wakes()]).toEqual([0, 0]);
  });
});
