// What the Raft threads did while the main threads were given the worst: for people, and as lines of the table of bars.
import { type Requirement, requirementsTable } from '../bars/requirement.ts';
import type { LoadMainResult } from './load-main.ts';

const LIMIT_MS = 20;
const LASTS_ASKED_MS = 60_000;
const SHOWN_MAX = 5;

/** Bar 13. */
export function requirementsOfLoad(result: LoadMainResult, lastsMs: number): readonly Requirement[] {
  const worst = Math.max(...result.windows.map(({ p999Ms }) => p999Ms));
  const elections = result.termAfter - result.termBefore;
  const gate = {
    bar: 13,
    level: 'gate',
    runs: Math.round(lastsMs / 1000),
    runsAsked: LASTS_ASKED_MS / 1000,
  } as const;
  return [
    {
      ...gate,
      what: "Raft threads' delay, p99.9 of the worst window of 10 s",
      asked: `≤ ${LIMIT_MS} ms`,
      measured: result.windows.length === 0 ? 'no window' : `${worst.toFixed(1)} ms`,
      holds: result.windows.length > 0 && worst <= LIMIT_MS,
    },
    {
      ...gate,
      what: 'elections meanwhile',
      asked: '0',
      measured: String(elections),
      holds: elections === 0,
    },
    {
      ...gate,
      what: 'answers that nobody may give',
      asked: '0',
      measured: String(result.wrong.length),
      holds: result.wrong.length === 0,
    },
  ];
}

export function loadReport(result: LoadMainResult, requirements: readonly Requirement[]): string {
  const ms = (value: number): string => `${value.toFixed(1).padStart(8)} ms`;
  return [
    '',
    'what the main threads were given; the longest time to an answer',
    ...result.burdens.map(
      ({ name, sent, longestMs }) => `  ${name.padEnd(44)} ×${String(sent).padEnd(5)} ${ms(longestMs)}`,
    ),
    '',
    "the Raft threads' delay per window of 10 s: p99, p99.9, longest",
    ...result.windows.map(
      ({ server, p99Ms, p999Ms, maxMs }) => `  ${server.padEnd(12)} ${ms(p99Ms)} ${ms(p999Ms)} ${ms(maxMs)}`,
    ),
    ...(result.wrong.length === 0 ? [] : ['answers that nobody may give:', ...result.wrong.slice(0, SHOWN_MAX)]),
    '',
    ...requirementsTable(requirements),
    '',
  ].join('\n');
}
