// Turns: who commits what many commit at once, one after another.
import { describe, expect, it } from 'vitest';
import { TURNS_IN_A_ROW } from '../../src/apiserver/limits.ts';
import { Turns } from '../../src/apiserver/storage/turns.ts';
import { Cancellation } from '../../src/lib/index.ts';

const patient = new Cancellation();

describe('turns', () => {
  it('come in the order in which they were asked for, one at a time', async () => {
    const turns = new Turns();
    const first = await turns.take('q', patient);
    const order: number[] = [];
    const others = [1, 2, 3].map(async (at) => {
      const turn = await turns.take('q', patient);
      order.push(at);
      expect(turn.waited).toBe(true);
      turn.end();
    });
    await Promise.resolve();
    expect([first.waited, order]).toEqual([false, []]);
    first.end();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
    const again = await turns.take('q', patient);
    expect(again.waited).toBe(false);
    again.end();
  });

  it('of different names have nothing to do with each other', async () => {
    const turns = new Turns();
    const one = await turns.take('a', patient);
    const other = await turns.take('b', patient);
    expect(other.waited).toBe(false);
    one.end();
    other.end();
  });

  it('are given up when the request is, and come to the next', async () => {
    const turns = new Turns();
    const first = await turns.take('q', patient);
    const hasty = new Cancellation();
    const given = turns.take('q', hasty);
    const last = turns.take('q', patient);
    hasty.abort();
    await expect(given).rejects.toThrow('did not come in time');
    first.end();
    (await last).end();
  });

  it('give way after some in a row, and begin anew after a pause', async () => {
    const turns = new Turns();
    const gave: boolean[] = [];
    const takers = Array.from({ length: TURNS_IN_A_ROW + 1 }, async () => {
      const turn = await turns.take('q', patient);
      gave.push(turn.givesWay);
      turn.end();
    });
    await Promise.all(takers);
    expect(gave.indexOf(true)).toBe(TURNS_IN_A_ROW - 1);
    expect(gave.filter((each) => each)).toHaveLength(1);
    expect((await turns.take('q', patient)).givesWay).toBe(false);
  });
});
