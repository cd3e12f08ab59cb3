// How late a thread's event loop runs what is due: measured within the Raft thread, window by window, and shown as a metric. It
// is what heartbeats and elections wait for, whatever the main thread and the machine do.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { type Clock, every, Gauge, type Registry } from '../../src/lib/index.ts';
import { LOOP_DELAY_WINDOW_MS } from './limits.ts';

/** One window. Delays in ms, beyond the resolution with which they are sampled. */
export interface LoopDelay {
  readonly samples: number;
  readonly quantiles: readonly (readonly [quantile: number, delayMs: number])[];
}

/** 1 is the longest delay. */
const QUANTILES = [0.5, 0.99, 0.999, 1] as const;

/** Watches the event loop of the calling thread, and reports each window when it is over. */
export function watchLoopDelay(
  clock: Clock,
  resolutionMs: number,
  report: (window: LoopDelay) => void,
): { stop(): void } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const reporter = every(clock, LOOP_DELAY_WINDOW_MS, () => {
    report(windowOf(histogram, resolutionMs));
    histogram.reset();
  });
  return {
    stop() {
      reporter.cancel();
      histogram.disable();
    },
  };
}

/** A sample is the time between two rounds of a timer of that resolution: what is beyond it is the delay. */
function windowOf(histogram: IntervalHistogram, resolutionMs: number): LoopDelay {
  const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  return {
    samples: histogram.count,
    quantiles: QUANTILES.map((quantile) => [
      quantile,
      delayMs(quantile === 1 ? histogram.max : histogram.percentile(100 * quantile)),
    ]),
  };
}

/** The last window as metrics. */
export function loopDelayMetric(registry: Registry): (window: LoopDelay) => void {
  const delay = new Gauge({
    name: 'quorate_raft_loop_delay_seconds',
    help: `How late the Raft thread's event loop was in the last ${LOOP_DELAY_WINDOW_MS / 1000} s; quantile 1 is the longest that was met.`,
    labelNames: ['quantile'],
    registers: [registry],
  });
  const windows = new Gauge({
    name: 'quorate_raft_loop_delay_windows',
    help: 'Windows of the delay that have been measured since the start.',
    registers: [registry],
  });
  return ({ quantiles }) => {
    for (const [quantile, delayMs] of quantiles) delay.set({ quantile: String(quantile) }, delayMs / 1000);
    windows.inc();
  };
}
