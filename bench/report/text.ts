// The report as a text table: one line for each system at each row, and the marks below.
import type { Mark, Report, Row, Side, Spread } from './types.ts';

/** The whole report. */
export function reportText(report: Report): string {
  const { machine, runs, seconds } = report;
  const head = `${machine.cores} cores (${machine.cpu}), Linux ${machine.kernel}, Node.js ${machine.node}, etcd ${machine.etcd ?? 'absent'}; medians of ${runs} runs of ${seconds} s, commit ${report.commit}`;
  return `${head}\n\n${rowsText(report.rows)}\n${marksText(report.marks)}`;
}

const COLUMNS = ['row', 'system', 'figure', 'spread', 'p50 ms', 'p99 ms', 'µs/op', 'client', 'bytes/op', 'ratio'];

function rowsText(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => row.sides.map((side) => lineOf(row, side)));
  const notes = rows.flatMap(({ id, voidBecause, notes = [] }) =>
    [...(voidBecause === undefined ? [] : [`VOID: ${voidBecause}`]), ...notes].map((note) => `${id}: ${note}`),
  );
  return `${table([COLUMNS, ...lines])}${notes.map((note) => `${note}\n`).join('')}`;
}

/** One system's line; the ratio is to the first of the other system's. */
export function lineOf(row: Row, side: Side): string[] {
  const { value, p50Ms, p99Ms, serverCpuMicros, clientCpuMicros, writtenBytes } = side;
  return [
    row.id,
    `${side.who} ${side.what}`.trim(),
    `${figure(value.median)} ${row.unit}`,
    `${figure(value.low)}–${figure(value.high)}`,
    optional(p50Ms),
    optional(p99Ms),
    optional(serverCpuMicros),
    optional(clientCpuMicros),
    optional(writtenBytes),
    side.who === 'quorate' ? ratioText(row, side) : '',
  ];
}

function ratioText(row: Row, side: Side): string {
  return row.sides
    .filter(({ who }) => who !== side.who)
    .map((other) => `${(side.value.median / other.value.median).toFixed(2)} × ${other.what}`)
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

function verdict(holds: boolean | undefined): string {
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

function table(rows: readonly (readonly string[])[]): string {
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
