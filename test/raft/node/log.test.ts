// The log against a naive model: appends, truncations and reopenings; crashes at any step with any part of what was not
// synced; and damage of every kind, which is either found or harmless, but never a silent loss.
import { describe, expect, it } from 'vitest';
import type { Entry, LogIndex, NodeId, Term } from '../../../raft/core/index.ts';
import { DamageError, JobRunner, openLog } from '../../../raft/node/index.ts';
import { defined, type Prng, prng, UserError } from '../../../src/lib/index.ts';
import { SimDisk } from '../../sim/disk.ts';
import {
  apply,
  type Held,
  IDENTITY,
  interrupted,
  NOTHING,
  open,
  randomBatch,
  read,
  SMALL,
  textOf,
  write,
} from './log-model.ts';

const command = (index: number, term: number, text: string): Entry => ({
  index: index as LogIndex,
  term: term as Term,
  kind: 'command',
  data: Buffer.from(text),
});

/** A log of many segments, and what it holds. */
function written(random: Prng, batches: number): { disk: SimDisk; held: Held } {
  const disk = new SimDisk(random.fork());
  const log = open(disk);
  let held = NOTHING;
  for (let count = 0; count < batches; count += 1) {
    const batch = randomBatch(random, held);
    write(disk, log, batch);
    held = apply(held, batch);
  }
  log.close();
  return { disk, held };
}

describe('the log', () => {
  it('holds what a naive model holds, before and after it is opened again', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = prng(seed);
      const { disk, held } = written(random, 40);
      const log = open(disk);
      expect(textOf(read(log)), `seed ${seed}`).toBe(textOf(held));
      for (const entry of held.entries) expect(log.term(entry.index)).toBe(entry.term);
      expect(log.term((held.entries.length + 1) as LogIndex)).toBeUndefined();
      log.close();
    }
  });

  it('answers with at least one entry, and stops when the limit of bytes is passed', () => {
    const disk = new SimDisk(prng(1));
    const log = open(disk);
    write(disk, log, {
      entries: [command(1, 1, 'aaaa'), command(2, 1, 'bbbb'), command(3, 1, 'cccc')],
      hardState: undefined,
    });
    const lengthOf = (limit: number): number => log.entries(1 as LogIndex, 4 as LogIndex, limit).length;
    expect([lengthOf(0), lengthOf(4), lengthOf(8), lengthOf(100)]).toEqual([1, 1, 2, 3]);
  });

  it('shows a batch only when it is durable', () => {
    const disk = new SimDisk(prng(1));
    const log = open(disk);
    const job = log.prepare({ entries: [command(1, 1, 'a')], hardState: { term: 1 as Term, votedFor: undefined } });
    expect([log.lastIndex(), log.hardState().term]).toEqual([0, 0]);
    new JobRunner(disk).run(job);
    log.completed(job.id);
    expect([log.lastIndex(), log.hardState().term]).toEqual([1, 1]);
  });

  it('after a crash holds everything acknowledged, and of the batch under way a beginning or nothing', () => {
    let torn = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = prng(seed);
      const disk = new SimDisk(random.fork());
      let held = NOTHING;
      for (let life = 0; life < 6; life += 1) {
        const log = open(disk);
        const found = read(log);
        expect(textOf(found), `seed ${seed}, life ${life}`).toBe(textOf(held));
        for (let count = random.int(8); count > 0; count -= 1) {
          const batch = randomBatch(random, held);
          write(disk, log, batch);
          held = apply(held, batch);
        }
        const last = randomBatch(random, held);
        const { steps } = log.prepare(last);
        const done = random.int(steps.length + 1);
        new JobRunner(disk).run({ id: 0, steps: steps.slice(0, done) });
        disk.crash();
        log.close();
        const recovered = openAfterCrash(disk);
        const allowed = done === steps.length ? [apply(held, last)] : interrupted(held, last);
        expect(allowed.map(textOf), `seed ${seed}, life ${life}`).toContain(textOf(recovered));
        if (textOf(recovered) === textOf(held)) torn += 1;
        held = recovered;
      }
    }
    expect(torn).toBeGreaterThan(20);
  });

  it('after a crash while it was made or opened is made or opened again', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = prng(seed);
      const disk = new SimDisk(random.fork());
      crashWithin(disk, random.int(12));
      const log = open(disk);
      write(disk, log, { entries: [command(1, 1, 'a')], hardState: undefined });
      crashWithin(disk, random.int(8));
      expect(read(open(disk)).entries.length, `seed ${seed}`).toBe(1);
    }
  });
});

describe('a damaged log', () => {
  it('with any bit flipped is refused, or holds all it held', () => {
    const outcomes = { refused: 0, whole: 0 };
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = prng(seed);
      const { disk, held } = written(random, 12);
      const name = random.pick(disk.list());
      const file = disk.open(name, 'existing');
      const position = random.int(file.size());
      const byte = defined(file.read(position, 1)[0], 'a byte');
      file.write(position, Uint8Array.of(byte ^ (1 << random.int(8))));
      outcomes[judge(disk, held, `seed ${seed}: ${name} at ${position}`)] += 1;
    }
    expect(outcomes.refused).toBeGreaterThan(100);
    expect(outcomes.whole).toBeGreaterThan(10);
  });

  it('cut short, with a block zeroed, or with a file gone is refused, or holds all it held', () => {
    let refused = 0;
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = prng(seed);
      const { disk, held } = written(random, 12);
      const name = random.pick(disk.list());
      const file = disk.open(name, 'existing');
      const kind = random.int(3);
      if (kind === 0) file.resize(random.int(file.size()));
      if (kind === 1)
        file.write(512 * random.int(Math.ceil(file.size() / 512)), new Uint8Array(Math.min(512, file.size())));
      if (kind === 2) disk.remove(name);
      if (judge(disk, held, `seed ${seed}: ${name}, kind ${kind}`) === 'refused') refused += 1;
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('whose last acknowledged record is lost is refused, with the file, the finding and a remedy', () => {
    const disk = new SimDisk(prng(1));
    const log = open(disk);
    write(disk, log, { entries: [command(1, 1, 'first')], hardState: undefined });
    write(disk, log, { entries: [command(2, 1, 'second')], hardState: undefined });
    const bytes = Buffer.from(disk.open('000000000001.segment', 'existing').read(0, 512));
    disk.open('000000000001.segment', 'existing').write(bytes.indexOf('second'), Buffer.from('SECOND'));
    const error = thrownBy(() => open(disk));
    expect(error).toBeInstanceOf(DamageError);
    expect((error as DamageError).file).toBe('000000000001.segment');
    expect((error as DamageError).message).toContain('a record with a wrong checksum, after record 2 (entry 1)');
    expect((error as DamageError).remedy).toContain('quorate member remove');
  });

  it('is not changed by the attempt to open it', () => {
    const { disk } = written(prng(7), 12);
    const file = disk.open('000000000001.segment', 'existing');
    file.write(60, Uint8Array.of(1, 2, 3));
    const before = contents(disk);
    expect(() => open(disk)).toThrow(DamageError);
    expect(contents(disk)).toEqual(before);
  });

  it('whose older records change while it runs is found by the one who reads them', () => {
    const disk = new SimDisk(prng(1));
    const log = open(disk);
    for (let index = 1; index <= 40; index += 1)
      write(disk, log, {
        entries: [command(index, 1, `entry number ${index} ${'x'.repeat(60)}`)],
        hardState: undefined,
      });
    const file = disk.open('000000000001.segment', 'existing');
    const at = Buffer.from(file.read(0, file.size())).indexOf('entry number 3 ');
    file.write(at, Buffer.from('E'));
    expect(() => log.entries(3 as LogIndex, 4 as LogIndex, 1)).toThrow(DamageError);
    expect(log.entries(4 as LogIndex, 5 as LogIndex, 1)).toHaveLength(1);
  });
});

describe('an identity', () => {
  it('of another member or cluster is refused with a remedy', () => {
    const { disk } = written(prng(1), 3);
    const foreign = thrownBy(() => openLog(disk, { clusterId: 'cluster', nodeId: 'n2' as NodeId }, { limits: SMALL }));
    expect(foreign).toBeInstanceOf(UserError);
    expect((foreign as UserError).message).toContain('belongs to member n1');
    expect(() => openLog(disk, { ...IDENTITY, clusterId: 'other' }, { limits: SMALL })).toThrow(UserError);
  });

  it('is not given to an empty folder when the member is known to have had a log', () => {
    const disk = new SimDisk(prng(1));
    expect(() => openLog(disk, IDENTITY, { limits: SMALL, mustExist: true })).toThrow(UserError);
    expect(disk.list()).toEqual([]);
  });

  it('is not given to a folder with files of somebody else', () => {
    const disk = new SimDisk(prng(1));
    disk.open('holiday.jpg', 'create');
    expect(() => open(disk)).toThrow(UserError);
    expect(disk.list()).toEqual(['holiday.jpg']);
  });
});

/** Opens a log that may only lose what is allowed; anything thrown fails the test. */
function openAfterCrash(disk: SimDisk): Held {
  const log = open(disk);
  const held = read(log);
  log.close();
  return held;
}

/** Opens the log and crashes after `calls` calls that change the disk; a log that is opened sooner crashes then. */
function crashWithin(disk: SimDisk, calls: number): void {
  let left = calls;
  const spend = (): void => {
    left -= 1;
    if (left < 0) throw new Error('crash');
  };
  const failing = new Proxy(disk, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (property !== 'list') spend();
        const result: unknown = value.apply(target, given);
        return property === 'open' ? countingFile(result as object, spend) : result;
      };
    },
  });
  try {
    open(failing);
  } catch (error) {
    if ((error as Error).message !== 'crash') throw error;
  }
  disk.crash();
}

function countingFile(file: object, spend: () => void): object {
  return new Proxy(file, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (property === 'write' || property === 'resize' || property === 'sync') spend();
        return value.apply(target, given) as unknown;
      };
    },
  });
}

/** Refused with an error for people, or whole: a third outcome fails the test. */
function judge(disk: SimDisk, held: Held, what: string): 'refused' | 'whole' {
  let found: Held;
  try {
    found = openAfterCrash(disk);
  } catch (error) {
    expect(error, what).toBeInstanceOf(UserError);
    return 'refused';
  }
  expect(textOf(found), what).toBe(textOf(held));
  return 'whole';
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function contents(disk: SimDisk): readonly (readonly [string, Buffer])[] {
  return disk.list().map((name) => {
    const file = disk.open(name, 'existing');
    return [name, Buffer.from(file.read(0, file.size()))] as const;
  });
}
