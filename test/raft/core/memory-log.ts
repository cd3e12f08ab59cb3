// A durable log in memory, for cores under test: it does with a batch what a disk would do, at once.
import type { Entry, HardState, LogIndex, LogView, PersistBatch, Term } from '../../../raft/core/index.ts';

export class MemoryLog implements LogView {
  entriesHeld: Entry[] = [];
  hardState: HardState = { term: 0 as Term, votedFor: undefined };

  firstIndex(): LogIndex {
    return 1 as LogIndex;
  }

  lastIndex(): LogIndex {
    return this.entriesHeld.length as LogIndex;
  }

  term(index: LogIndex): Term | undefined {
    return index === 0 ? (0 as Term) : this.entriesHeld[index - 1]?.term;
  }

  entries(from: LogIndex, to: LogIndex, limitBytes: number): readonly Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    for (const entry of this.entriesHeld.slice(from - 1, to - 1)) {
      bytes += entry.data.length;
      if (taken.length > 0 && bytes > limitBytes) break;
      taken.push(entry);
    }
    return taken;
  }

  write(batch: PersistBatch): void {
    const first = batch.entries[0];
    if (first !== undefined) this.entriesHeld = [...this.entriesHeld.slice(0, first.index - 1), ...batch.entries];
    this.hardState = batch.hardState ?? this.hardState;
  }
}
