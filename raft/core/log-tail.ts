// The log as the algorithm sees it: the durable part behind LogView, and in memory the tail that is not durable yet.
//
// The hazard it guards against (ABA): entries A leave for the disk; before they are durable a new leader truncates them,
// then a third leader replicates the very same A again. When the disk reports the first batch, A looks durable although
// the truncation that destroys it is still to be written. So the outstanding batch remembers how far its entries are
// still these ones, and each truncation lowers that mark: what was cut counts as durable only when written once more.
import { assert, defined } from '../../src/lib/index.ts';
import { NO_TERM, ORIGIN, plus, smaller } from './numbers.ts';
import type { Entry, LogIndex, LogPosition, LogView, Term } from './types.ts';

export class LogTail {
  readonly #view: LogView;
  /** Invariant: entries below are durable and unchanged; #entries[i].index === #offset + i. */
  #offset: LogIndex;
  #entries: Entry[] = [];
  /** Invariant: #entries up to this index are those of the outstanding batch; undefined when none is outstanding. */
  #writtenUpTo: LogIndex | undefined;
  /** A snapshot took the place of everything before #offset, and the view does not know it yet. */
  #reset: LogPosition | undefined;
  /** The one that the outstanding batch writes: a later one stays to be written. */
  #resetWritten: LogPosition | undefined;

  constructor(view: LogView) {
    this.#view = view;
    this.#offset = plus(view.lastIndex(), 1);
  }

  lastIndex(): LogIndex {
    return plus(this.#offset, this.#entries.length - 1);
  }

  /** Everything up to here is durable, in this very form. */
  durableIndex(): LogIndex {
    if (this.#reset !== undefined) return ORIGIN;
    return plus(this.#offset, -1);
  }

  last(): LogPosition {
    const index = this.lastIndex();
    return { index, term: defined(this.term(index), `the term of the last entry ${index}`) };
  }

  /** undefined when the entry is not there (compacted, or beyond the end). */
  term(index: LogIndex): Term | undefined {
    if (index >= this.#offset) return this.#entries[index - this.#offset]?.term;
    if (this.#reset !== undefined) return index === this.#reset.index ? this.#reset.term : undefined;
    return this.#view.term(index);
  }

  matches(position: LogPosition): boolean {
    return this.term(position.index) === position.term;
  }

  /** Entries from `from` to before `to`, until `limitBytes` of data are passed; at least one if there is one. */
  entries(from: LogIndex, to: LogIndex, limitBytes: number): readonly Entry[] {
    const end = smaller(to, plus(this.lastIndex(), 1));
    if (from >= end) return [];
    const taken: Entry[] = [];
    let bytes = 0;
    if (from < this.#offset) {
      taken.push(...this.#view.entries(from, smaller(end, this.#offset), limitBytes));
      for (const entry of taken) bytes += entry.data.length;
      const reached = plus(from, taken.length);
      if (reached < smaller(end, this.#offset)) return taken;
    }
    for (let index = plus(from, taken.length); index < end; index = plus(index, 1)) {
      const entry = defined(this.#entries[index - this.#offset], `entry ${index} of the tail`);
      bytes += entry.data.length;
      if (taken.length > 0 && bytes > limitBytes) break;
      taken.push(entry);
    }
    return taken;
  }

  /** Adds entries that follow each other; what the log holds at or after the first one is cut off. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    assert(first.index <= plus(this.lastIndex(), 1), `entry ${first.index} would leave a gap in the log`);
    if (first.index < this.#offset) {
      this.#offset = first.index;
      this.#entries = [...entries];
    } else {
      this.#entries.length = first.index - this.#offset;
      this.#entries.push(...entries);
    }
    if (this.#writtenUpTo !== undefined) this.#writtenUpTo = smaller(this.#writtenUpTo, plus(first.index, -1));
  }

  /** The log begins anew after `position`. Nothing that was on its way to the disk counts any more. */
  reset(position: LogPosition): void {
    this.#reset = { index: position.index, term: position.term };
    this.#offset = plus(position.index, 1);
    this.#entries = [];
    if (this.#writtenUpTo !== undefined) this.#writtenUpTo = smaller(this.#writtenUpTo, position.index);
  }

  hasUnwritten(): boolean {
    return this.#entries.length > 0 || this.#reset !== undefined;
  }

  /** The reset that the batch made by the write() that follows is to carry. */
  writeReset(): LogPosition | undefined {
    this.#resetWritten = this.#reset;
    return this.#reset;
  }

  /** Hands out everything that is not durable, for a batch that is outstanding until persisted(). */
  write(): readonly Entry[] {
    assert(this.#writtenUpTo === undefined, 'one batch is outstanding at most');
    this.#writtenUpTo = this.lastIndex();
    return [...this.#entries];
  }

  /** The outstanding batch is durable: what was not cut meanwhile is now the view's. */
  persisted(): void {
    const upTo = defined(this.#writtenUpTo, 'an outstanding batch');
    this.#writtenUpTo = undefined;
    if (this.#resetWritten === this.#reset) this.#reset = undefined;
    if (upTo < this.#offset) return;
    this.#entries = this.#entries.slice(upTo - this.#offset + 1);
    this.#offset = plus(upTo, 1);
  }

  /**
   * The last position at or before `index` whose term is at most `term`: where two logs that differ at `index` may agree
   * first. Both sides use it for the fast back-up of §5.3: one round trip per term, not per entry.
   */
  lastAtMost(index: LogIndex, term: Term): LogPosition {
    let at = smaller(index, this.lastIndex());
    for (;;) {
      const found = this.term(at);
      if (found === undefined) return { index: at, term: NO_TERM };
      if (found <= term) return { index: at, term: found };
      at = plus(at, -1);
    }
  }
}
