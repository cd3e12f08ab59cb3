// Reads the shim's journal (journal.c): what was changed, what was there before, and what was synced since.

interface Noted {
  /** Where the note begins in the journal: notes stand in the order of what they tell. */
  readonly position: number;
  /** The file's (of a rename: the one that moves); files keep it under every name. */
  readonly inode: number;
}

/** Bytes of a file are about to be overwritten or appended. `bytes`: what was there, as far as the file went. */
export interface WriteNote extends Noted {
  readonly kind: 'write';
  readonly offset: number;
  readonly length: number;
  readonly sizeBefore: number;
  readonly bytes: Uint8Array;
}

/** A file is about to be cut to `size` (or to grow to it). `bytes`: what is cut off. */
export interface ResizeNote extends Noted {
  readonly kind: 'resize';
  readonly size: number;
  readonly sizeBefore: number;
  readonly bytes: Uint8Array;
}

/** `saved`: a second name of the file that lost its name; empty for a folder, or when there was none. */
export type NameNote = Noted & { readonly parent: number } & (
    | { readonly kind: 'create'; readonly path: string }
    | { readonly kind: 'remove'; readonly path: string; readonly saved: string }
    | {
        readonly kind: 'rename';
        readonly from: string;
        readonly to: string;
        readonly parentTo: number;
        readonly saved: string;
      }
  );

export type ChangeNote = WriteNote | ResizeNote | NameNote;

/** A sync of a file or folder has succeeded that began when the journal was so long. */
export interface SyncedNote extends Noted {
  readonly kind: 'synced';
  readonly upTo: number;
}

export type Note = ChangeNote | SyncedNote;

const MAGIC = 0x4a52_4e51;
const HEADER_BYTES = 80;
const KINDS = ['', 'write', 'resize', 'create', 'remove', 'rename', 'synced'] as const;

/** A note that a killed process did not finish is left out: what it tells of was not begun. */
export function parseJournal(journal: Buffer): readonly Note[] {
  const notes: Note[] = [];
  for (let position = 0; position + HEADER_BYTES <= journal.byteLength; ) {
    if (journal.readUInt32LE(position) !== MAGIC) throw new Error(`no note at byte ${position} of the journal`);
    const lengths = [56, 60, 64].map((at) => journal.readUInt32LE(position + at));
    const bytesLength = Number(journal.readBigUInt64LE(position + 72));
    const end = lengths.reduce((sum, length) => sum + length, position + HEADER_BYTES + bytesLength);
    if (end > journal.byteLength) break;
    notes.push(noteAt(journal, position, lengths, journal.subarray(end - bytesLength, end)));
    position = end;
  }
  return notes;
}

function noteAt(journal: Buffer, position: number, lengths: readonly number[], bytes: Uint8Array): Note {
  const number = (at: number): number => Number(journal.readBigUInt64LE(position + at));
  const texts: string[] = [];
  let at = position + HEADER_BYTES;
  for (const length of lengths) {
    texts.push(journal.toString('utf8', at, at + length));
    at += length;
  }
  const [path = '', to = '', saved = ''] = texts;
  const noted = { position, inode: number(8) };
  const parent = number(16);
  const [offset, length, sizeBefore] = [number(32), number(40), number(48)];
  const kind = KINDS[journal.readUInt32LE(position + 4)];
  switch (kind) {
    case 'write':
      return { kind, ...noted, offset, length, sizeBefore, bytes };
    case 'resize':
      return { kind, ...noted, size: length, sizeBefore, bytes };
    case 'create':
      return { kind, ...noted, parent, path };
    case 'remove':
      return { kind, ...noted, parent, path, saved };
    case 'rename':
      return { kind, ...noted, parent, parentTo: number(24), from: path, to, saved };
    case 'synced':
      return { kind, ...noted, upTo: offset };
    default:
      throw new Error(`a note of an unknown kind at byte ${position} of the journal`);
  }
}

/** What a power cut may still undo, in order. */
export function unsynced(notes: readonly Note[]): readonly ChangeNote[] {
  const syncs = notes.filter((note) => note.kind === 'synced');
  return notes.filter((note): note is ChangeNote => {
    if (note.kind === 'synced') return false;
    const makeItLast = lastsWith(note);
    return !syncs.some((sync) => makeItLast.includes(sync.inode) && sync.upTo > note.position);
  });
}

/** Whose sync makes a change last. */
function lastsWith(note: ChangeNote): readonly number[] {
  switch (note.kind) {
    case 'write':
    case 'resize':
      return [note.inode];
    // A synced file takes its own name along (ext4, XFS and Btrfs do so); other names last with their folder.
    case 'create':
      return [note.parent, note.inode];
    case 'rename':
      return [note.parentTo, note.inode];
    case 'remove':
      return [note.parent];
  }
}
