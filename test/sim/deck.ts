// In which order faults come: a shuffled deck that has each kind several times, so that no seed misses one, and some kinds
// more often than others. A fault that cannot begin now (no leader to kill) is put back and comes again.
import type { Prng } from '../../src/lib/index.ts';

/** 500 seeds have 1,000 of each kind (raft-and-storage.md, bar 1), and some more. */
const OF_EACH_KIND = 2;
/** Drawn beside them, from a few kinds that this run favours: the rates of the kinds differ from run to run. */
const EXTRA = 16;
const FAVOURED_KINDS = 6;
/** And from those that often cannot begin while the run lasts. */
const EXTRA_RARE = 5;
/** A kind that cannot begin so often in a row is not waited for any more. */
const TRIES = 150;
/** What was put back comes again within so many others. */
const SOON = 20;

export interface DeckParts {
  readonly kinds: readonly string[];
  /** Those of `kinds` that often have to wait too long. */
  readonly rare?: readonly string[];
  readonly once?: readonly string[];
  readonly share?: number;
}

export class Deck {
  readonly #kinds: readonly string[];
  readonly #random: Prng;
  readonly #cards: { readonly kind: string; tries: number }[] = [];

  /** `once` come once for each time that they are named; `kinds` come as often as said above; of all of them that `share`. */
  constructor({ kinds, rare = [], once = [], share = 1 }: DeckParts, random: Prng) {
    this.#kinds = kinds;
    this.#random = random;
    const favoured = Array.from({ length: FAVOURED_KINDS }, () => random.pick(kinds));
    const all = [
      ...once,
      ...Array.from({ length: OF_EACH_KIND }, () => kinds).flat(),
      ...Array.from({ length: EXTRA }, () => random.pick(random.chance(0.5) ? favoured : kinds)),
      ...(rare.length === 0 ? [] : Array.from({ length: EXTRA_RARE }, () => random.pick(rare))),
    ];
    for (const kind of all) this.#insert({ kind, tries: 0 });
    this.#cards.length = Math.ceil(share * this.#cards.length);
  }

  get isEmpty(): boolean {
    return this.#cards.length === 0;
  }

  /** The next kind, and what puts it back. An empty deck goes on with any kind. */
  draw(): { readonly kind: string; readonly putBack: () => void } {
    const card = this.#cards.pop() ?? { kind: this.#random.pick(this.#kinds), tries: TRIES };
    card.tries += 1;
    return {
      kind: card.kind,
      putBack: () => {
        const soon = Math.max(0, this.#cards.length - this.#random.int(SOON));
        if (card.tries < TRIES) this.#cards.splice(soon, 0, card);
      },
    };
  }

  #insert(card: { readonly kind: string; tries: number }): void {
    this.#cards.splice(this.#random.int(this.#cards.length + 1), 0, card);
  }
}
