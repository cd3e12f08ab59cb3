// What a soak found, for people: availability, faults, gaps, and the verdict.
import { requirementsTable } from '../bars/requirement.ts';
import { type Gap, histogram } from '../gaps.ts';
import type { Operation } from '../history/operation.ts';
import { HISTOGRAM_BARS } from '../limits.ts';
import { verdictText } from '../verdict-text.ts';
import type { Accounts } from './accounts.ts';
import { damageTable } from './damage-table.ts';
import type { SoakRun } from './run.ts';
import type { SoakResult } from './soak.ts';

const BUCKET_MS = 100;
const SHOWN_MAX = 10;

/** True when every promise was kept. Gaps are reported; how long they may be is for the bars. */
export function soakPassed(result: SoakResult, accounts: Accounts): boolean {
  return (
    result.linearizable.kind === 'ok' &&
    result.watchTroubles.length === 0 &&
    result.partTroubles.length === 0 &&
    result.stateTroubles.length === 0 &&
    accounts.failedAtLiving.length === 0 &&
    result.faults.every(({ broken }) => broken.length === 0)
  );
}

export function soakReport({ result, accounts, requirements, passed, leftOut, files }: SoakRun): string {
  const { attempted, acknowledged, refused, unknown, unsent, failedAtLiving } = accounts;
  const share = ((100 * acknowledged) / Math.max(1, attempted)).toFixed(1);
  return [
    '',
    `seed                     ${result.seed}`,
    `operations               ${attempted}: ${acknowledged} answered (${share} %, ${refused} of them refusals by state), ${unknown} unknown, ${unsent} never accepted`,
    `watch events             ${result.events}`,
    `faults                   ${result.faults.length}`,
    '',
    'longest time without an acknowledged write at living servers, per fault; how often the leader changed',
    ...accounts.faults.map(
      ({ kind, times, p50Ms, maxMs, gaps, leaderChanges }) =>
        `  ${kind.padEnd(18)} ×${String(times).padEnd(4)} p50 ${ms(p50Ms)}  max ${ms(maxMs)} (${longestPlace(gaps)})  leader changes ${leaderChanges}`,
    ),
    '',
    ...leftOut,
    ...damageTable(result.faults.flatMap(({ damages }) => damages)),
    '',
    'all gaps',
    ...histogram(
      accounts.faults.flatMap(({ gaps }) => gaps.map((gap) => gap.ms)),
      BUCKET_MS,
      HISTOGRAM_BARS,
    ),
    '',
    ...some('failed at living servers', failedAtLiving.map(operationText)),
    ...some('watches', result.watchTroubles),
    ...(result.families === 0 ? [] : some(`parts seen of ${result.families} commands`, result.partTroubles)),
    ...some('states that differ', result.stateTroubles),
    ...some('promises broken under a fault', brokenPromises(result)),
    `${verdictText(result.linearizable)} (checked in ${(result.checkedInMs / 1000).toFixed(1)} s)`,
    ...files,
    '',
    ...requirementsTable(requirements),
    '',
    `verdict: ${passed ? 'PASSED: linearizable, watches without gaps, no request failed at a living server, every gate holds' : 'FAILED'}`,
    '',
  ].join('\n');
}

/** Where the longest one began, seen from the beginning of its fault: what followed the fault later has another cause. */
function longestPlace(gaps: readonly Gap[]): string {
  const longest = gaps.reduce<Gap | undefined>(
    (most, gap) => (most === undefined || gap.ms > most.ms ? gap : most),
    undefined,
  );
  return longest === undefined ? '' : `from ${longest.fromMs.toFixed(0)} ms on`;
}

function brokenPromises({ faults }: SoakResult): readonly string[] {
  return faults.flatMap(({ kind, broken }) => broken.map((promise) => `${kind}: ${promise}`));
}

function ms(value: number): string {
  return `${value.toFixed(0).padStart(5)} ms`;
}

function operationText({ via, type, key, start, end, error, outcome }: Operation): string {
  return `${via} ${type} ${key}: ${outcome} after ${((end - start) / 1e6).toFixed(0)} ms at ${(start / 1e6).toFixed(0)}: ${error ?? ''}`;
}

function some(label: string, entries: readonly string[]): readonly string[] {
  if (entries.length === 0) return [`${label}: none`];
  return [`${label}: ${entries.length}`, ...entries.slice(0, SHOWN_MAX).map((entry) => `  ${entry}`)];
}
