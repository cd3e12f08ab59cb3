// The log tail against a naive model: an array, and a disk that does what it is told in order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, LogIndex, PersistBatch, Term } from '../../../raft/core/index.ts';
import { LogTail } from '../../../raft/core/log-tail.ts';
import { MemoryLog } from './memory-log.ts';

function entry(index: number, term: number): Entry {
  return { index: index as LogIndex, term: term as Term, kind: 'command', data: new Uint8Array([index, term]) };
}

function batchOf(entries: readonly Entry[]): PersistBatch {
  return { id: 1, hardState: undefined, entries, reset: undefined, endsRepair: false, sendAfterPersist: [] };
}

type Step =
  | { readonly kind: 'append'; readonly back: number; readonly terms: readonly number[] }
  | { readonly kind: 'write' }
  | { readonly kind: 'persisted' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    back: fc.nat(4),
    terms: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('write' as const) }),
  fc.record({ kind: fc.constant('persisted' as const) }),
);

describe('the log tail', () => {
  it('reads like an array, and calls durable only what the disk holds in this very form', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const disk = new MemoryLog();
        const tail = new LogTail(disk);
        let model: Entry[] = [];
        let outstanding: readonly Entry[] | undefined;
        for (const action of steps) {
          if (action.kind === 'append') {
            const keep = Math.max(0, model.length - action.back);
            const added = action.terms.map((term, i) => entry(keep + 1 + i, term));
            model = [...model.slice(0, keep), ...added];
            tail.append(added);
          } else if (action.kind === 'write' && outstanding === undefined && tail.hasUnwritten()) {
            outstanding = tail.write();
          } else if (action.kind === 'persisted' && outstanding !== undefined) {
            disk.write(batchOf(outstanding));
            outstanding = undefined;
            tail.persisted();
          }
          expect(tail.lastIndex()).toBe(model.length);
          expect(tail.entries(1 as LogIndex, 100 as LogIndex, 1e6)).toEqual(model);
          const durable = tail.durableIndex();
          expect(disk.entriesHeld.slice(0, durable)).toEqual(model.slice(0, durable));
        }
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });

  it('does not take an outstanding write for a later copy of the same entry (ABA across terms)', () => {
    const disk = new MemoryLog();
    const tail = new LogTail(disk);
    tail.append([entry(1, 1)]);
    disk.write(batchOf(tail.write()));
    tail.persisted();
    const a = entry(2, 1);
    tail.append([a]);
    const written = tail.write();
    tail.append([entry(2, 2)]);
    tail.append([a]);
    disk.write(batchOf(written));
    tail.persisted();
    expect(tail.durableIndex()).toBe(1);
    expect(tail.write()).toEqual([a]);
  });

  it('limits what it hands out by bytes, with one entry at least', () => {
    const disk = new MemoryLog();
    const tail = new LogTail(disk);
    tail.append([entry(1, 1), entry(2, 1), entry(3, 1)]);
    const written = tail.write();
    disk.write(batchOf(written));
    tail.persisted();
    tail.append([entry(4, 1), entry(5, 1)]);
    const from = (index: number, bytes: number) =>
      tail.entries(index as LogIndex, 100 as LogIndex, bytes).map((e) => e.index);
    expect(from(1, 0)).toEqual([1]);
    expect(from(1, 4)).toEqual([1, 2]);
    expect(from(2, 6)).toEqual([2, 3, 4]);
    expect(from(5, 1)).toEqual([5]);
  });

  it('finds where two logs may agree like a search from the end', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { maxLength: 10 }), fc.nat(12), fc.nat(8), (steps, index, term) => {
        const disk = new MemoryLog();
        const termAt = (i: number): number => steps.slice(0, i + 1).reduce((sum, more) => sum + more, 1);
        disk.entriesHeld = steps.map((_, i) => entry(i + 1, termAt(i)));
        const tail = new LogTail(disk);
        const naive = [entry(0, 0), ...disk.entriesHeld].findLast((e) => e.index <= index && e.term <= term);
        expect(tail.lastAtMost(index as LogIndex, term as Term).index).toBe(naive?.index);
      }),
      { seed: 7 },
    );
  });

  it('refuses a gap', () => {
    expect(() => new LogTail(new MemoryLog()).append([entry(2, 1)])).toThrow('gap');
  });
});
