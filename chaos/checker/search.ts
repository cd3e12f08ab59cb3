// The search for an order: is there a sequence of the claims, each within its time, in which all of them hold?
// After Wing and Gong (1993) and Lowe (2017): depth first, remembering the configurations that led nowhere.
//
// Three things keep it almost linear on real histories. An observation that holds and changes nothing is taken at once,
// because an order with it later is also one with it now. Of two open writes with known revisions the lower goes first.
// Optional claims (unknown outcomes) are tried last, and those of one kind are interchangeable: only their number counts.
import { defined } from '../../src/lib/index.ts';
import type { Claim } from './claims.ts';
import { type RegisterState, stateText, step } from './model.ts';

export type SearchResult =
  | { readonly kind: 'ok' }
  /** `reached`: claims of the longest order that was found. */
  | { readonly kind: 'violation'; readonly reached: number }
  | { readonly kind: 'gave up' };

/** Searches from a state; gives up after so many steps. `claims` are ordered by their start. */
export function search(claims: readonly Claim[], initial: RegisterState, stepsMax: number): SearchResult {
  return new Search(claims, stepsMax).run(initial);
}

interface Frame {
  readonly state: RegisterState;
  /** Claims to be tried next, the last first. */
  readonly choices: number[];
  /** Taken on the way here, to be put back when the frame is left. */
  readonly taken: readonly number[];
  readonly low: number;
}

class Search {
  readonly #required: readonly Claim[];
  readonly #optional: readonly Claim[];
  readonly #kinds: readonly string[];
  readonly #done: Uint8Array;
  readonly #used: Uint8Array;
  readonly #seen = new Set<string>();
  #stepsLeft: number;
  #low = 0;

  constructor(claims: readonly Claim[], stepsMax: number) {
    this.#required = claims.filter((claim) => claim.required);
    this.#optional = claims.filter((claim) => !claim.required);
    this.#kinds = this.#optional.map(kindOf);
    this.#done = new Uint8Array(this.#required.length);
    this.#used = new Uint8Array(this.#optional.length);
    this.#stepsLeft = stepsMax;
  }

  run(initial: RegisterState): SearchResult {
    let reached = 0;
    const stack: Frame[] = [this.#enter(initial, [])];
    for (;;) {
      if (this.#low === this.#required.length) return { kind: 'ok' };
      const frame = stack.at(-1);
      if (frame === undefined) return { kind: 'violation', reached };
      const choice = frame.choices.pop();
      if (choice === undefined) {
        this.#putBack(frame, stack);
        continue;
      }
      if (this.#stepsLeft-- === 0) return { kind: 'gave up' };
      const state = step(frame.state, this.#at(choice).effect);
      if (state === undefined) continue;
      this.#take(choice);
      const next = this.#enter(state, [choice]);
      const text = this.#configuration(next.state);
      if (this.#seen.has(text)) {
        for (const index of next.taken) this.#untake(index);
        this.#low = frame.low;
        continue;
      }
      this.#seen.add(text);
      stack.push(next);
      reached = Math.max(reached, this.#low);
    }
  }

  #putBack(frame: Frame, stack: Frame[]): void {
    for (const index of frame.taken) this.#untake(index);
    stack.pop();
    this.#low = stack.at(-1)?.low ?? 0;
  }

  /** Takes the observations that hold; what is left are the choices. */
  #enter(state: RegisterState, taken: number[]): Frame {
    for (;;) {
      this.#advance();
      const open = this.#open();
      const free = open.filter((index) => step(state, this.#at(index).effect) === state);
      if (free.length === 0) {
        const choices = [...this.#openOptional(open), ...this.#ordered(open).reverse()];
        return { state, choices, taken, low: this.#low };
      }
      for (const index of free) this.#take(index);
      taken.push(...free);
    }
  }

  #advance(): void {
    while (this.#low < this.#done.length && this.#done[this.#low] === 1) this.#low += 1;
  }

  /** Required claims that no other open claim ended before. */
  #open(): number[] {
    const found: number[] = [];
    let earliestEnd = Number.POSITIVE_INFINITY;
    for (let i = this.#low; i < this.#required.length; i += 1) {
      const { start, end } = this.#at(i);
      if (start > earliestEnd) break;
      if (this.#done[i] === 1) continue;
      found.push(i);
      earliestEnd = Math.min(earliestEnd, end);
    }
    return found.filter((i) => this.#at(i).start <= earliestEnd);
  }

  /** Without the writes that a lower revision must precede; lower revisions first. */
  #ordered(open: readonly number[]): number[] {
    const revision = (index: number): number => revisionOf(this.#at(index)) ?? Number.POSITIVE_INFINITY;
    const lowest = Math.min(...open.map(revision));
    return open
      .filter((index) => revision(index) === lowest || revisionOf(this.#at(index)) === undefined)
      .sort((a, b) => revision(a) - revision(b));
  }

  /** The first unused claim of each optional kind that has begun. Numbered behind the required ones. */
  #openOptional(open: readonly number[]): number[] {
    const earliestEnd = Math.min(...open.map((index) => this.#at(index).end));
    const kinds = new Set<string>();
    const found: number[] = [];
    for (const [i, claim] of this.#optional.entries()) {
      if (claim.start > earliestEnd) break;
      const kind = defined(this.#kinds[i], 'its kind');
      if (this.#used[i] === 1 || kinds.has(kind)) continue;
      kinds.add(kind);
      found.push(this.#required.length + i);
    }
    return found;
  }

  #at(index: number): Claim {
    const required = this.#required.length;
    return defined(index < required ? this.#required[index] : this.#optional[index - required], 'the claim');
  }

  #take(index: number): void {
    this.#mark(index, 1);
  }

  #untake(index: number): void {
    this.#mark(index, 0);
  }

  #mark(index: number, value: 0 | 1): void {
    const required = this.#required.length;
    if (index < required) this.#done[index] = value;
    else this.#used[index - required] = value;
  }

  /** Everything that the rest of the search depends on. */
  #configuration(state: RegisterState): string {
    const ahead: number[] = [];
    // What is taken beyond the first open claim began before that one ended.
    const limit = this.#low < this.#required.length ? this.#at(this.#low).end : 0;
    for (let i = this.#low + 1; i < this.#required.length && this.#at(i).start <= limit; i += 1)
      if (this.#done[i] === 1) ahead.push(i);
    const used = this.#optional.flatMap((_, i) => (this.#used[i] === 1 ? [i] : []));
    return `${this.#low}|${ahead.join(',')}|${used.join(',')}|${stateText(state)}`;
  }
}

/** Claims of one kind do the same; the earlier begun may stand for the later. */
function kindOf({ effect, end }: Claim): string {
  const limit = end === Number.POSITIVE_INFINITY ? '' : String(end);
  switch (effect.kind) {
    case 'write':
    case 'create':
      return `${effect.kind} ${effect.value} ${effect.revision ?? ''} ${limit}`;
    case 'cas':
      return `cas ${effect.expected} ${effect.value} ${effect.revision ?? ''} ${limit}`;
    case 'found':
    case 'foundAbsent':
    case 'foundOther':
    case 'foundPresent':
    case 'delete':
      return `${effect.kind} ${limit}`;
  }
}

function revisionOf({ effect }: Claim): number | undefined {
  return effect.kind === 'write' || effect.kind === 'cas' || effect.kind === 'create' ? effect.revision : undefined;
}
