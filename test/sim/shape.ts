// The shape of a run, drawn from its seed: how large the cluster is and its limits are, how often faults begin and how
// long they last, how busy the clients are.
import { CORE_LIMITS, type CoreLimits } from '../../raft/core/index.ts';
import type { Prng } from '../../src/lib/index.ts';
import { type Micros, MS } from './time.ts';

export interface Shape {
  /** Voters. */
  readonly size: number;
  readonly limits: CoreLimits;
  /** Two faults begin so far apart, on average. */
  readonly faultGap: Micros;
  /** Faults that last are drawn out or cut short by this factor. */
  readonly faultLength: number;
  /** What a client rests between two operations, at most. */
  readonly thinkTime: Micros;
  /** All servers begin with the software before the present one, and are upgraded one after another. */
  readonly isUpgraded: boolean;
}

/** Mostly what people run; even sizes, where half is no majority, and larger ones too. */
const SIZES = [3, 3, 3, 3, 3, 3, 5, 5, 5, 4, 4, 7] as const;

/** So small that every limit is met: one entry a message, a window of two, a backlog of a few commands. */
const SMALL_LIMITS: CoreLimits = {
  ...CORE_LIMITS,
  appendLimitBytes: 64,
  inflightLimitMessages: 2,
  inflightLimitBytes: 400,
  uncommittedLimitBytes: 1_000,
  applyLimitBytes: 300,
};

export function shapeOf(random: Prng): Shape {
  return {
    size: random.pick(SIZES),
    limits: random.chance(0.5) ? CORE_LIMITS : SMALL_LIMITS,
    faultGap: 90 * MS + random.int(140 * MS),
    faultLength: 0.4 + 0.8 * random.float(),
    isUpgraded: random.chance(0.6),
    thinkTime: 350 * MS + random.int(650 * MS),
  };
}
