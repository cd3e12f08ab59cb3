// What an experiment found, for people: the numbers, their shape, and the verdict.
import { histogram, percentile } from './gaps.ts';
import { HISTOGRAM_BARS } from './limits.ts';
import type { KillLeaderResult } from './scenarios/kill-leader.ts';

const BUCKET_MS = 50;
const SHOWN_MAX = 5;

/** True when nothing was lost and nobody at a living server saw a failure. */
export function passed(result: KillLeaderResult): boolean {
  return result.failures.length === 0 && result.lost.length === 0 && result.unexpected.length === 0;
}

export function killLeaderReport(result: KillLeaderResult): string {
  const gaps = result.rounds.map((round) => round.gapMs);
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const some = (label: string, entries: readonly string[]): string[] =>
    entries.length === 0 ? [] : [`${label}:`, ...entries.slice(0, SHOWN_MAX).map((entry) => `  ${entry}`)];
  return [
    '',
    `leaders killed           ${result.rounds.length}`,
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
    `verdict: ${passed(result) ? 'PASSED: nothing acknowledged was lost, no client of a living server saw a failure' : 'FAILED'}`,
    '',
  ].join('\n');
}
