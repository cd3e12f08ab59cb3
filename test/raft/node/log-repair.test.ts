// A damaged log is set aside and begun anew if it is known what it had promised; a crash at any time only delays that.
import { describe, expect, it } from 'vitest';
import type { Entry, HardState, LogIndex, NodeId, Term } from '../../../raft/core/index.ts';
import {
  DamageError,
  type Disk,
  type DiskFile,
  openLog,
  type Quarantine,
  type RaftLog,
} from '../../../raft/node/index.ts';
import { prng } from '../../../src/lib/index.ts';
import { SimDisk } from '../../sim/disk.ts';
import { IDENTITY, open, read, SMALL, write } from './log-model.ts';

function entry(index: number): Entry {
  return { index: index as LogIndex, term: 3 as Term, kind: 'command', data: new Uint8Array(40) };
}

function filled(seed: number, votedFor?: NodeId): SimDisk {
  const disk = new SimDisk(prng(seed));
  const log = open(disk);
  write(disk, log, { entries: [entry(1)], hardState: { term: 3 as Term, votedFor } });
  for (let index = 2; index <= 60; index += 1) write(disk, log, { entries: [entry(index)], hardState: undefined });
  log.close();
  return disk;
}

function damaged(seed: number, votedFor?: NodeId): SimDisk {
  const disk = filled(seed, votedFor);
  disk.tamper('000000000001.segment', (bytes) => bytes.fill(7, 300, 310));
  return disk;
}

/** A disk whose machine loses power at its operation `left`: it fails from then on. */
class DyingDisk implements Disk, Quarantine {
  private readonly disk: SimDisk;
  private left: number;

  constructor(disk: SimDisk, left: number) {
    this.disk = disk;
    this.left = left;
  }

  private step(): void {
    this.left -= 1;
    if (this.left < 0) throw new Error('power loss');
  }

  list(): readonly string[] {
    return this.disk.list();
  }

  open(name: string, mode: 'existing' | 'create'): DiskFile {
    if (mode === 'create') this.step();
    const file = this.disk.open(name, mode);
    const step = (): void => this.step();
    return {
      size: () => file.size(),
      read: (position, length) => file.read(position, length),
      write(position, bytes) {
        step();
        file.write(position, bytes);
      },
      resize(bytes) {
        step();
        file.resize(bytes);
      },
      sync() {
        step();
        file.sync();
      },
      close: () => file.close(),
    };
  }

  remove(name: string): void {
    this.step();
    this.disk.remove(name);
  }

  rename(from: string, to: string): void {
    this.step();
    this.disk.rename(from, to);
  }

  syncDirectory(): void {
    this.step();
    this.disk.syncDirectory();
  }

  admit(): void {}

  setAside(name: string, label: string): void {
    this.step();
    this.disk.setAside(name, label);
  }
}

/** The two slots of a marker begin there. */
const SLOTS = [0, 4096] as const;

function loseSlot(disk: SimDisk, slot: number): void {
  disk.tamper('marker', (bytes) => bytes.fill(0, slot, slot + 512));
}

function repair(disk: Disk & Quarantine, incarnation: string): RaftLog {
  const means = { quarantine: disk, label: incarnation, incarnation };
  return openLog(disk, IDENTITY, { limits: SMALL, repair: means });
}

describe('a log that is damaged', () => {
  it('is begun anew, with its term kept and its vote spent, until it holds what the lost one may have acknowledged', () => {
    const disk = damaged(1);
    const log = repair(disk, 'second');
    expect(log.life).toEqual({ generation: 1, repairing: true });
    expect([log.lastIndex(), log.hardState(), log.former]).toEqual([0, { term: 3, votedFor: 'n1' }, ['first']]);
    expect(log.damage).toContain('000000000001.segment');
    expect(repair(disk, 'third').incarnation).toBe('second');
    write(disk, log, { entries: [], hardState: undefined, endsRepair: true });
    expect(repair(disk, 'third').life).toEqual({ generation: 1, repairing: false });
  });

  it('is not touched without a place to set it aside, nor when its marker is not whole', () => {
    expect(() => open(damaged(1))).toThrow(DamageError);
    const disk = damaged(1);
    disk.tamper('marker', (bytes) => bytes.fill(9, 10, 20));
    expect(() => repair(disk, 'second')).toThrow(/quorate member|damaged/);
    expect(disk.list()).toContain('000000000001.segment');
  });

  it.each([undefined, 'n1', 'n2'])(
    'is repaired although power is lost at each step of it, and never has its vote free (it was %s)',
    (vote) => {
      const votedFor = vote as NodeId | undefined;
      const spent: HardState = { term: 3 as Term, votedFor: votedFor ?? ('n1' as NodeId) };
      let steps = 0;
      for (let isOver = false; !isOver; steps += 1) {
        for (const seed of [1, 2, 3]) {
          const disk = damaged(seed, votedFor);
          try {
            repair(new DyingDisk(disk, steps), 'second');
            isOver = true;
          } catch (error) {
            expect(String(error)).toContain('power loss');
          }
          disk.crash();
          // And once more, a little later.
          try {
            repair(new DyingDisk(disk, steps % 7), 'third');
          } catch (error) {
            expect(String(error)).toContain('power loss');
          }
          disk.crash();
          const log = repair(disk, 'fourth');
          expect([log.life, log.hardState(), log.former], `power lost at step ${steps}`).toEqual([
            { generation: 1, repairing: true },
            spent,
            ['first'],
          ]);
          expect(log.lastIndex()).toBe(0);
        }
      }
      expect(steps).toBeGreaterThan(20);
    },
  );

  it('is the same when one slot of its marker is lost beside a log that is whole to its end', () => {
    for (const slot of SLOTS) {
      const disk = filled(1);
      const before = read(open(filled(1)));
      loseSlot(disk, slot);
      const log = repair(disk, 'second');
      expect(log.life).toEqual({ generation: 0, repairing: false });
      expect(read(log)).toEqual(before);
    }
  });

  it('is not believed when it breaks off where the slot that is lost may have promised more', () => {
    for (const slot of SLOTS) {
      const disk = filled(1);
      // A record that was on its way to the disk: its beginning is there.
      const job = open(disk).prepare({ entries: [entry(61)], hardState: undefined });
      const torn = job.steps.find((step) => step.kind === 'write' && step.file.endsWith('.segment'));
      if (torn?.kind !== 'write') throw new Error('the job writes to a segment');
      const last = torn.file;
      disk.tamper(last, (bytes) => {
        const allocated = new Uint8Array(Math.max(bytes.length, torn.position + SMALL.segmentStepBytes));
        allocated.set(bytes);
        allocated.set(torn.bytes.subarray(0, 20), torn.position);
        return allocated;
      });
      loseSlot(disk, slot);
      expect(() => repair(disk, 'second'), `slot at ${slot}`).toThrow(/one of its slots is not intact/);
      expect(disk.list()).toContain(last);
    }
  });

  it('asks to be replaced when its identity is lost before the fresh one was written to: it is not taken for a new one', () => {
    for (const also of ['marker', '000000000001.segment', undefined]) {
      const disk = damaged(1);
      repair(disk, 'second').close();
      for (const name of ['identity', also]) if (name !== undefined) disk.tamper(name, () => undefined);
      expect(() => repair(disk, 'third'), `${also} lost too`).toThrow(DamageError);
    }
  });
});
