// Which file of a server is damaged, and how: every kind of file that a member has, each by a flipped bit, by a cut, by a block of
// zeroes, and by being gone. A state database has no files at its port: its records and their keys stand for them.
import type { Prng } from '../../../src/lib/index.ts';
import type { DamagedFiles } from '../damage.ts';

export const DAMAGE_KINDS = ['bit', 'cut', 'zeroed block', 'gone'] as const;
export type DamageKind = (typeof DAMAGE_KINDS)[number];

const BLOCK_BYTES = 512;

/** What damage makes of some bytes; undefined: they are gone. */
function damaged(kind: DamageKind, bytes: Uint8Array<ArrayBuffer>, random: Prng): Uint8Array<ArrayBuffer> | undefined {
  const at = random.int(Math.max(1, bytes.length));
  switch (kind) {
    case 'gone':
      return undefined;
    case 'cut':
      return bytes.slice(0, at);
    case 'zeroed block':
      return bytes.fill(0, at - (at % BLOCK_BYTES), at - (at % BLOCK_BYTES) + BLOCK_BYTES);
    case 'bit':
      if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
      return bytes;
  }
}

/** Does the damage; false: there is no such file. */
export type Corruption = (files: DamagedFiles, kind: DamageKind, random: Prng) => boolean;

/** One of the files of the log's folder. */
function file(matches: (name: string) => boolean): Corruption {
  return ({ disk }, kind, random) => {
    const names = disk.list().filter(matches);
    if (names.length === 0) return false;
    disk.tamper(random.pick(names), (bytes) => damaged(kind, bytes, random));
    return true;
  };
}

/** One of the records of the state database: in either of its slots (src/store/state/slots.ts). */
function record(pattern: RegExp): Corruption {
  return ({ database }, kind, random) =>
    database.alter(random, pattern, ([key, value]) => {
      const changed = damaged(kind, value, random);
      return changed === undefined ? undefined : [key, changed];
    });
}

/** The key of a record: it is found under another one, or not at all. */
const key: Corruption = ({ database }, kind, random) =>
  database.alter(random, /^/, ([name, value]) => {
    const changed = damaged(kind, Uint8Array.from(Buffer.from(name, 'latin1')), random);
    return changed === undefined ? undefined : [Buffer.from(changed).toString('latin1'), value];
  });

/** The whole database: nothing of it opens, or nothing is there. Only `gone` says something that its records do not. */
const database: Corruption = (files, kind) => {
  if (kind !== 'gone' || !files.database.holdsState()) return false;
  files.database.setAside();
  return true;
};

export const WHOLE_STATE = 'state: everything';

export const FILES: Readonly<Record<string, Corruption>> = {
  'segment of the log': file((name) => name.endsWith('.segment')),
  marker: file((name) => name === 'marker'),
  identity: file((name) => name === 'identity'),
  'state: summary': record(/^b?m$/),
  'state: a session': record(/^b?s/),
  'state: a version': record(/^b?v/),
  'state: choice of slot': record(/^a$/),
  'state: a key': key,
  [WHOLE_STATE]: database,
};
