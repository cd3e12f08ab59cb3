// A durable log in memory, for cores under test: it does with a batch what a disk would do, at once.
import type { Entry, HardState, LogIndex, LogPosition, LogView, PersistBatch, Term } from '../../../raft/core/index.ts';

export class MemoryLog implements LogView {
  entriesHeld: Entry[] = [];
  hardState: HardState = { term: 0 as Term, votedFor: undefined };
  /** The position before the first entry held. */
  base: LogPosition = { index: 0 as LogIndex, term: 0 as Term };

  firstIndex(): LogIndex {
    return (this.base.index + 1) as LogIndex;
  }

  lastIndex(): LogIndex {
    return (this.base.index + this.entriesHeld.length) as LogIndex;
  }

  term(index: LogIndex): Term | undefined {
    return index === this.base.index ? this.base.term : this.entriesHeld[index - this.base.index - 1]?.term;
  }

  entries(from: LogIndex, to: LogIndex, limitBytes: number): readonly Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    for (const entry of this.entriesHeld.slice(from - this.firstIndex(), to - this.firstIndex())) {
      bytes += entry.data.length;
      if (taken.length > 0 && bytes > limitBytes) break;
      taken.push(entry);
    }
    return taken;
  }

  memberships(): readonly Entry[] {
    return this.entriesHeld.filter((entry) => entry.kind === 'membership');
  }

  /** Forgets the entries up to `index`, which is held. */
  compact(index: LogIndex): void {
    const term = this.term(index) ?? (0 as Term);
    this.entriesHeld = this.entriesHeld.slice(index - this.base.index);
    this.base = { index, term };
  }

  write(batch: PersistBatch): void {
    if (batch.reset !== undefined) {
      this.base = batch.reset;
      this.entriesHeld = [];
    }
    const first = batch.entries[0];
    if (first !== undefined)
      this.entriesHeld = [...this.entriesHeld.slice(0, first.index - this.firstIndex()), ...batch.entries];
    this.hardState = batch.hardState ?? this.hardState;
  }
}
