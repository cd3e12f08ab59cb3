// What watchers were told while everything moved: for people, and as lines of the table of bars.
import { type Requirement, requirementsTable } from '../bars/requirement.ts';
import type { WatchesResult } from './run.ts';

const EVENTS_ASKED = 1_000_000;
const WATCHERS_ASKED = 300;
const SHOWN_MAX = 10;

export function requirementsOfWatches(result: WatchesResult, events: number): readonly Requirement[] {
  const { delivered, watchers, compactions, snapshots, disturbances, troubles } = result;
  const gate = { bar: 12, level: 'gate', runs: delivered, runsAsked: EVENTS_ASKED } as const;
  const restarts = disturbances.filter((what) => !what.includes('sleeps')).length;
  const atLeast = (what: string, asked: number, measured: number): Requirement => ({
    ...gate,
    what,
    asked: `≥ ${asked}`,
    measured: String(measured),
    holds: measured >= asked,
  });
  return [
    {
      ...gate,
      what: 'events missing, repeated, out of order or told otherwise; wrong 410s',
      asked: '0',
      measured: String(troubles.length),
      holds: troubles.length === 0,
    },
    atLeast('events delivered', events, delivered),
    atLeast('watchers that move', Math.min(watchers, WATCHERS_ASKED), watchers),
    atLeast('restarts among them', 3, restarts),
    atLeast('compactions among them', 1, compactions),
    atLeast('snapshot installs among them', 1, snapshots),
  ];
}

export function watchesReport(result: WatchesResult, requirements: readonly Requirement[]): string {
  const { delivered, watchers, streams, writes, disturbances, compactions, snapshots, jumps, troubles } = result;
  return [
    '',
    `events delivered  ${delivered} to ${watchers} watchers over ${streams} streams`,
    `writes            ${writes} acknowledged`,
    `disturbances      ${disturbances.length}: ${[...new Set(disturbances)].join('; ')}`,
    `compactions       ${compactions}; snapshots installed: ${snapshots}`,
    `rightly expired   ${jumps} watches that had been away for longer than the past is kept`,
    `troubles          ${troubles.length}`,
    ...troubles.slice(0, SHOWN_MAX).map((what) => `  ${what}`),
    '',
    ...requirementsTable(requirements),
    '',
  ].join('\n');
}
