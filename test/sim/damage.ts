// Damage to the files of a server that is down. Whoever starts on them has lost nothing that was promised (the damage may have hit
// what was never acknowledged), or repairs itself from its peers, or asks to be replaced: then its operator restores the files.

import type { Prng } from '../../src/lib/index.ts';
import type { SimDisk } from './disk.ts';
import type { SimDatabase } from './key-value.ts';

export interface DamagedFiles {
  readonly disk: SimDisk;
  readonly database: SimDatabase;
}

/** Returns whether there was anything to damage. */
export type Damage = (files: DamagedFiles, random: Prng) => boolean;

function segments(disk: SimDisk): readonly string[] {
  return disk.list().filter((name) => name.endsWith('.segment'));
}

function inSegment(change: (bytes: Uint8Array, at: number) => void): Damage {
  return ({ disk }, random) => {
    const names = segments(disk);
    if (names.length === 0) return false;
    disk.tamper(random.pick(names), (bytes) => {
      if (bytes.length > 0) change(bytes, random.int(bytes.length));
      return bytes;
    });
    return true;
  };
}

const BLOCK_BYTES = 512;

export const DAMAGES: Readonly<Record<string, Damage>> = {
  'damage: a bit of the log': inSegment((bytes, at) => {
    bytes[at] = (bytes[at] ?? 0) ^ 16;
  }),
  'damage: a zeroed block of the log': inSegment((bytes, at) => {
    bytes.fill(0, at - (at % BLOCK_BYTES), at - (at % BLOCK_BYTES) + BLOCK_BYTES);
  }),
  'damage: a segment cut short': ({ disk }, random) => {
    const names = segments(disk);
    if (names.length === 0) return false;
    disk.tamper(random.pick(names), (bytes) => bytes.slice(0, random.int(bytes.length + 1)));
    return true;
  },
  'damage: a segment gone': ({ disk }, random) => {
    const names = segments(disk);
    if (names.length === 0) return false;
    disk.tamper(random.pick(names), () => undefined);
    return true;
  },
  'damage: the marker': ({ disk }, random) => {
    disk.tamper('marker', (bytes) => (random.chance(0.3) ? undefined : bytes.fill(0xa5, 8)));
    return true;
  },
  'damage: the identity': ({ disk }, random) => {
    disk.tamper('identity', (bytes) => (random.chance(0.3) ? undefined : bytes.fill(0x20, 9, 12)));
    return true;
  },
  'damage: the log gone': ({ disk }) => {
    for (const name of disk.list()) disk.tamper(name, () => undefined);
    return true;
  },
  'damage: a record of the state': ({ database }, random) =>
    database.tamper(random, (value) => {
      const at = random.int(Math.max(1, value.length));
      value[at] = (value[at] ?? 0) ^ 16;
      return value;
    }),
  'damage: a record of the state gone': ({ database }, random) => database.tamper(random, () => undefined),
};
