// The memberships that a log holds, by index: the newest is the effective one, committed or not (§4.1), and cutting the
// log off brings an earlier one back. Below them all is the last one known to be committed, which nothing cuts.
import { assert, defined } from '../../src/lib/index.ts';
import { membershipOf } from './membership.ts';
import { ORIGIN } from './numbers.ts';
import type { Entry, LogIndex, Membership } from './types.ts';

export class Memberships {
  /** Invariant: ascending by index; only the first is committed. */
  #held: Membership[];
  /** Rises with every change of what this answers. */
  version = 0;

  /** May be out of date at the index after which the log begins: it tells whom to ask, and decides nothing. */
  readonly #guess: { readonly membership: Membership; readonly begin: LogIndex } | undefined;

  /** `begin`: nobody here knows what changed up to there. */
  constructor(committed: Membership, begin?: LogIndex) {
    this.#held = [committed];
    this.#guess = begin === undefined ? undefined : { membership: committed, begin };
  }

  /** Whether the effective one is what it says: a member that has lost its state, and the begin of its log, cannot know. */
  get isKnown(): boolean {
    return this.current !== this.#guess?.membership;
  }

  /** The effective one. */
  get current(): Membership {
    return defined(this.#held.at(-1), 'a membership');
  }

  get currentIndex(): LogIndex {
    return indexOf(this.current);
  }

  /** The newest that is known to be committed. */
  get committed(): Membership {
    return defined(this.#held[0], 'a membership');
  }

  /** Entries were added to the log; what it held from the first of them on was cut off. */
  appended(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    while (this.#held.length > 1 && this.currentIndex >= first.index) {
      this.#held.pop();
      this.version += 1;
    }
    for (const entry of entries) {
      if (entry.kind !== 'membership') continue;
      if (entry.index <= this.currentIndex) continue;
      this.#held.push(membershipOf(entry));
      this.version += 1;
    }
  }

  /** Everything up to `index` is committed. */
  committedTo(index: LogIndex): void {
    while (this.#held[1] !== undefined && indexOf(this.#held[1]) <= index) {
      this.#held.shift();
      this.version += 1;
    }
  }

  /** A snapshot tells the newest up to `index`; the log goes on. */
  learned(index: LogIndex, membership: Membership): void {
    if (this.#guess === undefined || this.committed !== this.#guess.membership || index < this.#guess.begin) return;
    this.#held = [membership, ...this.#held.slice(1).filter((later) => indexOf(later) > index)];
    this.version += 1;
  }

  /** The log begins anew after a snapshot, which brings its own. */
  reset(membership: Membership): void {
    // A member that joined knows none from before, and what was known here then holds.
    const isUnknown = membership.index === undefined && membership.voters.length === 0;
    const taken = isUnknown ? this.committed : membership;
    assert(indexOf(taken) >= indexOf(this.committed), 'a snapshot knows at least what is committed here');
    this.#held = [taken];
    this.version += 1;
  }
}

function indexOf(membership: Membership): LogIndex {
  return membership.index ?? ORIGIN;
}
