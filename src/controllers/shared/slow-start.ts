// Slow start: does many like things in batches of 1, 2, 4 …, and stops at the first batch that fails, so that a request
// that can never succeed is made once and not five hundred times.
import { SLOW_START_INITIAL_BATCH } from '../limits.ts';

export interface SlowStartResult {
  readonly succeeded: number;
  /** Items never tried, because an earlier batch failed. */
  readonly skipped: number;
  /** The first failure. */
  readonly error: unknown;
}

/** Calls `act` for each item, a batch at a time. Never rejects. */
export async function slowStart<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<SlowStartResult> {
  let succeeded = 0;
  let tried = 0;
  for (let size = SLOW_START_INITIAL_BATCH; tried < items.length; size *= 2) {
    const batch = items.slice(tried, tried + size);
    tried += batch.length;
    const outcomes = await Promise.allSettled(batch.map(act));
    succeeded += outcomes.filter(({ status }) => status === 'fulfilled').length;
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure !== undefined) return { succeeded, skipped: items.length - tried, error: failure.reason };
  }
  return { succeeded, skipped: 0, error: undefined };
}
