// How late the Raft thread is: what was seen of a loop that is held up, and what the metric says of it.
import { describe, expect, it } from 'vitest';
import { LOOP_DELAY_WINDOW_MS } from '../../../raft/adapters/limits.ts';
import { type LoopDelay, loopDelayMetric, watchLoopDelay } from '../../../raft/adapters/loop-delay.ts';
import { createRegistry } from '../../../src/lib/index.ts';
import { manualClock } from '../../support/manual-clock.ts';

describe('the delay of an event loop', () => {
  it('is as long as the loop was held up', async () => {
    const clock = manualClock();
    const windows: LoopDelay[] = [];
    const watching = watchLoopDelay(clock, 1, (window) => windows.push(window));
    await turns(10);
    holdUp(80);
    await turns(10);
    clock.advance(LOOP_DELAY_WINDOW_MS);
    watching.stop();
    clock.advance(LOOP_DELAY_WINDOW_MS);
    expect(windows).toHaveLength(1);
    const [[quantile, delayMs] = []] = windows.flatMap(({ quantiles }) => quantiles.slice(-1));
    expect(quantile).toBe(1);
    expect(delayMs).toBeGreaterThan(60);
  });

  it('is told as quantiles of the last window, in seconds', async () => {
    const registry = createRegistry('server');
    const tell = loopDelayMetric(registry);
    tell({ samples: 10, quantiles: [[0.999, 50]] });
    tell({ samples: 10, quantiles: [[0.999, 4]] });
    const text = await registry.metrics();
    expect(text).toContain('quorate_raft_loop_delay_seconds{quantile="0.999",component="server"} 0.004');
    expect(text).toContain('quorate_raft_loop_delay_windows{component="server"} 2');
  });
});

/** The loop goes round, and its timers with it, until each millisecond has had its chance. */
async function turns(milliseconds: number): Promise<void> {
  const until = process.hrtime.bigint() + BigInt(milliseconds) * 1_000_000n;
  while (process.hrtime.bigint() < until) await new Promise((resolve) => setImmediate(resolve));
}

function holdUp(milliseconds: number): void {
  const until = process.hrtime.bigint() + BigInt(milliseconds) * 1_000_000n;
  while (process.hrtime.bigint() < until);
}
