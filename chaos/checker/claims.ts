// What the operations on one key claim, prepared for the search. Pure.
//
// 1. Refusals become observations: "not found" says that nothing was there at some moment of the request.
// 2. An unknown write whose value somebody saw did happen, before that somebody had the answer; if its value is nobody
//    else's, the revision seen with it is its own.
// 3. Unknown writes that nobody saw may explain refusals only. Their values do not matter, so they all get one: the search
//    then needs to know how many were used, not which.
import { defined } from '../../src/lib/index.ts';
import type { Operation } from '../history/operation.ts';
import type { Effect } from './model.ts';

export interface Claim {
  readonly effect: Effect;
  readonly start: number;
  /** Infinity: it may take effect at any later time. */
  readonly end: number;
  /** False: it may also never take effect. */
  readonly required: boolean;
  readonly operation: Operation;
}

/** Stands for the values that nobody saw. */
const UNSEEN = '\u0000unseen';

/** The claims of one key's operations, ordered by their start. Those that say nothing are left out. */
export function claimsOf(history: readonly Operation[]): readonly Claim[] {
  const operations = history.map(asOfRegister);
  const sightings = sightingsOf(operations);
  return operations.flatMap((operation) => claimOf(operation, sightings) ?? []).sort((a, b) => a.start - b.start);
}

/** A family is created once, and is there or not: whichever of its parts is seen (that all are is for families.ts). */
function asOfRegister(operation: Operation): Operation {
  const { key } = operation;
  if (operation.type === 'compose') return { ...operation, type: 'create', argument: { value: key } };
  if (operation.type !== 'parts') return operation;
  const isThere = Object.keys(operation.result?.items ?? {}).length > 0;
  return { ...operation, type: 'read', result: isThere ? { value: key } : null };
}

interface Sighting {
  /** The earliest end of an operation that saw the value. */
  end: number;
  revision: number | undefined;
  writers: number;
}

/** By value: who saw it, and how many operations wrote it. */
function sightingsOf(operations: readonly Operation[]): ReadonlyMap<string, Sighting> {
  const sightings = new Map<string, Sighting>();
  const of = (value: string): Sighting => {
    const known = sightings.get(value) ?? { end: Number.POSITIVE_INFINITY, revision: undefined, writers: 0 };
    sightings.set(value, known);
    return known;
  };
  for (const operation of operations) {
    if (operation.type === 'read' && operation.outcome === 'ok' && operation.result !== null) {
      const sighting = of(operation.result.value);
      sighting.end = Math.min(sighting.end, operation.end);
      sighting.revision ??= operation.result.revision;
    } else if (isWrite(operation) && operation.outcome !== 'failed') {
      of(operation.argument.value).writers += 1;
    }
  }
  return sightings;
}

type Write = Extract<Operation, { readonly type: 'write' | 'cas' | 'create' }>;

function isWrite(operation: Operation): operation is Write {
  return operation.type === 'write' || operation.type === 'cas' || operation.type === 'create';
}

function claimOf(operation: Operation, sightings: ReadonlyMap<string, Sighting>): Claim | undefined {
  const { start, end, outcome } = operation;
  if (outcome === 'failed') {
    const effect = observationOf(operation);
    return effect === undefined ? undefined : { effect, start, end, required: true, operation };
  }
  if (operation.type === 'list' || operation.type === 'compose' || operation.type === 'parts') return undefined;
  if (operation.type === 'read') {
    if (outcome === 'unknown') return undefined;
    const effect: Effect =
      operation.result === null ? { kind: 'foundAbsent' } : { kind: 'found', version: operation.result };
    return { effect, start, end, required: true, operation };
  }
  if (outcome === 'ok') {
    return { effect: effectOf(operation), start, end, required: true, operation };
  }
  return unknownClaim(operation, sightings);
}

function unknownClaim(operation: Operation, sightings: ReadonlyMap<string, Sighting>): Claim {
  const { start } = operation;
  const never = Number.POSITIVE_INFINITY;
  if (!isWrite(operation)) return { effect: { kind: 'delete' }, start, end: never, required: false, operation };
  const sighting = defined(sightings.get(operation.argument.value), 'the value of a write');
  if (sighting.end === never) {
    const effect = { ...effectOf(operation), value: UNSEEN } as Effect;
    return { effect, start, end: never, required: false, operation };
  }
  // Two writers of one value: which of them was seen is for the search to find out.
  if (sighting.writers > 1) return { effect: effectOf(operation), start, end: never, required: false, operation };
  const effect = { ...effectOf(operation), revision: sighting.revision } as Effect;
  return { effect, start, end: sighting.end, required: true, operation };
}

function effectOf(operation: Exclude<Operation, { readonly type: 'read' | 'list' | 'compose' | 'parts' }>): Effect {
  if (operation.type === 'delete') return { kind: 'delete' };
  const { value } = operation.argument;
  const revision = operation.result?.revision;
  if (operation.type === 'cas') return { kind: 'cas', value, revision, expected: operation.argument.revision };
  return { kind: operation.type, value, revision };
}

function observationOf(operation: Operation): Effect | undefined {
  if (operation.refusal === 'absent') return { kind: 'foundAbsent' };
  if (operation.refusal === 'exists') return { kind: 'foundPresent' };
  if (operation.refusal !== 'conflict' || operation.type !== 'cas') return undefined;
  return { kind: 'foundOther', revision: operation.argument.revision };
}
