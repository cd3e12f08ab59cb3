// `npm run sim -- --corrupt N`: damages N files, one after another, and prints what became of which.
import { systemClock } from '../../../src/lib/index.ts';
import { runAll, type Work } from '../workers.ts';
import { CASES, type Case, type CorruptionResult, corrupt, type Outcome } from './experiment.ts';

export const CORRUPTION: Work<CorruptionResult> = { name: 'corrupt', run: (seed) => corrupt(seed) };

const OUTCOMES: readonly Outcome[] = [
  'no harm',
  'log repaired',
  'state rebuilt',
  'both repaired',
  'asked to be replaced',
  'halted',
];

export interface CorruptionOptions {
  readonly cases: number;
  readonly base: number;
  readonly jobs: number;
}

/** Returns the exit code: 0 when every promise was kept. */
export async function runCorruption(
  { cases, base, jobs }: CorruptionOptions,
  write: (text: string) => void,
): Promise<number> {
  const clock = systemClock();
  const began = clock.monotonic();
  const seeds = Array.from({ length: Math.ceil(cases / CASES) }, (_, i) => base + i);
  const results: CorruptionResult[] = [];
  await runAll(CORRUPTION, seeds, Math.min(jobs, seeds.length), (result) => {
    results.push(result);
    if (result.failure !== undefined) {
      for (const line of result.failure.trace) write(line);
      write(`\nVIOLATION in world ${result.seed}: ${result.failure.reason}`);
      write(`again: npm run sim -- --corrupt ${CASES} --base ${result.seed}\n`);
    }
    return true;
  });
  for (const line of corruptionTable(results.flatMap((result) => result.cases))) write(line);
  const broken = results.filter(({ failure }) => failure !== undefined).length;
  const done = results.reduce((sum, result) => sum + result.cases.length, 0);
  const acknowledged = results.reduce((sum, result) => sum + result.acknowledged, 0);
  const virtual = results.reduce((sum, result) => sum + result.virtualSeconds, 0);
  const seconds = (clock.monotonic() - began) / 1000;
  write(
    `\n${done} corruptions in ${results.length} worlds, ${acknowledged} operations acknowledged, ` +
      `${virtual.toFixed(0)} simulated seconds in ${seconds.toFixed(0)}; ${broken} violations`,
  );
  return broken === 0 && done >= cases ? 0 : 1;
}

/** One line for each file and damage, with how often it ended in which way, and the slowest. */
export function corruptionTable(cases: readonly Case[]): readonly string[] {
  const rows = new Map<string, Case[]>();
  for (const one of cases) {
    const row = `${one.file.padEnd(38)}${one.damage.padEnd(16)}`;
    rows.set(row, [...(rows.get(row) ?? []), one]);
  }
  const title = `${'file'.padEnd(38)}${'damage'.padEnd(16)}${OUTCOMES.map((outcome) => outcome.padStart(22)).join('')}   slowest`;
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([row, of]) => row + figuresOf(of));
  return [title, ...lines, `${'all'.padEnd(54)}${figuresOf(cases)}`];
}

function figuresOf(cases: readonly Case[]): string {
  const counts = OUTCOMES.map((outcome) => cases.filter((one) => one.outcome === outcome).length);
  const slowest = cases.reduce((most, { ms }) => Math.max(most, ms), 0);
  return `${counts.map((n) => String(n === 0 ? '' : n).padStart(22)).join('')}${`${(slowest / 1000).toFixed(1)} s`.padStart(10)}`;
}
