// How many seats each priority level has for now: all its own and unused ones of others, within what the levels lend and borrow.
// Pure; the algorithm is that of KEP-1040.
import { assert } from '../../lib/index.ts';
import type { Demand } from './demand.ts';

export interface LevelBounds {
  readonly exempt: boolean;
  /** Its share of the server. */
  readonly nominal: number;
  /** What it never lends. */
  readonly least: number;
  /** With all that it may borrow. */
  readonly most: number;
}

export interface LevelDemand extends LevelBounds {
  readonly demand: Demand;
  /** See smoothedDemand. */
  readonly smoothed: number;
}

/** Half of what is left of an old peak is forgotten in five minutes of looks each ten seconds. */
const KEPT = 0.977;

/** The demand to plan with: rises at once, falls slowly. */
export function smoothedDemand(before: number, { average, deviation }: Demand): number {
  const envelope = average + deviation;
  return Math.max(envelope, KEPT * before + (1 - KEPT) * envelope);
}

/** The limit of each level, in their order. */
export function shareSeats(levels: readonly LevelDemand[]): readonly number[] {
  const total = sum(levels.map(({ nominal }) => nominal));
  const exempt = levels.filter((level) => level.exempt);
  const limited = levels.filter((level) => !level.exempt);
  // What the exempt use is taken from the others, who are told nothing of it.
  const left = total - sum(exempt.map(neededNow));
  const leastSum = sum(limited.map(({ least }) => least));
  const neededSum = sum(limited.map(neededNow));
  const limitOf = (level: LevelDemand): number => {
    if (level.exempt) return neededNow(level);
    if (left <= leastSum) return level.least;
    const share = (left - leastSum) / (neededSum - leastSum);
    return level.least + Math.round((neededNow(level) - level.least) * share);
  };
  if (left <= neededSum) return levels.map(limitOf);
  const allocated = allocate(
    left,
    limited.map((level) => ({
      low: neededNow(level),
      high: level.most,
      target: Math.max(neededNow(level), level.smoothed),
    })),
  );
  let next = 0;
  return levels.map((level) => (level.exempt ? neededNow(level) : Math.round(allocated[next++] ?? 0)));
}

/** A level keeps of its own what it needed lately. */
function neededNow({ exempt, least, nominal, demand }: LevelDemand): number {
  return Math.max(least, exempt ? demand.highest : Math.min(nominal, demand.highest));
}

export interface Claim {
  readonly low: number;
  readonly high: number;
  /** At least `low`. */
  readonly target: number;
}

/** Below this a target is taken for so much: a level that wants nothing gets its part of what nobody wants. */
const LEAST_TARGET = 0.001;
const HALVINGS = 100;

/** Divides `total` so that all get the same multiple of their targets, but for those whom a bound keeps from it. */
export function allocate(total: number, claims: readonly Claim[]): readonly number[] {
  const at = (multiple: number): readonly number[] =>
    claims.map(({ low, high, target }) => Math.min(high, Math.max(low, multiple * Math.max(target, LEAST_TARGET))));
  if (total <= sum(at(0))) return at(0);
  let low = 0;
  let high = 1;
  // The greatest multiple that changes anything, or that is more than enough.
  while (sum(at(high)) < total && claims.some((claim, i) => (at(high)[i] ?? 0) < claim.high)) high *= 2;
  for (let halved = 0; halved < HALVINGS; halved++) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) < total) low = middle;
    else high = middle;
  }
  assert(low <= high, 'bisection ends between its bounds');
  return at(high);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
