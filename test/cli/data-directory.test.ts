// A data directory that cannot be used is refused at the start, in words that say what to do.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type DirectoryPorts, prepareDirectory } from '../../src/cli/components/data-directory.ts';
import { MIB, UserError } from '../../src/lib/index.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function refusal(ports: Partial<DirectoryPorts>): UserError {
  try {
    prepareDirectory('/data/m1', { make: () => {}, freeBytes: () => 100 * MIB, ...ports });
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: it failed`), { code });
  };
}

describe('a data directory', () => {
  it('is made, for this user alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-'));
    folders.push(folder);
    prepareDirectory(join(folder, 'a', 'b'));
    expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700);
  });

  it('is refused where a file stands in its way', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-'));
    folders.push(folder);
    writeFileSync(join(folder, 'file'), '');
    expect(() => prepareDirectory(join(folder, 'file', 'm1'))).toThrow(/cannot be used: ENOTDIR/);
  });

  it('is refused on a full disk, with how much is free and what is needed', () => {
    const { message, remedy } = refusal({ freeBytes: () => MIB });
    expect(message).toBe(
      'the disk of the data directory /data/m1 is full: 1024 KiB are free, and a server needs 4 MiB to start',
    );
    expect(remedy).toMatch(/Free space on that disk/);
  });

  it.each([
    ['ENOSPC', /Free space/],
    ['EROFS', /mounted read-only/],
    ['EACCES', /Let this user write/],
    ['EIO', /replace the disk/],
    ['ENOTDIR', /Mount the disk/],
  ])('is refused with a remedy for %s', (code, remedy) => {
    expect(refusal({ make: failing(code) }).remedy).toMatch(remedy);
    expect(refusal({ freeBytes: failing(code) }).remedy).toMatch(remedy);
  });
});
