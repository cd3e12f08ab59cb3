// What the scheduler counts, under upstream's names.
import { Counter, Gauge, Histogram, type Registry } from '../lib/index.ts';
import type { SchedulingQueue } from './queue.ts';

export interface SchedulerMetrics {
  attempted(result: 'scheduled' | 'unschedulable' | 'error', tookMs: number): void;
  /** The queue whose lengths are shown from now on. */
  observe(queue: SchedulingQueue): void;
}

export function createMetrics(registry: Registry | undefined): SchedulerMetrics {
  if (registry === undefined) return { attempted() {}, observe() {} };
  let queue: SchedulingQueue | undefined;
  const attempts = new Counter({
    name: 'scheduler_schedule_attempts_total',
    help: 'Decisions about pods, by result.',
    labelNames: ['result'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'scheduler_scheduling_attempt_duration_seconds',
    help: 'From taking a pod to its binding, or to the finding that no node can take it.',
    labelNames: ['result'],
    buckets: [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 4.096, 16.384],
    registers: [registry],
  });
  const pending = new Gauge({
    name: 'scheduler_pending_pods',
    help: 'Pods that wait, by the part of the queue they are in.',
    labelNames: ['queue'],
    registers: [registry],
    collect: () => {
      for (const [name, length] of Object.entries(queue?.lengths ?? {})) pending.set({ queue: name }, length);
    },
  });
  return {
    attempted(result, tookMs) {
      attempts.inc({ result });
      durations.observe({ result }, tookMs / 1000);
    },
    observe(observed) {
      queue = observed;
    },
  };
}
