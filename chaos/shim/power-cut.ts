// What a disk could hold after a power cut: of everything that was not synced each sector may have been written or not.
//
// The page cache gives a sector to the disk as it is at that moment, so a sector has one of the contents that it had since
// its last sync: undone are its newest changes, up to some point. Names are kept by the file system's own journal, in order:
// undone are the newest of them. The choices are the seed's.
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Prng } from '../../src/lib/index.ts';
import { type ChangeNote, type NameNote, parseJournal, type ResizeNote, unsynced, type WriteNote } from './journal.ts';

export const SECTOR_BYTES = 512;
/** Of a hundred unsynced writes so many are kept whole, so many lost whole, and the others torn. */
const KEPT_SHARE = 0.35;
const LOST_SHARE = 0.35;

/** Bytes that come back. */
export interface Restored {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What becomes of one file. */
export interface FileUndo {
  readonly inode: number;
  /** In the order in which they are written. */
  readonly restored: readonly Restored[];
  /** Its size in the end; undefined: as it is. */
  readonly size: number | undefined;
}

export interface PowerCut {
  readonly files: readonly FileUndo[];
  /** Undone one after the other. */
  readonly names: readonly NameNote[];
}

/** What was cut off: for the report. */
export interface PowerCutSummary {
  readonly unsynced: number;
  readonly files: number;
  readonly names: number;
}

/** Chooses what is lost of what was not synced. */
export function choosePowerCut(changes: readonly ChangeNote[], random: Prng): PowerCut {
  const byFile = new Map<number, (WriteNote | ResizeNote)[]>();
  const names: NameNote[] = [];
  for (const change of changes) {
    if (change.kind !== 'write' && change.kind !== 'resize') names.push(change);
    else byFile.set(change.inode, [...(byFile.get(change.inode) ?? []), change]);
  }
  return {
    files: [...byFile].map(([inode, own]) => undoFile(inode, own, random)),
    names: names.slice(random.int(names.length + 1)).reverse(),
  };
}

function undoFile(inode: number, changes: readonly (WriteNote | ResizeNote)[], random: Prng): FileUndo {
  const file = new Undoing();
  for (const change of [...changes].reverse()) {
    if (change.kind === 'resize') file.resize(change, random.chance(0.5));
    else file.write(change, survivors(change, random));
  }
  return { inode, restored: file.restored, size: file.size };
}

/** Which sectors of a write had been written. */
function survivors(write: WriteNote, random: Prng): (sector: number) => boolean {
  const fate = random.int(1_000) / 1_000;
  if (fate < KEPT_SHARE) return () => true;
  if (fate < KEPT_SHARE + LOST_SHARE) return () => false;
  const kept = new Set(sectorsOf(write).filter(() => random.chance(0.5)));
  return (sector) => kept.has(sector);
}

function sectorsOf({ offset, length }: WriteNote): readonly number[] {
  const first = Math.floor(offset / SECTOR_BYTES);
  const last = Math.floor((offset + length - 1) / SECTOR_BYTES);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** One file, its changes undone from the newest on. */
class Undoing {
  readonly restored: Restored[] = [];
  size: number | undefined;
  /** Sectors that a newer change has left on the disk: they hold what older ones wrote, too. */
  readonly #settled = new Set<number>();
  #sizeSettled = false;
  /** What stood beyond was cut off, and that has lasted. */
  #limit = Number.POSITIVE_INFINITY;

  write(note: WriteNote, survives: (sector: number) => boolean): void {
    const { offset, length, sizeBefore, bytes } = note;
    let grown = false;
    for (const sector of sectorsOf(note)) {
      const from = Math.max(offset, sector * SECTOR_BYTES);
      const to = Math.min(offset + length, (sector + 1) * SECTOR_BYTES);
      if (survives(sector) || this.#settled.has(sector)) {
        this.#settled.add(sector);
        grown ||= to > sizeBefore;
      } else if (from < this.#limit) {
        // A part of a longer file that never arrived reads as zeroes.
        const before = Buffer.alloc(Math.min(to, this.#limit) - from);
        before.set(bytes.subarray(from - offset, from - offset + before.byteLength));
        this.restored.push({ offset: from, bytes: before });
      }
    }
    if (offset + length <= sizeBefore || this.#sizeSettled) return;
    if (grown) this.#sizeSettled = true;
    else this.size = sizeBefore;
  }

  resize({ size, sizeBefore, bytes }: ResizeNote, survives: boolean): void {
    if (survives || this.#sizeSettled) {
      this.#sizeSettled = true;
      this.#limit = Math.min(this.#limit, size);
      return;
    }
    this.size = sizeBefore;
    if (bytes.byteLength > 0) this.restored.push({ offset: size, bytes });
  }
}

/**
 * Cuts the power of a process that is stopped (SIGSTOP), and will not go on: rolls its files back, and forgets the journal.
 * `root`: the folder that the shim watches.
 */
export function cutPower(root: string, journalFolder: string, random: Prng): PowerCutSummary {
  const journal = join(journalFolder, 'journal');
  const changes = existsSync(journal) ? unsynced(parseJournal(readFileSync(journal))) : [];
  const cut = choosePowerCut(changes, random);
  const paths = new Map([...pathsBelow(root), ...pathsBelow(journalFolder)]);
  for (const file of cut.files) {
    const path = paths.get(file.inode);
    // Without a name it is gone in any case.
    if (path !== undefined) undoInFile(path, file);
  }
  for (const name of cut.names) undoName(name);
  for (const name of readdirSync(journalFolder)) rmSync(join(journalFolder, name));
  return { unsynced: changes.length, files: cut.files.length, names: cut.names.length };
}

/** Files by inode. */
function pathsBelow(folder: string): readonly (readonly [number, string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [lstatSync(path).ino, path] as const;
    });
}

function undoInFile(path: string, { restored, size }: FileUndo): void {
  const descriptor = openSync(path, 'r+');
  try {
    for (const { offset, bytes } of restored) {
      // A write that was noted and never done left the file as short as it was.
      const length = Math.min(bytes.byteLength, Math.max(0, Math.max(fstatSync(descriptor).size, size ?? 0) - offset));
      writeSync(descriptor, bytes, 0, length, offset);
    }
    if (size !== undefined && size < fstatSync(descriptor).size) ftruncateSync(descriptor, size);
  } finally {
    closeSync(descriptor);
  }
}

/** Undoes what was done: a note may tell of a change that was never made. */
function undoName(note: NameNote): void {
  switch (note.kind) {
    case 'create':
      if (inodeOf(note.path) !== note.inode) return;
      if (!lstatSync(note.path).isDirectory()) unlinkSync(note.path);
      else if (readdirSync(note.path).length === 0) rmdirSync(note.path);
      return;
    case 'remove':
      if (note.saved !== '' && !existsSync(note.path)) linkSync(note.saved, note.path);
      return;
    case 'rename':
      if (inodeOf(note.to) !== note.inode || existsSync(note.from)) return;
      renameSync(note.to, note.from);
      if (note.saved !== '') linkSync(note.saved, note.to);
      return;
  }
}

function inodeOf(path: string): number | undefined {
  return existsSync(path) ? lstatSync(path).ino : undefined;
}
