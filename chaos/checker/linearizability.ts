// Is a history of registers linearizable? Each key is judged by itself (linearizability is local: Herlihy and Wing, 1990).
// A violation is shown by its smallest window: the fewest operations around it that cannot be put into an order, whatever
// the register was before.
import type { Operation } from '../history/operation.ts';
import { type Claim, claimsOf } from './claims.ts';
import { ABSENT, ANYTHING, type RegisterState } from './model.ts';
import { search } from './search.ts';

/** Steps per key, by default: a real history takes about one per operation. */
export const STEPS_MAX = 2_000_000;

export type Verdict =
  | { readonly kind: 'ok'; readonly keys: number; readonly operations: number }
  | { readonly kind: 'violation'; readonly key: string; readonly window: readonly Operation[] }
  | { readonly kind: 'gave up'; readonly key: string; readonly operations: number };

/** Judges all keys; the first violation ends it. A key that is too hard is told only when no other is wrong. */
export function checkLinearizable(history: readonly Operation[], stepsMax = STEPS_MAX): Verdict {
  const byKey = new Map<string, Operation[]>();
  for (const operation of history) {
    if (operation.type === 'list') continue;
    const list = byKey.get(operation.key);
    if (list === undefined) byKey.set(operation.key, [operation]);
    else list.push(operation);
  }
  let gaveUp: Verdict | undefined;
  let operations = 0;
  for (const [key, list] of byKey) {
    operations += list.length;
    const claims = claimsOf(list);
    const result = search(claims, ABSENT, stepsMax);
    if (result.kind === 'violation') return { kind: 'violation', key, window: smallestWindow(claims, stepsMax) };
    if (result.kind === 'gave up') gaveUp ??= { kind: 'gave up', key, operations: list.length };
  }
  return gaveUp ?? { kind: 'ok', keys: byKey.size, operations };
}

/**
 * The end first: linearizable histories have linearizable beginnings, so the earliest moment by which it is broken can be
 * halved for. Then the beginning, from any state: the later it is, the less is claimed.
 */
function smallestWindow(claims: readonly Claim[], stepsMax: number): readonly Operation[] {
  const isBroken = (list: readonly Claim[], initial: RegisterState): boolean =>
    search(list, initial, stepsMax).kind === 'violation';
  const ends = claims.flatMap((claim) => (claim.required ? [claim.end] : [])).sort((a, b) => a - b);
  const end = ends[lowestTrue(ends.length - 1, (i) => isBroken(upTo(claims, ends[i] ?? 0), ABSENT))] ?? 0;
  const untilEnd = upTo(claims, end);
  const starts = untilEnd.map((claim) => claim.start);
  const fromPlace = (i: number): readonly Claim[] => since(untilEnd, starts[starts.length - 1 - i] ?? 0);
  const place = lowestTrue(starts.length, (i) => i === starts.length || isBroken(fromPlace(i), ANYTHING));
  const window = place === starts.length ? untilEnd : fromPlace(place);
  return window.map((claim) => claim.operation);
}

/** The lowest number from 0 to `high` for which a monotone question is true; `high` when for none below. */
function lowestTrue(high: number, ask: (i: number) => boolean): number {
  let low = 0;
  let found = high;
  while (low < found) {
    const middle = Math.floor((low + found) / 2);
    if (ask(middle)) found = middle;
    else low = middle + 1;
  }
  return found;
}

/** What was known at a moment: what had not ended may still take effect, or not. */
function upTo(claims: readonly Claim[], moment: number): readonly Claim[] {
  return claims
    .filter((claim) => claim.start <= moment)
    .flatMap((claim) => {
      if (claim.end <= moment) return [claim];
      return isWrite(claim) ? [{ ...claim, required: false, end: Number.POSITIVE_INFINITY }] : [];
    });
}

/** What began by then claims nothing for certain: it may have taken effect before. */
function since(claims: readonly Claim[], moment: number): readonly Claim[] {
  return claims
    .filter((claim) => claim.end >= moment)
    .flatMap((claim) => {
      if (claim.start >= moment || !claim.required) return [claim];
      return isWrite(claim) ? [{ ...claim, required: false }] : [];
    });
}

function isWrite({ effect }: Claim): boolean {
  return !effect.kind.startsWith('found');
}
