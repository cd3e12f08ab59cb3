// What a power cut may leave, against a naive model that remembers every content a sector ever had.
import { describe, expect, it } from 'vitest';
import { type ChangeNote, type Note, unsynced } from '../../chaos/shim/journal.ts';
import { choosePowerCut, type FileUndo, SECTOR_BYTES } from '../../chaos/shim/power-cut.ts';
import { type Prng, prng } from '../../src/lib/index.ts';

const INODE = 7;
const FOLDER = 1;

/** A file that is changed at random, with the notes that the shim would make, and every sector's and size's past. */
function changedFile(random: Prng) {
  let content = Buffer.alloc(random.int(4 * SECTOR_BYTES), 'o');
  const pasts: Buffer[] = [Buffer.from(content)];
  const notes: ChangeNote[] = [];
  for (let position = 0; position < 1 + random.int(8); position += 1) {
    const sizeBefore = content.byteLength;
    if (random.chance(0.2)) {
      const size = random.int(sizeBefore + 1);
      notes.push({ kind: 'resize', position, inode: INODE, size, sizeBefore, bytes: content.subarray(size) });
      content = Buffer.from(content.subarray(0, size));
    } else {
      const offset = random.int(sizeBefore + 1);
      const length = 1 + random.int(3 * SECTOR_BYTES);
      const bytes = content.subarray(offset, offset + length);
      notes.push({ kind: 'write', position, inode: INODE, offset, length, sizeBefore, bytes });
      const grown = Buffer.alloc(Math.max(sizeBefore, offset + length));
      grown.set(content);
      grown.fill(String(position), offset, offset + length);
      content = grown;
    }
    pasts.push(Buffer.from(content));
  }
  return { notes, pasts, content };
}

/** As undoInFile does it on a real file. */
function undone(content: Buffer, { restored, size }: FileUndo): Buffer {
  const length = Math.max(content.byteLength, size ?? 0);
  const file = Buffer.alloc(length);
  file.set(content);
  for (const { offset, bytes } of restored) if (offset < length) file.set(bytes.subarray(0, length - offset), offset);
  return file.subarray(0, size ?? length);
}

function sector(file: Buffer, number: number, size: number): Buffer {
  const whole = Buffer.alloc(SECTOR_BYTES);
  whole.set(file.subarray(number * SECTOR_BYTES, Math.min(size, (number + 1) * SECTOR_BYTES)));
  return whole;
}

describe('a power cut', () => {
  it('leaves each sector with a content that it had since its last sync, or with zeroes where it never arrived, and a size that the file had', () => {
    for (let seed = 1; seed <= 600; seed += 1) {
      const random = prng(seed);
      const { notes, pasts, content } = changedFile(random);
      const [undo] = choosePowerCut(notes, random).files;
      const left = undone(content, undo ?? { inode: INODE, restored: [], size: undefined });
      expect(
        pasts.map((past) => past.byteLength),
        `seed ${seed}`,
      ).toContain(left.byteLength);
      for (let number = 0; number * SECTOR_BYTES < left.byteLength; number += 1) {
        const found = sector(left, number, left.byteLength);
        const possible = pasts.map((past) => sector(past, number, left.byteLength));
        const arrived = possible.some((past) => past.equals(found));
        expect(arrived || partlyZero(found, possible), `seed ${seed}, sector ${number}`).toBe(true);
      }
    }
  });

  it('keeps, loses and tears: over many seeds all of it happens to one write', () => {
    const length = 2 * SECTOR_BYTES;
    const write: ChangeNote = {
      kind: 'write',
      position: 0,
      inode: INODE,
      offset: 0,
      length,
      sizeBefore: length,
      bytes: Buffer.alloc(length),
    };
    const lost = new Set<number>();
    for (let seed = 1; seed <= 100; seed += 1)
      lost.add(choosePowerCut([write], prng(seed)).files[0]?.restored.length ?? 0);
    expect([...lost].sort()).toEqual([0, 1, 2]);
  });

  it('undoes the newest names, never an older one and not the newer', () => {
    const names = [1, 2, 3].map(
      (position): ChangeNote => ({ kind: 'create', position, inode: position, parent: FOLDER, path: `/f${position}` }),
    );
    const undoneNames = new Set<string>();
    for (let seed = 1; seed <= 100; seed += 1)
      undoneNames.add(
        choosePowerCut(names, prng(seed))
          .names.map(({ inode }) => inode)
          .join(','),
      );
    expect([...undoneNames].sort()).toEqual(['', '3', '3,2', '3,2,1']);
  });

  it('cannot undo what a later sync covered, and can what came after that sync began', () => {
    const write = (position: number): Note => ({
      kind: 'write',
      position,
      inode: INODE,
      offset: 0,
      length: 1,
      sizeBefore: 1,
      bytes: Buffer.alloc(1),
    });
    const notes: Note[] = [
      write(0),
      { kind: 'create', position: 100, inode: INODE, parent: FOLDER, path: '/f' },
      { kind: 'rename', position: 200, inode: 9, parent: FOLDER, parentTo: FOLDER, from: '/a', to: '/b', saved: '' },
      write(300),
      { kind: 'synced', position: 400, inode: INODE, upTo: 250 },
    ];
    expect(unsynced(notes).map(({ kind, position }) => `${kind} ${position}`)).toEqual(['rename 200', 'write 300']);
    expect(
      unsynced([...notes, { kind: 'synced', position: 500, inode: FOLDER, upTo: 450 }]).map(({ kind }) => kind),
    ).toEqual(['write']);
  });
});

/** A sector of which the part beyond some former size never arrived: the rest is as it was. */
function partlyZero(found: Buffer, possible: readonly Buffer[]): boolean {
  return found.every((byte, at) => byte === 0 || possible.some((past) => past[at] === byte));
}
