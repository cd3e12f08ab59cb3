// The contract of the state database's port, run by both adapters, and what classic-level does with a locked folder.
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/lib/index.ts';
import { type KeyValue, type MemoryContents, memoryKeyValue, openLevelKeyValue } from '../../src/store/index.ts';
import { StateDamageError } from '../../src/store/state/damage.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FIRST = Buffer.from('');
const END = Buffer.from([0xff]);

async function all(database: KeyValue, from: Uint8Array = FIRST, to: Uint8Array = END): Promise<[string, string][]> {
  const entries: [string, string][] = [];
  for await (const { key, value } of database.iterate(from, to)) {
    entries.push([Buffer.from(key).toString('latin1'), Buffer.from(value).toString('latin1')]);
  }
  return entries;
}

const putOf = (key: string, value: string) => ({
  kind: 'put' as const,
  key: Buffer.from(key, 'latin1'),
  value: Buffer.from(value, 'latin1'),
});
const deleteOf = (key: string) => ({ kind: 'delete' as const, key: Buffer.from(key, 'latin1') });

/** `open` opens a new database, `reopen` the one that was opened last. */
function describeKeyValue(name: string, open: () => Promise<KeyValue>, reopen: () => Promise<KeyValue>): void {
  describe(`${name}: a state database`, () => {
    it('gives back what was written, in the order of the bytes', async () => {
      const database = await open();
      await database.batch([putOf('b', '2'), putOf('\xfe', '4'), putOf('a', '1'), putOf('b\0', '3')]);
      expect(await all(database)).toEqual([
        ['a', '1'],
        ['b', '2'],
        ['b\0', '3'],
        ['\xfe', '4'],
      ]);
      expect(await all(database, Buffer.from('b'), Buffer.from('b\0'))).toEqual([['b', '2']]);
      await database.close();
    });

    it('applies a batch in its order, deletions too', async () => {
      const database = await open();
      await database.batch([putOf('a', '1'), putOf('b', '1')]);
      await database.batch([deleteOf('a'), putOf('b', '2'), deleteOf('missing'), putOf('c', '1'), deleteOf('c')]);
      expect(await all(database)).toEqual([['b', '2']]);
      await database.close();
    });

    it('reads thousands of entries, and stops early when the reader does', async () => {
      const database = await open();
      const names = Array.from({ length: 3500 }, (_, i) => `k${String(i).padStart(5, '0')}`);
      await database.batch(names.map((key) => putOf(key, key)));
      expect((await all(database)).map(([key]) => key)).toEqual(names);
      for await (const { key } of database.iterate(FIRST, END)) {
        expect(Buffer.from(key).toString()).toBe(names[0]);
        break;
      }
      await database.close();
    });

    it('holds everything after it was closed and opened again, and takes nothing while closed', async () => {
      const database = await open();
      await database.batch([putOf('a', '1')]);
      await Promise.all([database.close(), database.close()]);
      await expect(database.batch([putOf('b', '1')])).rejects.toThrow();
      const again = await reopen();
      expect(await all(again)).toEqual([['a', '1']]);
      await again.close();
    });
  });
}

let contents: MemoryContents = new Map();
describeKeyValue(
  'memory',
  () => {
    contents = new Map();
    return Promise.resolve(memoryKeyValue(contents));
  },
  () => Promise.resolve(memoryKeyValue(contents)),
);

let opened = 0;
describeKeyValue(
  'classic-level',
  () => {
    opened += 1;
    return openLevelKeyValue(join(folder, `${opened}`));
  },
  () => openLevelKeyValue(join(folder, `${opened}`)),
);

describe('classic-level', () => {
  it('says what to do when the database is in use', async () => {
    const path = join(folder, 'locked');
    const database = await openLevelKeyValue(path);
    const second = openLevelKeyValue(path);
    await expect(second).rejects.toBeInstanceOf(UserError);
    await expect(second).rejects.toThrow(/in use by another process/);
    await database.close();
  });

  it.each([0, 1, 47, 48, 1_000])('calls a table that was cut to %i bytes damage, not a bug', async (left) => {
    const path = join(folder, `cut-to-${left}`);
    const database = await openLevelKeyValue(path);
    await database.batch(Array.from({ length: 500 }, (_, i) => putOf(`key ${i}`, 'x'.repeat(100))));
    await database.close();
    // What the log holds becomes a table at the next start.
    await (await openLevelKeyValue(path)).close();
    const tables = readdirSync(path).filter((file) => file.endsWith('.ldb'));
    expect(tables).not.toEqual([]);
    for (const table of tables) truncateSync(join(path, table), left);
    const reading = async (): Promise<unknown> => all(await openLevelKeyValue(path));
    await expect(reading()).rejects.toBeInstanceOf(StateDamageError);
  });
});
