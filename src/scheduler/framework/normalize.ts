// Ways to bring raw scores to 0 … SCORE_MAX, as several plugins do.
import { SCORE_MAX } from '../limits.ts';

/** The highest raw score becomes SCORE_MAX, the others in proportion; all zero stays zero. */
export function proportional(scores: readonly number[]): readonly number[] {
  const highest = Math.max(0, ...scores);
  return highest === 0 ? scores : scores.map((score) => (score * SCORE_MAX) / highest);
}

/** The other way round: nothing is best. All equal at zero become SCORE_MAX. */
export function proportionalReversed(scores: readonly number[]): readonly number[] {
  return proportional(scores).map((score) => SCORE_MAX - score);
}
