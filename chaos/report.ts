// What an experiment found, for people: the numbers, their shape, and the verdict.
import { histogram, percentile } from './gaps.ts';
import { HISTOGRAM_BARS } from './limits.ts';
import type { KillLeaderResult } from './scenarios/kill-leader.ts';
import type { PauseLeaderResult } from './scenarios/pause-leader.ts';

const BUCKET_MS = 50;
const SHOWN_MAX = 5;

/** True when nothing was lost and nobody at a living server saw a failure. */
export function passed(result: KillLeaderResult): boolean {
  return result.failures.length === 0 && result.lost.length === 0 && result.unexpected.length === 0;
}

/** True when in addition no read at a server that had been paused was stale. */
export function pausePassed(result: PauseLeaderResult): boolean {
  return (
    result.stale.length === 0 &&
    result.failures.length === 0 &&
    result.lost.length === 0 &&
    result.unexpected.length === 0
  );
}

export function killLeaderReport(result: KillLeaderResult): string {
  return [
    '',
    `leaders killed           ${result.rounds.length}`,
    ...figures(result),
    `verdict: ${passed(result) ? 'PASSED: nothing acknowledged was lost, no client of a living server saw a failure' : 'FAILED'}`,
    '',
  ].join('\n');
}

export function pauseLeaderReport(result: PauseLeaderResult): string {
  const reads = result.rounds.reduce((sum, round) => sum + round.reads, 0);
  return [
    '',
    `leaders paused           ${result.rounds.length}`,
    `reads at woken leaders   ${reads}`,
    `stale or failed of them  ${result.stale.length}`,
    ...figures(result),
    ...some('stale or failed reads', result.stale),
    `verdict: ${pausePassed(result) ? 'PASSED: no read was stale, nothing acknowledged was lost, nobody saw a failure' : 'FAILED'}`,
    '',
  ].join('\n');
}

type Figures = Pick<KillLeaderResult, 'acknowledged' | 'failures' | 'lost' | 'unexpected'> & {
  readonly rounds: readonly { readonly gapMs: number }[];
};

/** What all scenarios tell. */
function figures(result: Figures): readonly string[] {
  const gaps = result.rounds.map((round) => round.gapMs);
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  return [
    `acknowledged creates     ${result.acknowledged}`,
    `failed at living servers ${result.failures.length}`,
    `lost or doubled          ${result.lost.length}`,
    `gap at living servers    p50 ${ms(percentile(gaps, 0.5))}, max ${ms(Math.max(...gaps))}`,
    ...histogram(gaps, BUCKET_MS, HISTOGRAM_BARS),
    ...some(
      'failures',
      result.failures.map((failure) => `${failure.via} ${failure.name}: ${failure.what}`),
    ),
    ...some('lost or doubled', result.lost),
    ...some('never asked for', result.unexpected),
  ];
}

function some(label: string, entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [] : [`${label}:`, ...entries.slice(0, SHOWN_MAX).map((entry) => `  ${entry}`)];
}
