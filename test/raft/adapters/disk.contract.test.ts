// The contract of Disk, run by the real one and by the simulator's: the log works on either.

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../../raft/adapters/index.ts';
import type { Disk } from '../../../raft/node/index.ts';
import { prng, UserError } from '../../../src/lib/index.ts';
import { SimDisk } from '../../sim/disk.ts';
import { temporaryFolder } from './members.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
let count = 0;
const nextFolder = (): string => join(folder.path, `disk-${count++}`);

const DISKS: readonly (readonly [name: string, make: () => Disk])[] = [
  ['the real disk', () => nodeDisk(nextFolder())],
  ['the simulated disk', () => new SimDisk(prng(1))],
];

for (const [name, make] of DISKS) {
  describe(name, () => {
    it('begins empty and lists the names of its files in order', () => {
      const disk = make();
      expect(disk.list()).toEqual([]);
      for (const each of ['b', 'a', 'c']) disk.open(each, 'create').close();
      expect(disk.list()).toEqual(['a', 'b', 'c']);
    });

    it('does not create what is there, nor open what is not', () => {
      const disk = make();
      disk.open('a', 'create').close();
      expect(() => disk.open('a', 'create')).toThrow();
      expect(() => disk.open('b', 'existing')).toThrow();
    });

    it('reads what was written, at any position, and less only at the end', () => {
      const file = make().open('a', 'create');
      file.write(3, Buffer.from('three'));
      expect(file.size()).toBe(8);
      expect(Buffer.from(file.read(0, 8)).toString('latin1')).toBe('\0\0\0three');
      expect(Buffer.from(file.read(5, 100)).toString('latin1')).toBe('ree');
      expect(file.read(8, 1)).toHaveLength(0);
      file.close();
    });

    it('shows one handle what another has written', () => {
      const disk = make();
      const writer = disk.open('a', 'create');
      const reader = disk.open('a', 'existing');
      writer.write(0, Buffer.from('shared'));
      expect(Buffer.from(reader.read(0, 6)).toString('latin1')).toBe('shared');
      writer.close();
      reader.close();
    });

    it('cuts a file, and extends it with zeroes', () => {
      const file = make().open('a', 'create');
      file.write(0, Buffer.from('abcdef'));
      file.resize(2);
      file.resize(5);
      expect(Buffer.from(file.read(0, 10)).toString('latin1')).toBe('ab\0\0\0');
      file.sync();
      file.close();
    });

    it('renames over another file, and removes', () => {
      const disk = make();
      const draft = disk.open('draft', 'create');
      draft.write(0, Buffer.from('new'));
      draft.close();
      disk.open('name', 'create').close();
      disk.rename('draft', 'name');
      disk.syncDirectory();
      expect(disk.list()).toEqual(['name']);
      expect(Buffer.from(disk.open('name', 'existing').read(0, 3)).toString('latin1')).toBe('new');
      disk.remove('name');
      expect(disk.list()).toEqual([]);
    });
  });
}

describe('the real disk alone', () => {
  it('allocates what it extends', () => {
    const path = nextFolder();
    const file = nodeDisk(path).open('a', 'create');
    file.resize(3 * 1024 * 1024);
    file.sync();
    file.close();
    const { size, blocks } = statSync(join(path, 'a'));
    expect([size, blocks * 512 >= size]).toEqual([3 * 1024 * 1024, true]);
  });

  it('says what to do when its folder cannot be made', () => {
    const path = nextFolder();
    writeFileSync(path, 'a file');
    expect(() => nodeDisk(path)).toThrow(UserError);
  });
});

describe('the simulated disk alone', () => {
  it('loses at a crash nothing that was synced, and something that was not', () => {
    let lost = 0;
    for (let seed = 1; seed <= 50; seed += 1) {
      const disk = new SimDisk(prng(seed));
      const file = disk.open('a', 'create');
      file.write(0, Buffer.from('synced'));
      file.sync();
      disk.syncDirectory();
      file.write(6, Buffer.from('unsynced'));
      disk.crash();
      const text = Buffer.from(disk.open('a', 'existing').read(0, 100)).toString('latin1');
      expect(text.startsWith('synced')).toBe(true);
      if (text !== 'syncedunsynced') lost += 1;
    }
    expect(lost).toBeGreaterThan(10);
  });
});
