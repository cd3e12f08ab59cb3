// Damage to one file of a server, as a failing disk or a clumsy hand does it: what is chosen is the seed's.
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Prng } from '../../src/lib/index.ts';

/** What a file is for. */
export type FileKind =
  | 'log segment'
  | 'log marker'
  | 'log identity'
  | 'known peers'
  | 'lock'
  | 'configuration'
  | 'state table'
  | 'state log'
  | 'state manifest'
  | 'state current'
  | 'state lock'
  | 'other';

export const DAMAGES = ['bit', 'zeroes', 'cut', 'deleted'] as const;
/** A bit flipped; a block of zeroes; the end cut off; the file gone. */
export type Damage = (typeof DAMAGES)[number];

export interface PlannedDamage {
  /** Below the server's folder. */
  readonly file: string;
  readonly fileKind: FileKind;
  readonly damage: Damage;
  /** Where it begins, and what is there instead; of a cut, only where. */
  readonly offset: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** One damaged file and what came of it. */
export interface DamageRecord {
  readonly server: string;
  readonly file: string;
  readonly fileKind: FileKind;
  readonly damage: Damage;
  /** True: while the process ran; else while it was down. */
  readonly running: boolean;
  /** `whole`: it serves again, by itself. `asks`: to be replaced. `halted`: neither, with the other one damaged, too. */
  readonly outcome: 'whole' | 'asks' | 'halted' | 'lost';
  readonly afterMs: number;
}

const BLOCK_BYTES = 512;
const BLOCKS_MAX = 8;
/** Preallocated files are full of zeroes, where no damage shows: something else is sought so often. */
const ATTEMPTS = 50;

export function fileKindOf(file: string): FileKind {
  if (file === 'log/marker') return 'log marker';
  if (file.startsWith('log/identity')) return 'log identity';
  if (file.startsWith('log/')) return 'log segment';
  if (file === 'peers') return 'known peers';
  if (file === 'lock') return 'lock';
  if (file === 'config.json') return 'configuration';
  if (/^state\/.*\.(ldb|sst)$/.test(file)) return 'state table';
  if (/^state\/.*\.log$/.test(file)) return 'state log';
  if (file.startsWith('state/MANIFEST')) return 'state manifest';
  if (file === 'state/CURRENT') return 'state current';
  return file === 'state/LOCK' ? 'state lock' : 'other';
}

/** Files that a server keeps something in, or that tell it something; LevelDB's diary does not. */
export function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => (entry.isFile() || entry.isSocket()) && !/^LOG(\.old)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Chooses a kind of file first: there are many tables, and one marker. `running`: what a process can live with meanwhile. */
export function planDamage(folder: string, running: boolean, random: Prng): PlannedDamage {
  const files = filesOf(folder);
  const fileKind = random.pick([...new Set(files.map(fileKindOf))]);
  const file = random.pick(files.filter((name) => fileKindOf(name) === fileKind));
  const path = join(folder, file);
  const nothing = { offset: 0, before: new Uint8Array(), after: new Uint8Array() };
  const entry = lstatSync(path);
  if (!entry.isFile() || entry.size === 0) return { file, fileKind, damage: 'deleted', ...nothing };
  const damage = random.pick(running ? (['bit', 'zeroes'] as const) : DAMAGES);
  switch (damage) {
    case 'deleted':
      return { file, fileKind, damage, ...nothing };
    case 'cut':
      return { file, fileKind, damage, ...nothing, offset: random.int(lastWritten(path)) };
    case 'bit': {
      const offset = somewhere(path, 1, random);
      const before = readRange(path, offset, 1);
      return { file, fileKind, damage, offset, before, after: before.map((byte) => byte ^ (1 << random.int(8))) };
    }
    case 'zeroes': {
      const offset = somewhere(path, BLOCK_BYTES, random);
      const before = readRange(path, offset, BLOCK_BYTES * (1 + random.int(BLOCKS_MAX)));
      return { file, fileKind, damage, offset, before, after: new Uint8Array(before.byteLength) };
    }
  }
}

export function doDamage(folder: string, { file, damage, offset, after }: PlannedDamage): void {
  const path = join(folder, file);
  switch (damage) {
    case 'deleted':
      rmSync(path, { force: true });
      return;
    case 'cut':
      truncateSync(path, offset);
      return;
    case 'bit':
    case 'zeroes':
      // A file that its process has removed meanwhile is not made anew.
      if (existsSync(path)) writeRange(path, offset, after);
      return;
  }
}

/** Takes it back in a copy of the folder, where the damaged place has not been written since. */
export function undoDamage(folder: string, { file, offset, before, after }: PlannedDamage): void {
  const path = join(folder, file);
  if (!existsSync(path)) return;
  if (Buffer.compare(readRange(path, offset, after.byteLength), after) === 0) writeRange(path, offset, before);
}

/** A place, at a multiple of `alignment`, where not everything is zero; any place when there is none. */
function somewhere(path: string, alignment: number, random: Prng): number {
  const end = lastWritten(path);
  let offset = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    offset = Math.floor(random.int(end) / alignment) * alignment;
    if (readRange(path, offset, alignment).some((byte) => byte !== 0)) break;
  }
  return offset;
}

/** The file's length without the zeroes at its end; at least 1. */
function lastWritten(path: string): number {
  const content = readFileSync(path);
  let end = content.byteLength;
  while (end > 1 && content[end - 1] === 0) end -= 1;
  return Math.max(1, end);
}

function readRange(path: string, offset: number, length: number): Uint8Array {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
  } finally {
    closeSync(descriptor);
  }
}

function writeRange(path: string, offset: number, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'r+');
  try {
    writeSync(descriptor, bytes, 0, bytes.byteLength, offset);
  } finally {
    closeSync(descriptor);
  }
}
