// What the command prints: a line for each run, and the totals and medians of all, as the bars of the design word them.
import type { RunResult } from './simulation.ts';

export const HEADER =
  'seed     trace             servers  acked  unknown  leaders  entries  faults  virtual s  leader ms  result';

/** Counted beside the faults, and none themselves: what became of one. */
const OUTCOMES: ReadonlySet<string> = new Set([
  'damage refused',
  'log compacted',
  'snapshot installed',
  'log followed a snapshot',
]);

function faultsOf(result: RunResult): number {
  return [...result.faults].reduce((sum, [kind, n]) => (OUTCOMES.has(kind) ? sum : sum + n), 0);
}

export function lineOf(result: RunResult): string {
  return [
    String(result.seed).padEnd(7),
    result.digest,
    String(result.members).padStart(7),
    String(result.acknowledged).padStart(5),
    String(result.unknown).padStart(7),
    String(result.leaders).padStart(7),
    String(result.entries).padStart(7),
    String(faultsOf(result)).padStart(6),
    result.virtualSeconds.toFixed(1).padStart(9),
    result.leaderMs.toFixed(0).padStart(9),
    result.failure === undefined ? 'ok' : 'VIOLATION',
  ].join('  ');
}

function totalRow(what: string, values: readonly number[], digits = 0): string {
  const sorted = values.toSorted((a, b) => a - b);
  const columns = [
    values.reduce((sum, n) => sum + n, 0),
    sorted[0] ?? 0,
    sorted[Math.floor(sorted.length / 2)] ?? 0,
    sorted.at(-1) ?? 0,
  ];
  return what.padEnd(34) + columns.map((n) => n.toFixed(digits).padStart(12)).join('');
}

function pace(runs: number, seconds: number): string {
  return `${seconds.toFixed(0)} s on one core: ${((runs * 600) / Math.max(seconds, 0.001)).toFixed(0)} seeds in ten minutes`;
}

const TOTALS_HEADER = `${'of a run'.padEnd(34)}${['all', 'least', 'median', 'most'].map((title) => title.padStart(12)).join('')}`;

/** Totals and medians; `seconds` is the time that the runs took here. What is told of one run is the same each time. */
export function summaryOf(results: readonly RunResult[], seconds: number): readonly string[] {
  const faults = new Map<string, number>();
  for (const result of results) {
    for (const [kind, n] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + n);
  }
  const failures = results.filter((result) => result.failure !== undefined).length;
  const each = (of: (result: RunResult) => number): readonly number[] => results.map(of);
  const kinds = [...faults.keys()].filter((kind) => !OUTCOMES.has(kind)).length;
  const virtual = each((r) => r.virtualSeconds).reduce((sum, n) => sum + n, 0);
  return [
    '',
    TOTALS_HEADER,
    totalRow(
      'operations acknowledged',
      each((r) => r.acknowledged),
    ),
    totalRow(
      'operations of unknown outcome',
      each((r) => r.unknown),
    ),
    totalRow(
      'leaders elected',
      each((r) => r.leaders),
    ),
    totalRow('faults', each(faultsOf)),
    totalRow(
      'faults per simulated second',
      each((r) => faultsOf(r) / r.virtualSeconds),
      1,
    ),
    totalRow(
      'leader after healing, ms',
      each((r) => r.leaderMs),
    ),
    totalRow(
      'simulated seconds',
      each((r) => r.virtualSeconds),
      1,
    ),
    totalRow(
      'events',
      each((r) => r.steps),
    ),
    '',
    ...[...faults].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, n]) => `  ${kind.padEnd(36)} ${n}`),
    '',
    `${results.length} seeds, ${failures} with a violation; ${kinds} kinds of faults; ${(virtual / 3600).toFixed(2)} simulated hours`,
    ...(results.length > 1 ? [pace(results.length, seconds)] : []),
  ];
}

/** A failed run: the end of its trace, what was broken, and how to see it again. */
export function failureOf(result: RunResult): readonly string[] {
  if (result.failure === undefined) return [];
  return [
    '',
    ...result.failure.trace.map((traced) => `  ${traced}`),
    '',
    `seed ${result.seed}: ${result.failure.reason}`,
    `reproduce: npm run sim -- --seed ${result.seed} --trace`,
    `shrink: npm run sim -- --shrink ${result.seed}`,
  ];
}
