// Arithmetic on branded numbers, so that no other file needs a cast.
import type { LogIndex, Term } from './types.ts';

/** The position `distance` after (or, negative, before) `index`. */
export function plus(index: LogIndex, distance: number): LogIndex {
  return (index + distance) as LogIndex;
}

export function nextTerm(term: Term): Term {
  return (term + 1) as Term;
}

export function smaller(a: LogIndex, b: LogIndex): LogIndex {
  return a < b ? a : b;
}

export function larger(a: LogIndex, b: LogIndex): LogIndex {
  return a > b ? a : b;
}

/** Before the first entry. */
export const ORIGIN = 0 as LogIndex;
/** The term of the position before the first entry. */
export const NO_TERM = 0 as Term;
