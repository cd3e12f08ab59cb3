// A disk that fills while a snapshot is written, on a small file system of its own: what is said, and what is left.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LoopMount, loopMount } from '../../chaos/disks/loop-mount.ts';
import { planTopology } from '../../cluster/index.ts';
import { writeArchiveFile } from '../../src/cli/snapshot/archive-file.ts';
import { saveFromAny } from '../../src/cli/snapshot/save.ts';
import { KIB, MIB, UserError } from '../../src/lib/index.ts';

const { servers } = planTopology({ servers: 3, workers: 0, port: 20_000, runtime: 'simulated' }, 'c', []);
const folder = mkdtempSync(join(tmpdir(), 'quorate-full-'));
let disk: LoopMount | string;

beforeAll(async () => {
  disk = await loopMount(join(folder, 'image'), join(folder, 'disk'), 48 * MIB);
});
afterAll(async () => {
  if (typeof disk !== 'string') await disk.unmount();
  rmSync(folder, { recursive: true, force: true });
});

/** More than the disk holds, a piece at a time. */
async function* tooMuch(): AsyncGenerator<Uint8Array> {
  for (let written = 0; written < 64 * MIB; written += 256 * KIB) yield new Uint8Array(256 * KIB);
}

describe('a disk that is full while a snapshot is saved', () => {
  let mounted: LoopMount;
  beforeEach(({ skip }) => {
    if (typeof disk === 'string') skip(disk);
    else mounted = disk;
  });

  async function failureOf(saving: Promise<unknown>): Promise<UserError> {
    const error: unknown = await saving.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }

  it('is named with the file and what to do, and nothing of the file is left', async () => {
    const file = join(mounted.folder, 'new.qsnap');
    const before = readdirSync(mounted.folder);
    const error = await failureOf(writeArchiveFile(file, tooMuch()));
    expect(error.message).toBe(`${file} cannot be written: the disk is full`);
    expect(error.remedy).toBe('Free some space, or give another FILE.');
    expect(error.exitCode).toBe(1);
    expect(readdirSync(mounted.folder)).toEqual(before);
  });

  it('leaves the file that was to be replaced as it was', async () => {
    const file = join(mounted.folder, 'older.qsnap');
    writeFileSync(file, 'an older snapshot');
    await failureOf(writeArchiveFile(file, tooMuch()));
    expect(readFileSync(file, 'utf8')).toBe('an older snapshot');
    expect(readdirSync(mounted.folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('is no reason to ask other servers: the first failure is told, not that no server gave its state', async () => {
    const asked: string[] = [];
    const file = join(mounted.folder, 'running.qsnap');
    const saving = saveFromAny(servers, ({ id }) => {
      asked.push(id);
      return writeArchiveFile(file, tooMuch());
    });
    expect(await failureOf(saving)).toMatchObject({
      message: `${file} cannot be written: the disk is full`,
      remedy: 'Free some space, or give another FILE.',
    });
    expect(asked).toEqual(['server-1']);
  });
});

describe('a server that cannot give its state', () => {
  it('is passed over for the next, and all are named when none can', async () => {
    const asked: string[] = [];
    const saving = saveFromAny(servers, ({ id }) => {
      asked.push(id);
      return Promise.reject(new UserError('it has no quorum', 'Wait.'));
    });
    await expect(saving).rejects.toThrow(/no server gave its state:\s+server-1: it has no quorum\s+server-2: /);
    expect(asked).toEqual(['server-1', 'server-2', 'server-3']);
  });
});
