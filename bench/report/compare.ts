// Two reports, row by row: what changed, and whether the change is more than the runs of one report differ among
// themselves. Figures of different machines are shown beside each other, but say little: that is said first.
import { figure, sideName, table } from './text.ts';
import type { Machine, Report, Row, Side, Spread } from './types.ts';

const COLUMNS = ['row', 'system', 'before', 'after', 'change', ''];

/** One system at one row. */
interface Place {
  readonly row: Row;
  readonly side: Side;
}

export function compareReports(before: Report, after: Report): string {
  const then = placesOf(before);
  const now = placesOf(after);
  const lines = [...now].flatMap(([id, place]) => {
    const former = then.get(id);
    return former === undefined ? [] : [lineOf(former, place)];
  });
  const missing = [
    ...[...then].filter(([id]) => !now.has(id)).map(([, place]) => `only before: ${nameOf(place)}`),
    ...[...now].filter(([id]) => !then.has(id)).map(([, place]) => `only after: ${nameOf(place)}`),
  ];
  const head = [
    `before: commit ${before.commit}, ${before.startedAt}, ${before.runs} runs of ${before.seconds} s`,
    `after:  commit ${after.commit}, ${after.startedAt}, ${after.runs} runs of ${after.seconds} s`,
    ...machineNotes(before.machine, after.machine),
  ];
  const rows = lines.length === 0 ? ['no row is in both reports'] : [table([COLUMNS, ...lines]).trimEnd()];
  return [...head, '', ...rows, ...missing].map((line) => `${line}\n`).join('');
}

function placesOf(report: Report): ReadonlyMap<string, Place> {
  const places = report.rows.flatMap((row) => row.sides.map((side): Place => ({ row, side })));
  return new Map(places.map((place) => [JSON.stringify([place.row.id, place.side.who, place.side.what]), place]));
}

function nameOf({ row, side }: Place): string {
  return `${row.id} ${sideName(side)}`;
}

function lineOf(before: Place, after: Place): string[] {
  return [
    after.row.id,
    sideName(after.side),
    `${figure(before.side.value.median)} ${before.row.unit}`,
    `${figure(after.side.value.median)} ${after.row.unit}`,
    ...judged(before, after),
  ];
}

/** The change in percent, and what to think of it. */
function judged(before: Place, after: Place): [change: string, verdict: string] {
  const voids = [
    ...(before.row.voidBecause === undefined ? [] : ['void before']),
    ...(after.row.voidBecause === undefined ? [] : ['void after']),
  ];
  if (before.row.unit !== after.row.unit) return ['', ['other unit', ...voids].join(', ')];
  const [from, to] = [before.side.value, after.side.value];
  const verdict = overlap(from, to) ? 'within the spread' : isBetter(after.row, from, to) ? 'better' : 'WORSE';
  return [percent(from.median, to.median), [verdict, ...voids].join(', ')];
}

/** Whether a run of one may have been a run of the other. */
function overlap(a: Spread, b: Spread): boolean {
  return a.low <= b.high && b.low <= a.high;
}

function isBetter(row: Row, from: Spread, to: Spread): boolean {
  return row.better === 'more' ? to.median > from.median : to.median < from.median;
}

function percent(from: number, to: number): string {
  if (from === 0) return to === 0 ? '±0.0%' : '';
  const change = ((to - from) / from) * 100;
  const rounded = Math.abs(change).toFixed(1);
  return `${rounded === '0.0' ? '±' : change > 0 ? '+' : '−'}${rounded}%`;
}

const MACHINE_WORDS: Readonly<Record<keyof Machine, string>> = {
  cpu: 'processor',
  cores: 'cores',
  memoryGiB: 'GiB of memory',
  kernel: 'kernel',
  node: 'Node.js',
  etcd: 'etcd',
};

function machineNotes(before: Machine, after: Machine): string[] {
  const keys = Object.keys(MACHINE_WORDS) as (keyof Machine)[];
  const differing = keys.filter((key) => before[key] !== after[key]);
  if (differing.length === 0) return [];
  const found = differing.map(
    (key) => `${MACHINE_WORDS[key]} ${before[key] ?? 'absent'} before, ${after[key] ?? 'absent'} after`,
  );
  return [`THE MACHINES DIFFER, so changes may be theirs: ${found.join('; ')}`];
}
