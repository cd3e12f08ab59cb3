// The metrics of priority and fairness, under the names that Kubernetes' dashboards and alerts know.
import { Counter, Gauge, Histogram, type Registry } from '../../lib/index.ts';
import type { FlowStats, FlowStatsTable } from './flow-stats.ts';
import type { Level } from './level.ts';

export interface FairnessMetrics {
  /** One request that had to wait, and got a seat or not. */
  waited(stats: FlowStats, seconds: number, executed: boolean): void;
}

const PREFIX = 'apiserver_flowcontrol_';
const FLOW = ['priority_level', 'flow_schema'] as const;
const SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

/** `levels` answers those of now. */
export function createFairnessMetrics(
  registry: Registry,
  table: FlowStatsTable,
  levels: () => Iterable<Level>,
): FairnessMetrics {
  const registers = [registry];
  countedFlows(registers, table);
  flowGauge(registers, table, 'current_inqueue_requests', 'Requests that wait for a seat.', ({ waiting }) => waiting);
  flowGauge(registers, table, 'current_inqueue_seats', 'Seats that they wait for.', ({ waitingSeats }) => waitingSeats);
  const executing = 'Requests that are being answered; a watch only until it has begun.';
  flowGauge(registers, table, 'current_executing_requests', executing, (row) => row.executing);
  flowGauge(registers, table, 'current_executing_seats', 'Seats that they hold.', (row) => row.executingSeats);
  for (const [name, help, value] of LEVEL_GAUGES) {
    new Gauge({
      name: `${PREFIX}${name}`,
      help,
      labelNames: ['priority_level'],
      registers,
      collect() {
        this.reset();
        for (const level of levels()) this.set({ priority_level: level.plan.name }, value(level));
      },
    });
  }
  const wait = new Histogram({
    name: `${PREFIX}request_wait_duration_seconds`,
    help: 'Time that requests waited for a seat which was not free at once.',
    labelNames: [...FLOW, 'execute'],
    buckets: SECONDS,
    registers,
  });
  return {
    waited: (stats, seconds, executed) => wait.observe({ ...labelsOf(stats), execute: String(executed) }, seconds),
  };
}

const LEVEL_GAUGES: readonly (readonly [name: string, help: string, value: (level: Level) => number])[] = [
  ['nominal_limit_seats', 'Seats that are the share of a priority level.', ({ plan }) => plan.nominal],
  ['lower_limit_seats', 'Seats that it never lends.', ({ plan }) => plan.least],
  ['upper_limit_seats', 'Seats that it may have with all that it borrows.', ({ plan }) => plan.most],
  ['current_limit_seats', 'Seats that it has now.', ({ queueSet }) => queueSet.limit],
  ['demand_seats_high_watermark', 'Most seats wanted in the last period.', ({ look }) => look.demand.highest],
  ['demand_seats_average', 'Seats wanted in the last period.', ({ look }) => look.demand.average],
  ['demand_seats_stdev', 'Their standard deviation over time.', ({ look }) => look.demand.deviation],
  ['demand_seats_smoothed', 'Seats that are planned with.', ({ look }) => look.smoothed],
];

function countedFlows(registers: Registry[], table: FlowStatsTable): void {
  new Counter({
    name: `${PREFIX}rejected_requests_total`,
    help: 'Requests that got no seat, by reason.',
    labelNames: [...FLOW, 'reason'],
    registers,
    collect() {
      this.reset();
      for (const row of table.rows())
        for (const [reason, count] of Object.entries(row.refused))
          if (count > 0) this.inc({ ...labelsOf(row), reason }, count);
    },
  });
  new Counter({
    name: `${PREFIX}dispatched_requests_total`,
    help: 'Requests that got a seat.',
    labelNames: FLOW,
    registers,
    collect() {
      this.reset();
      for (const row of table.rows()) if (row.dispatched > 0) this.inc(labelsOf(row), row.dispatched);
    },
  });
}

function flowGauge(
  registers: Registry[],
  table: FlowStatsTable,
  name: string,
  help: string,
  value: (row: FlowStats) => number,
): void {
  new Gauge({
    name: `${PREFIX}${name}`,
    help,
    labelNames: FLOW,
    registers,
    collect() {
      for (const row of table.rows()) this.set(labelsOf(row), value(row));
    },
  });
}

function labelsOf({ level, schema }: FlowStats): Record<(typeof FLOW)[number], string> {
  return { priority_level: level, flow_schema: schema };
}
