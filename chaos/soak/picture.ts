// A soak as a picture (SVG): acknowledged operations per second over time with the faults behind them, and each kind's gaps.
import type { FaultRecord } from '../faults/inject.ts';
import type { Operation } from '../history/operation.ts';
import type { Accounts } from './accounts.ts';

const WIDTH = 1_000;
const CHART_HEIGHT = 220;
const ROW_HEIGHT = 18;
const LEFT = 140;
const BUCKET_MS = 500;

export function soakPicture(history: readonly Operation[], faults: readonly FaultRecord[], accounts: Accounts): string {
  const height = CHART_HEIGHT + 60 + ROW_HEIGHT * accounts.faults.length + 30;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    ...timeline(history, faults),
    ...gapRows(accounts),
    '</svg>\n',
  ].join('\n');
}

function timeline(history: readonly Operation[], faults: readonly FaultRecord[]): readonly string[] {
  const times = history.filter(({ outcome }) => outcome === 'ok').map(({ end }) => end / 1e6);
  const from = times.reduce((least, time) => Math.min(least, time), times[0] ?? 0);
  const to = times.reduce((most, time) => Math.max(most, time), from + 1);
  const counts = Array.from({ length: Math.floor((to - from) / BUCKET_MS) + 1 }, () => 0);
  for (const time of times) {
    const bucket = Math.floor((time - from) / BUCKET_MS);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const x = (time: number): number => LEFT + ((time - from) / (to - from)) * (WIDTH - LEFT - 10);
  const y = (count: number): number => CHART_HEIGHT - (count / most) * (CHART_HEIGHT - 30);
  const points = counts.map((count, i) => `${x(from + (i + 0.5) * BUCKET_MS).toFixed(1)},${y(count).toFixed(1)}`);
  return [
    `<text x="${LEFT}" y="14">acknowledged operations per second (highest: ${Math.round((most * 1000) / BUCKET_MS)}); faults from their beginning until the cluster was whole</text>`,
    ...faults.map(
      ({ kind, fromMs, wholeMs }) =>
        `<rect x="${x(fromMs).toFixed(1)}" y="20" width="${Math.max(1, x(wholeMs) - x(fromMs)).toFixed(1)}" height="${CHART_HEIGHT - 20}" fill="#f4c7c3"><title>${kind}</title></rect>`,
    ),
    `<polyline fill="none" stroke="#1a56b0" points="${points.join(' ')}"/>`,
    `<text x="${LEFT}" y="${CHART_HEIGHT + 16}">0 s</text>`,
    `<text x="${WIDTH - 10}" y="${CHART_HEIGHT + 16}" text-anchor="end">${((to - from) / 1000).toFixed(0)} s</text>`,
  ];
}

/** One row for each kind, one dot for each gap. */
function gapRows({ faults }: Accounts): readonly string[] {
  const top = CHART_HEIGHT + 50;
  const longest = faults.reduce((most, { maxMs }) => Math.max(most, maxMs), 1_000);
  const x = (gapMs: number): number => LEFT + (gapMs / longest) * (WIDTH - LEFT - 20);
  const bottom = top + ROW_HEIGHT * faults.length;
  return [
    `<text x="${LEFT}" y="${top - 8}">gaps without an acknowledged write at living servers</text>`,
    ...faults.flatMap(({ kind, gaps }, row) => {
      const y = top + ROW_HEIGHT * row + 10;
      return [
        `<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${kind}</text>`,
        ...gaps.map(({ ms }) => `<circle cx="${x(ms).toFixed(1)}" cy="${y}" r="4" fill="#b3261e" fill-opacity="0.4"/>`),
      ];
    }),
    `<text x="${LEFT}" y="${bottom + 16}">0 ms</text>`,
    `<text x="${WIDTH - 20}" y="${bottom + 16}" text-anchor="end">${longest.toFixed(0)} ms</text>`,
  ];
}
