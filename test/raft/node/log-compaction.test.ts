// The log that loses its beginning: segments below what is durable elsewhere go, and a snapshot may take the place of all
// of it; with crashes at any step, and against a naive model that forgets nothing.
import { describe, expect, it } from 'vitest';
import type { Entry, LogIndex, LogPosition, Term } from '../../../raft/core/index.ts';
import { DamageError, JobRunner, type RaftLog } from '../../../raft/node/index.ts';
import { type Prng, prng } from '../../../src/lib/index.ts';
import { SimDisk } from '../../sim/disk.ts';
import { apply, type Held, interrupted, NOTHING, open, randomBatch, SMALL, textOf } from './log-model.ts';

/** Random batches truncate no deeper than this below the end. */
const UNDECIDED = 7;

/** What the model holds, from where the log begins; and that the log begins where it may. */
function expectHolds(log: RaftLog, held: Held, floor: number, what: string): void {
  const first = log.firstIndex();
  const end = (log.lastIndex() + 1) as LogIndex;
  expect(first, what).toBeLessThanOrEqual(floor + 1);
  expect(log.term((first - 1) as LogIndex), what).toBe(held.entries[first - 2]?.term ?? 0);
  expect(log.term((first - 2) as LogIndex), what).toBeUndefined();
  const entries = end > first ? log.entries(first, end, Number.MAX_SAFE_INTEGER) : [];
  const expected = { entries: held.entries.slice(first - 1), hardState: held.hardState };
  expect(textOf({ entries, hardState: log.hardState() }), what).toBe(textOf(expected));
}

/** A snapshot beyond the log, or over the end of it; the model then holds made-up entries that nobody may ask for. */
function randomReset(random: Prng, held: Held, floor: number): { readonly reset: LogPosition; readonly after: Held } {
  const index = (floor + 1 + random.int(held.entries.length - floor + 10)) as LogIndex;
  const term = held.hardState.term;
  const entries = Array.from({ length: index }, (_, i): Entry => {
    const known = held.entries[i];
    if (known !== undefined && i + 1 < index) return known;
    return { index: (i + 1) as LogIndex, term, kind: 'noop', data: new Uint8Array(0) };
  });
  return { reset: { index, term }, after: { entries, hardState: held.hardState } };
}

function run(disk: SimDisk, log: RaftLog, steps: ReturnType<RaftLog['prepare']>['steps'], id: number): void {
  const runner = new JobRunner(disk);
  runner.run({ id, steps });
  runner.close();
  log.completed(id);
}

describe('a log that is compacted', () => {
  it('holds what the model holds from its first entry on, also after crashes at any step of any batch', () => {
    const met = { cuts: 0, resets: 0, crashes: 0 };
    for (let seed = 1; seed <= 80; seed += 1) {
      const random = prng(seed);
      const disk = new SimDisk(random.fork());
      let held = NOTHING;
      let floor = 0;
      let log = open(disk);
      for (let step = 0; step < 60; step += 1) {
        const what = `seed ${seed}, step ${step}`;
        if (random.chance(0.3)) {
          floor = Math.max(floor, held.entries.length - UNDECIDED);
          log.compact(floor as LogIndex, floor as LogIndex);
        }
        const resets = held.hardState.term > 0 && random.chance(0.04);
        const made = resets ? randomReset(random, held, floor) : undefined;
        const reset = made?.reset;
        const batch = resets ? { hardState: undefined, entries: [], reset } : randomBatch(random, held);
        if (batch.entries.some((entry) => entry.index <= floor)) continue;
        const next = made?.after ?? apply(held, batch);
        const { id, steps } = log.prepare(batch);
        const first = log.firstIndex();
        if (random.chance(0.1)) {
          met.crashes += 1;
          const done = random.int(steps.length + 1);
          new JobRunner(disk).run({ id, steps: steps.slice(0, done) });
          disk.crash();
          log.close();
          log = open(disk);
          const allowed =
            reset === undefined ? interrupted(held, batch) : [log.firstIndex() === reset.index + 1 ? next : held];
          const last = log.lastIndex();
          const found = allowed.find(
            (state) => state.entries.length === last && textOfEnd(state, log) === textOfLog(log),
          );
          expect(found, what).toBeDefined();
          held = found ?? held;
          if (done === steps.length) expect(textOfEnd(next, log), what).toBe(textOfLog(log));
          if (held === next && reset !== undefined) floor = reset.index;
        } else {
          run(disk, log, steps, id);
          held = next;
          if (reset !== undefined) {
            met.resets += 1;
            floor = reset.index;
          } else if (log.firstIndex() > first) met.cuts += 1;
        }
        expectHolds(log, held, floor, what);
      }
      log.close();
      expectHolds(open(disk), held, floor, `seed ${seed}, opened again`);
    }
    expect(met.cuts).toBeGreaterThan(200);
    expect(met.resets).toBeGreaterThan(50);
    expect(met.crashes).toBeGreaterThan(200);
  });

  it('removes what a crash left of its beginning, and misses nothing that it still promises', () => {
    const disk = new SimDisk(prng(1));
    const log = open(disk);
    for (let index = 1; index <= 200; index += 1) {
      log.compact((index - 1) as LogIndex, (index - 1) as LogIndex);
      const { id, steps } = log.prepare({
        hardState: undefined,
        entries: [{ index: index as LogIndex, term: 1 as Term, kind: 'command', data: new Uint8Array(100) }],
      });
      const removes = steps.some((step) => step.kind === 'remove');
      const kept = removes && index > 150 ? steps.filter((step) => step.kind !== 'remove') : steps;
      run(disk, log, kept, id);
    }
    log.close();
    const files = disk.list().length;
    expect(open(disk).lastIndex()).toBe(200);
    expect(disk.list().length).toBeLessThan(files);
    const segments = disk.list().filter((name) => name.endsWith('.segment'));
    disk.remove(segments[0] ?? '');
    expect(() => open(disk)).toThrow(DamageError);
  });

  it('keeps closed segments up to its limit, for members that lag a little', () => {
    const disk = new SimDisk(prng(1));
    const log = open(disk, { ...SMALL, keptBytes: 3 * SMALL.segmentLimitBytes });
    for (let index = 1; index <= 300; index += 1) {
      log.compact((index - 1) as LogIndex, (index - 1) as LogIndex);
      const { id, steps } = log.prepare({
        hardState: undefined,
        entries: [{ index: index as LogIndex, term: 1 as Term, kind: 'command', data: new Uint8Array(100) }],
      });
      run(disk, log, steps, id);
    }
    const segments = disk.list().filter((name) => name.endsWith('.segment'));
    expect(segments).toHaveLength(4);
    expect(log.firstIndex()).toBeGreaterThan(200);
  });
});

describe('a log of which a follower is being sent the beginning', () => {
  it('keeps that, up to a limit of its own', () => {
    const disk = new SimDisk(prng(1));
    const log = open(disk, { ...SMALL, laggardBytes: 5 * SMALL.segmentLimitBytes });
    const firsts: number[] = [];
    for (let index = 1; index <= 200; index += 1) {
      log.compact((index - 1) as LogIndex, 10 as LogIndex);
      const { id, steps } = log.prepare({
        hardState: undefined,
        entries: [{ index: index as LogIndex, term: 1 as Term, kind: 'command', data: new Uint8Array(100) }],
      });
      run(disk, log, steps, id);
      if (index % 50 === 0) firsts.push(log.firstIndex());
    }
    expect(firsts[0]).toBeLessThanOrEqual(11);
    expect(firsts[3]).toBeGreaterThan(100);
    expect(disk.list().filter((name) => name.endsWith('.segment'))).toHaveLength(6);
  });
});

function textOfLog(log: RaftLog): string {
  const first = log.firstIndex();
  const end = (log.lastIndex() + 1) as LogIndex;
  const entries = end > first ? log.entries(first, end, Number.MAX_SAFE_INTEGER) : [];
  return textOf({ entries, hardState: log.hardState() });
}

function textOfEnd(held: Held, log: RaftLog): string {
  return textOf({ entries: held.entries.slice(log.firstIndex() - 1), hardState: held.hardState });
}
