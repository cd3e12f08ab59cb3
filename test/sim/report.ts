// What the command prints: a line for each run, and the totals and medians of all, as the bars of the design word them.
import { type Bar, barsOf, FULL_SIZE_RUNS, faultKinds, faultsOf, median } from './bars.ts';
import { isFaultKind, isTrial } from './outcomes.ts';
import type { Plan } from './plan.ts';
import type { RunResult } from './simulation.ts';

export const HEADER =
  'seed     trace             servers  acked  unknown  leaders  entries  faults  virtual s  leader ms  result';

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
  const columns = [
    values.reduce((sum, n) => sum + n, 0),
    values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    median(values),
    values.reduce((a, b) => Math.max(a, b), 0),
  ];
  return what.padEnd(34) + columns.map((n) => n.toFixed(digits).padStart(12)).join('');
}

const TOTALS_HEADER = `${'of a run'.padEnd(34)}${['all', 'least', 'median', 'most'].map((title) => title.padStart(12)).join('')}`;

function totals(results: readonly RunResult[]): readonly string[] {
  const row = (what: string, of: (result: RunResult) => number, digits?: number): string =>
    totalRow(what, results.map(of), digits);
  return [
    TOTALS_HEADER,
    row('operations acknowledged', (r) => r.acknowledged),
    row('operations of unknown outcome', (r) => r.unknown),
    row('leaders elected', (r) => r.leaders),
    row('faults', faultsOf),
    row('faults per simulated second', (r) => faultsOf(r) / r.virtualSeconds, 1),
    row('leader after healing, ms', (r) => r.leaderMs),
    row('simulated seconds', (r) => r.virtualSeconds, 1),
    row('events', (r) => r.steps),
  ];
}

/** Everything that was counted and is told by `chosen`, in all runs, by name. */
function counted(results: readonly RunResult[], chosen: (name: string) => boolean): readonly string[] {
  const sums = new Map<string, number>();
  for (const { faults } of results) {
    for (const [name, n] of faults) if (chosen(name)) sums.set(name, (sums.get(name) ?? 0) + n);
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => `  ${name.padEnd(36)} ${n}`);
}

function barsTable(bars: readonly Bar[], runs: number): readonly string[] {
  const lines = bars.map(({ bar, kind, what, asked, measured, met }) =>
    [String(bar).padEnd(3), kind, what.padEnd(40), asked.padEnd(10), measured.padEnd(28), met ? 'met' : 'missed'].join(
      '  ',
    ),
  );
  const note = `${runs} runs are fewer than the ${FULL_SIZE_RUNS} that the bars speak of: nothing is held to them`;
  return [
    `${'bar'.padEnd(11)}${'what'.padEnd(42)}${'asked'.padEnd(12)}${'measured'.padEnd(30)}`.trimEnd(),
    ...lines,
    ...(runs < FULL_SIZE_RUNS ? [note] : []),
  ];
}

/** Totals, medians and bars; `seconds` is the time that the runs took. What is told of one run is the same each time. */
export function summaryOf(results: readonly RunResult[], seconds: number): readonly string[] {
  const failures = results.filter((result) => result.failure !== undefined).length;
  const hours = results.reduce((sum, { virtualSeconds }) => sum + virtualSeconds, 0) / 3600;
  const isOutcome = (name: string): boolean => !isFaultKind(name) && !isTrial(name);
  const isMany = results.length > 1;
  return [
    '',
    ...totals(results),
    '',
    'faults',
    ...counted(results, isFaultKind),
    'trials',
    ...counted(results, isTrial),
    'what became of them',
    ...counted(results, isOutcome),
    '',
    ...(isMany ? [...barsTable(barsOf(results, seconds), results.length), ''] : []),
    `${results.length} seeds, ${failures} with a violation; ${faultKinds(results).size} kinds of faults; ${hours.toFixed(2)} simulated hours`,
    ...(isMany
      ? [`${seconds.toFixed(0)} s: ${((results.length * 60) / Math.max(seconds, 0.001)).toFixed(0)} seeds a minute`]
      : []),
  ];
}

/** A failed run: the end of its trace, what was broken, and how to see it again. */
export function failureOf(result: RunResult, { share }: Plan): readonly string[] {
  if (result.failure === undefined) return [];
  const part = share === 1 ? '' : ` --share ${share}`;
  return [
    '',
    ...result.failure.trace.map((traced) => `  ${traced}`),
    '',
    `seed ${result.seed}: ${result.failure.reason}`,
    `reproduce: npm run sim -- --seed ${result.seed}${part} --trace`,
    `shrink: npm run sim -- --shrink ${result.seed}${part}`,
  ];
}
