// The report as a text table: one line for each system at each row, and the marks below.
import type { Mark, Report, Row, Side, Spread } from './types.ts';

/** The whole report. */
export function reportText(report: Report): string {
  return `${headText(report)}\n\n${rowsText(report.rows)}\n${marksText(report.marks)}`;
}

/** What was measured, where and how long: one line. */
export function headText({ machine, runs, seconds, commit }: Report): string {
  return `${machine.cores} cores (${machine.cpu}), Linux ${machine.kernel}, Node.js ${machine.node}, etcd ${machine.etcd ?? 'absent'}; medians of ${runs} runs of ${seconds} s, commit ${commit}`;
}

export const COLUMNS = [
  'row',
  'system',
  'figure',
  'spread',
  'p50 ms',
  'p99 ms',
  'slowest',
  'µs/op',
  'client',
  'bytes/op',
  'ratio',
];

function rowsText(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => row.sides.map((side) => lineOf(row, side)));
  return `${table([COLUMNS, ...lines])}${notesOf(rows)
    .map((note) => `${note}\n`)
    .join('')}`;
}

/** Why rows are void, and what else there is to say of them. */
export function notesOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ id, voidBecause, notes = [] }) =>
    [...(voidBecause === undefined ? [] : [`VOID: ${voidBecause}`]), ...notes].map((note) => `${id}: ${note}`),
  );
}

/** A system and what it was asked to do. */
export function sideName({ who, what }: Pick<Side, 'who' | 'what'>): string {
  return `${who} ${what}`.trim();
}

/** One system's line, under COLUMNS; quorate's has its ratios to all of etcd's. */
export function lineOf(row: Row, side: Side): string[] {
  const { value, p50Ms, p99Ms, maxMs, serverCpuMicros, clientCpuMicros, writtenBytes } = side;
  return [
    row.id,
    sideName(side),
    `${figure(value.median)} ${row.unit}`,
    `${figure(value.low)}–${figure(value.high)}`,
    optional(p50Ms),
    optional(p99Ms),
    // Of all runs: a median would hide it.
    maxMs === undefined ? '' : figure(maxMs.high),
    optional(serverCpuMicros),
    optional(clientCpuMicros),
    optional(writtenBytes),
    ratioText(row, side),
  ];
}

/** How many times each of the other system's figures quorate's is; nothing for the others themselves. */
export function ratioText(row: Row, side: Side): string {
  if (side.who !== 'quorate') return '';
  return row.sides
    .filter(({ who, value }) => who !== side.who && value.median > 0)
    .map((other) => `${(side.value.median / other.value.median).toFixed(2)} × ${other.what || other.who}`)
    .join(', ');
}

function marksText(marks: readonly Mark[]): string {
  const lines = marks.map(({ number, title, gate, goal, measured, gateHolds, goalHolds }) => [
    String(number),
    title,
    gate,
    verdict(gateHolds),
    goal,
    verdict(goalHolds),
    measured,
  ]);
  return table([['mark', 'what', 'gate', '', 'goal', '', 'measured'], ...lines]);
}

/** A gate or a goal in one word. */
export function verdict(holds: boolean | undefined): string {
  return holds === undefined ? '–' : holds ? 'holds' : 'MISSED';
}

function optional(spread: Spread | undefined): string {
  return spread === undefined ? '' : figure(spread.median);
}

/** Three digits or so: more would be noise. */
export function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
