// The bars of the design that many runs together must reach (raft-and-storage.md, 1 and 4), as a table: asked, measured,
// met or missed. Fewer runs than the bars speak of are measured too; only those of full size are held to them.
import { CORE_LIMITS, TICK_MS } from '../../raft/core/index.ts';
import { isFaultKind } from './outcomes.ts';
import type { RunResult } from './simulation.ts';

/** So many runs are of full size. */
export const FULL_SIZE_RUNS = 500;
const GATE_SECONDS = 600;
const GOAL_RUNS = 2_000;
const GOAL_HOURS = 50;
const OF_EACH_KIND = 1_000;
const KINDS = 25;
const ACKNOWLEDGED = 200;
/** The shortest election timeout. */
const ELECTION_TIMEOUT_MS = CORE_LIMITS.electionTimeoutMinTicks * TICK_MS;

export interface Bar {
  readonly bar: 1 | 4;
  readonly kind: 'gate' | 'goal';
  readonly what: string;
  readonly asked: string;
  readonly measured: string;
  readonly met: boolean;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** How often each kind of fault was seen in all runs. */
export function faultKinds(results: readonly RunResult[]): ReadonlyMap<string, number> {
  const kinds = new Map<string, number>();
  for (const { faults } of results) {
    for (const [kind, n] of faults) if (isFaultKind(kind)) kinds.set(kind, (kinds.get(kind) ?? 0) + n);
  }
  return kinds;
}

export function faultsOf(result: RunResult): number {
  return [...result.faults].reduce((sum, [kind, n]) => (isFaultKind(kind) ? sum + n : sum), 0);
}

/** `seconds` is the time that the runs took. */
export function barsOf(results: readonly RunResult[], seconds: number): readonly Bar[] {
  const each = (of: (result: RunResult) => number): readonly number[] => results.map(of);
  const kinds = faultKinds(results);
  const [rarest = 'none', rarestCount = 0] = [...kinds].sort(([, a], [, b]) => a - b)[0] ?? [];
  const pace = (results.length * GATE_SECONDS) / Math.max(seconds, 0.001);
  const hours = each((r) => r.virtualSeconds).reduce((sum, n) => sum + n, 0) / 3600;
  const hoursInTime = (hours * GATE_SECONDS) / Math.max(seconds, 0.001);
  const acknowledged = least(each((r) => r.acknowledged));
  const changes = least(each((r) => r.leaders)) - 1;
  const violations = results.filter(({ failure }) => failure !== undefined).length;
  const rate = least(each((r) => faultsOf(r) / r.virtualSeconds));
  const leaderMs = each((r) => r.leaderMs);
  const gate = (bar: Bar['bar'], what: string, asked: string, measured: string, met: boolean): Bar => ({
    bar,
    kind: 'gate',
    what,
    asked,
    measured,
    met,
  });
  const goal = (what: string, asked: string, measured: string, met: boolean): Bar => ({
    ...gate(1, what, asked, measured, met),
    kind: 'goal',
  });
  const within = (limit: number, value: number): readonly [string, string, boolean] => [
    `≤ ${limit} ms`,
    `${value.toFixed(0)} ms`,
    value <= limit,
  ];
  return [
    gate(1, 'runs in ten minutes', `≥ ${FULL_SIZE_RUNS}`, pace.toFixed(0), pace >= FULL_SIZE_RUNS),
    goal('runs in ten minutes', `≥ ${GOAL_RUNS}`, pace.toFixed(0), pace >= GOAL_RUNS),
    goal('cluster-hours in ten minutes', `≥ ${GOAL_HOURS}`, hoursInTime.toFixed(1), hoursInTime >= GOAL_HOURS),
    gate(1, 'violations', '0', String(violations), violations === 0),
    gate(1, 'acknowledged, in each run', `≥ ${ACKNOWLEDGED}`, String(acknowledged), acknowledged >= ACKNOWLEDGED),
    gate(1, 'leader changes, in each run', '≥ 1', String(changes), changes >= 1),
    gate(
      1,
      'each kind of fault, in all',
      `≥ ${OF_EACH_KIND}`,
      `${rarestCount} (${rarest})`,
      rarestCount >= OF_EACH_KIND,
    ),
    gate(4, 'kinds of faults', `≥ ${KINDS}`, String(kinds.size), kinds.size >= KINDS),
    gate(4, 'faults a simulated second, in each run', '≥ 1', rate.toFixed(1), rate >= 1),
    gate(4, 'leader after healing, median', ...within(2 * ELECTION_TIMEOUT_MS, median(leaderMs))),
    gate(4, 'leader after healing, most', ...within(10 * ELECTION_TIMEOUT_MS, most(leaderMs))),
    gate(4, 'runs that converged', String(results.length), String(results.length - violations), violations === 0),
  ];
}

/** Whether the runs are held to the gates, and one of them is missed. */
export function missesGate(results: readonly RunResult[], bars: readonly Bar[]): boolean {
  return results.length >= FULL_SIZE_RUNS && bars.some(({ kind, met }) => kind === 'gate' && !met);
}
