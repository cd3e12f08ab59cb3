// A server that stops: its controllers may finish what they have begun, but not wait for peers that have gone.
import { describe, expect, test } from 'vitest';
import { endLoops } from '../../src/cli/components/serving.ts';
import { manualClock } from '../support/manual-clock.ts';

describe('the loops of a server that stops', () => {
  test('are not waited for longer than they need', async () => {
    const clock = manualClock();
    const order: string[] = [];
    const loops = Promise.resolve().then(() => order.push('loops'));
    await endLoops(clock, loops, async () => order.push('connections'));
    expect(order).toEqual(['loops', 'connections']);
    expect(clock.pending).toBe(0);
  });

  test('lose their connections after five seconds, and end with them', async () => {
    const clock = manualClock();
    let closed = false;
    let giveUp = (): void => undefined;
    const unanswered = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    const ended = endLoops(clock, unanswered, async () => {
      closed = true;
      giveUp();
    });
    clock.advance(4_999);
    await Promise.resolve();
    expect(closed).toBe(false);
    clock.advance(1);
    await ended;
    expect(closed).toBe(true);
  });

  test('are heard when they fail, after their connections are closed', async () => {
    let closed = false;
    const failing = Promise.reject(new Error('no controllers'));
    const ended = endLoops(manualClock(), failing, async () => {
      closed = true;
    });
    await expect(ended).rejects.toThrow('no controllers');
    expect(closed).toBe(true);
  });
});
