// The folder of the state database on real LevelDB files: what LevelDB says of damage is believed, what it hides is left to the
// checks of the store, and whatever cannot be opened is kept in the quarantine while an empty database takes its place.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { StateFolder } from '../../src/cli/components/state-folder.ts';
import { silentLogger, UserError } from '../../src/lib/index.ts';
import { type KeyValue, openLevelKeyValue, StateDamageError } from '../../src/store/index.ts';
import { manualClock } from '../support/manual-clock.ts';

const RECORDS = 1_000;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A data directory whose database has tables (.ldb) and a log of its own. */
async function filled(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-state-'));
  folders.push(directory);
  // What is in its log when it is opened goes to a table.
  for (const from of [0, RECORDS / 2]) {
    const keyValue = await openLevelKeyValue(join(directory, 'state'));
    const value = Buffer.alloc(200, from % 251);
    await keyValue.batch(
      Array.from({ length: RECORDS / 2 }, (_, i) => {
        return { kind: 'put', key: Buffer.from(`v${String(from + i).padStart(6, '0')}`), value };
      }),
    );
    await keyValue.close();
  }
  return directory;
}

function folderOf(directory: string): StateFolder {
  return new StateFolder(directory, { clock: manualClock(), logger: silentLogger });
}

async function count(keyValue: KeyValue): Promise<number> {
  let records = 0;
  for await (const _ of keyValue.iterate(Buffer.from('v'), Buffer.from('w'))) records += 1;
  return records;
}

/** The files of a kind. */
function files(directory: string, pattern: RegExp): readonly string[] {
  const names = readdirSync(join(directory, 'state')).filter((name) => pattern.test(name));
  expect(names).not.toEqual([]);
  return names.map((name) => join(directory, 'state', name));
}

function flip(file: string): void {
  const bytes = readFileSync(file);
  for (let at = Math.floor(bytes.length / 3); at < bytes.length; at += 997) bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(file, bytes);
}

function quarantined(directory: string): readonly string[] {
  const folder = join(directory, 'quarantine');
  return existsSync(folder) ? readdirSync(folder).flatMap((label) => readdirSync(join(folder, label))) : [];
}

describe('the folder of a state database', () => {
  it('opens what is whole', async () => {
    const directory = await filled();
    const { keyValue, stateDamage } = await folderOf(directory).open();
    expect([await count(keyValue), stateDamage]).toEqual([RECORDS, undefined]);
    await keyValue.close();
    expect(quarantined(directory)).toEqual([]);
  });

  it.each([
    ['its MANIFEST deleted', /^MANIFEST/],
    ['its tables deleted', /\.ldb$/],
  ])('with %s is kept in the quarantine, and an empty one takes its place', async (_, pattern) => {
    const directory = await filled();
    for (const file of files(directory, pattern)) rmSync(file);
    const { keyValue, stateDamage } = await folderOf(directory).open();
    expect(stateDamage).toMatch(/no such file|corruption/i);
    expect(await count(keyValue)).toBe(0);
    await keyValue.close();
    expect(quarantined(directory)).toEqual(['state']);
  });

  it('says what is damaged when it comes to it, and can be set aside while it is open', async () => {
    const directory = await filled();
    for (const file of files(directory, /\.ldb$/)) flip(file);
    const folder = folderOf(directory);
    const { keyValue } = await folder.open();
    const error: unknown = await count(keyValue).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StateDamageError);
    const fresh = await folder.setAside((error as StateDamageError).found);
    expect(await count(fresh)).toBe(0);
    await fresh.close();
    expect(quarantined(directory)).toEqual(['state']);
  });

  it('lacks records in silence when the log of LevelDB is damaged, which only the sums of the store can see', async () => {
    const directory = await filled();
    for (const file of files(directory, /\.log$/)) flip(file);
    const { keyValue, stateDamage } = await folderOf(directory).open();
    expect(stateDamage).toBeUndefined();
    expect(await count(keyValue)).toBeLessThan(RECORDS);
    await keyValue.close();
  });

  it('lacks what was in its tables, without a word, when CURRENT is deleted', async () => {
    const directory = await filled();
    rmSync(join(directory, 'state', 'CURRENT'));
    const { keyValue, stateDamage } = await folderOf(directory).open();
    expect(stateDamage).toBeUndefined();
    expect(await count(keyValue)).toBeLessThan(RECORDS);
    await keyValue.close();
  });

  it('is not set aside for ever: a disk that damages it again and again is named', async () => {
    const directory = await filled();
    let refusal: unknown;
    for (let i = 0; i < 100 && refusal === undefined; i++) {
      const folder = new StateFolder(directory, {
        clock: { ...manualClock(), now: () => i * 1000 },
        logger: silentLogger,
      });
      await folder.setAside('again').then(
        (keyValue) => keyValue.close(),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toBeInstanceOf(UserError);
    expect((refusal as UserError).message).toMatch(/were damaged \d+ times/);
  });
});
