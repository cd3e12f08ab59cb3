// Several runs as one figure with its spread.
import { defined } from '../../src/lib/index.ts';
import type { Spread } from './types.ts';

/** Throws without runs. */
export function spreadOf(runs: readonly number[]): Spread {
  const sorted = [...runs].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = defined(sorted[middle], 'a run');
  const median = sorted.length % 2 === 1 ? upper : (upper + defined(sorted[middle - 1], 'a run')) / 2;
  return { median, low: defined(sorted[0], 'a run'), high: defined(sorted.at(-1), 'a run'), runs };
}
