// Histories made up from a seed: a register that really is linearizable, clients with random delays, lost answers. And a
// naive judge that tries every order.
import type { Operation, Refusal } from '../../chaos/history/operation.ts';
import { type Prng, prng } from '../../src/lib/index.ts';

type Draft = { -readonly [Field in keyof Operation]: Operation[Field] };

export interface MadeOptions {
  readonly seed: number;
  readonly operations: number;
  readonly keys: number;
  readonly clients: number;
  /** Share of answers that are lost. */
  readonly lost: number;
}

interface Registers {
  revision: number;
  readonly versions: Map<string, { value: string; revision: number }>;
}

/** A linearizable history: each operation takes effect at a moment between its start and its end. */
export function madeHistory(options: MadeOptions): Operation[] {
  const random = prng(options.seed);
  const registers: Registers = { revision: 0, versions: new Map() };
  const busyUntil = Array.from({ length: options.clients }, () => 0);
  const planned = Array.from({ length: options.operations }, (_, i) => {
    const process = random.int(options.clients);
    const start = (busyUntil[process] ?? 0) + 1 + random.int(20);
    const effectAt = start + 1 + random.int(15);
    const end = effectAt + 1 + random.int(15);
    busyUntil[process] = end;
    return { i, process, start, effectAt, end, key: `r${random.int(options.keys)}`, lost: random.chance(options.lost) };
  });
  planned.sort((a, b) => a.effectAt - b.effectAt || a.i - b.i);
  return planned.map(({ i, process, start, end, key, lost }) => {
    const base = { process, key, start, end };
    const happens = !lost || random.chance(0.5);
    const operation = perform(registers, random, base, `v${i}`, happens);
    return lost ? asUnknown(operation) : operation;
  });
}

function asUnknown(operation: Operation): Operation {
  const unknown: Draft = { ...operation, outcome: 'unknown', result: null };
  delete unknown.refusal;
  return unknown as Operation;
}

type Base = Pick<Operation, 'process' | 'key' | 'start' | 'end'>;

function perform(registers: Registers, random: Prng, base: Base, value: string, happens: boolean): Operation {
  const before = registers.versions.get(base.key);
  const kind = random.int(10);
  if (kind < 3) return { ...base, type: 'read', argument: null, result: before ?? null, outcome: 'ok' };
  const put = (): { revision: number } => {
    const revision = registers.revision + 1;
    if (!happens) return { revision };
    registers.revision = revision;
    registers.versions.set(base.key, { value, revision });
    return { revision };
  };
  const refused = (refusal: Refusal) => ({ result: null, outcome: 'failed' as const, refusal });
  if (kind < 5) {
    const answer = before === undefined ? refused('absent') : ({ result: put(), outcome: 'ok' } as const);
    return { ...base, type: 'write', argument: { value }, ...answer };
  }
  if (kind < 7) {
    const expected = random.chance(0.7) ? (before?.revision ?? 0) : random.int(registers.revision + 1);
    const argument = { value, revision: expected };
    if (before === undefined) return { ...base, type: 'cas', argument, ...refused('absent') };
    if (before.revision !== expected) return { ...base, type: 'cas', argument, ...refused('conflict') };
    return { ...base, type: 'cas', argument, result: put(), outcome: 'ok' };
  }
  if (kind < 9) {
    const answer = before !== undefined ? refused('exists') : ({ result: put(), outcome: 'ok' } as const);
    return { ...base, type: 'create', argument: { value }, ...answer };
  }
  if (before === undefined) return { ...base, type: 'delete', argument: null, ...refused('absent') };
  if (happens) {
    registers.revision += 1;
    registers.versions.delete(base.key);
  }
  return { ...base, type: 'delete', argument: null, result: null, outcome: 'ok' };
}

/** The same history with one thing changed, which often makes it wrong. */
export function spoiled(history: readonly Operation[], seed: number): Operation[] {
  const random = prng(seed);
  const at = random.int(history.length);
  return history.map((operation, i) => {
    if (i !== at) return operation;
    const changed: Draft = { ...operation };
    const reads = history.flatMap((other) => (other.type === 'read' && other.outcome === 'ok' ? [other.result] : []));
    if (operation.type === 'read' && operation.outcome === 'ok' && reads.length > 0) {
      changed.result = random.pick(reads);
    } else if (operation.outcome === 'ok' && random.chance(0.5)) {
      changed.outcome = 'failed';
      changed.result = null;
      changed.refusal = random.pick(['absent', 'exists', 'conflict'] as const);
    } else {
      const shift = random.int(60) - 30;
      changed.start += shift;
      changed.end += shift;
    }
    return changed as Operation;
  });
}

type Naive = { readonly value: string; readonly revision: number } | undefined;

/** Tries every order and every fate of the unknown, with every revision that an unknown write could have had. One key. */
export function naiveVerdict(history: readonly Operation[]): boolean {
  const said = history.filter((operation) => operation.outcome !== 'failed' || operation.refusal !== undefined);
  const known = new Set<number>();
  for (const { result, argument } of said) {
    if (result !== null && 'revision' in result && result.revision !== undefined) known.add(result.revision);
    if (argument !== null && 'revision' in argument) known.add(argument.revision);
  }
  const anyOrder = (left: readonly Operation[], state: Naive, floor: number): boolean => {
    const certain = left.filter((operation) => operation.outcome !== 'unknown');
    if (certain.length === 0) return true;
    const earliestEnd = Math.min(...certain.map((operation) => operation.end));
    return left.some((operation) => {
      if (operation.start > earliestEnd) return false;
      const rest = left.filter((other) => other !== operation);
      return fates(operation, state, floor, known).some((next) =>
        anyOrder(rest, next.state, Math.max(floor, next.floor)),
      );
    });
  };
  return anyOrder(said, undefined, 0);
}

/** The states that an operation may leave; none when it cannot happen here. NaN stands for a revision nobody saw. */
function fates(
  operation: Operation,
  state: Naive,
  floor: number,
  known: ReadonlySet<number>,
): readonly { readonly state: Naive; readonly floor: number }[] {
  const here = (holds: boolean) => (holds ? [{ state, floor }] : []);
  if (operation.outcome === 'failed') {
    if (operation.refusal === 'absent') return here(state === undefined);
    if (operation.refusal === 'exists') return here(state !== undefined);
    if (operation.refusal !== 'conflict' || operation.type !== 'cas') return here(true);
    return here(state !== undefined && state.revision !== operation.argument.revision);
  }
  if (operation.type === 'list' || operation.type === 'compose' || operation.type === 'parts') return here(true);
  if (operation.type === 'read') {
    if (operation.outcome === 'unknown') return here(true);
    const { result } = operation;
    if (result === null) return here(state === undefined);
    return here(state?.value === result.value && state.revision === result.revision);
  }
  if (operation.type === 'delete') return state === undefined ? [] : [{ state: undefined, floor }];
  if (operation.type === 'write' && state === undefined) return [];
  if (operation.type === 'create' && state !== undefined) return [];
  if (operation.type === 'cas' && state?.revision !== operation.argument.revision) return [];
  const { value } = operation.argument;
  const revisions = operation.outcome === 'ok' ? [operation.result?.revision ?? Number.NaN] : [Number.NaN, ...known];
  return revisions
    .filter((revision) => Number.isNaN(revision) || revision > floor)
    .map((revision) => ({ state: { value, revision }, floor: Number.isNaN(revision) ? floor : revision }));
}
