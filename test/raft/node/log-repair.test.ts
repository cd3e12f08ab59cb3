// A damaged log is set aside and begun anew if it is known what it had promised; a crash at any time only delays that.
import { describe, expect, it } from 'vitest';
import type { Entry, LogIndex, Term } from '../../../raft/core/index.ts';
import { DamageError, openLog, type RaftLog } from '../../../raft/node/index.ts';
import { prng } from '../../../src/lib/index.ts';
import { SimDisk } from '../../sim/disk.ts';
import { IDENTITY, open, SMALL, write } from './log-model.ts';

function damaged(seed: number): SimDisk {
  const disk = new SimDisk(prng(seed));
  const log = open(disk);
  const entry = (index: number): Entry => {
    return { index: index as LogIndex, term: 3 as Term, kind: 'command', data: new Uint8Array(40) };
  };
  write(disk, log, { entries: [entry(1)], hardState: { term: 3 as Term, votedFor: undefined } });
  for (let index = 2; index <= 60; index += 1) write(disk, log, { entries: [entry(index)], hardState: undefined });
  log.close();
  disk.tamper('000000000001.segment', (bytes) => bytes.fill(7, 300, 310));
  return disk;
}

function repair(disk: SimDisk, incarnation: string): RaftLog {
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
});
