// Volumes on a real disk: atomic updates, and subPaths that cannot be made to leave their volume.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeProjected } from '../../src/kubelet/volumes/atomic.ts';
import { resolveSubPath, stillThere } from '../../src/kubelet/volumes/subpath.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quorate-volumes-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const files = (entries: Readonly<Record<string, string>>, mode = 0o644) =>
  new Map(Object.entries(entries).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));
const write = (entries: Readonly<Record<string, string>>, mode?: number) =>
  writeProjected(join(root, 'v'), files(entries, mode), '2026-01-01T00:00:00Z', undefined);
const read = (path: string): string => readFileSync(join(root, 'v', path), 'utf8');

describe('a projected volume', () => {
  it('shows its files under their names, with their modes, also in folders', async () => {
    expect(await write({ a: 'one', 'deep/er/b': 'two' }, 0o400)).toBe(true);
    expect(read('a')).toBe('one');
    expect(read('deep/er/b')).toBe('two');
    expect(statSync(join(root, 'v/a')).mode & 0o777).toBe(0o400);
  });

  it('changes all files by the swap of one link, and removes what is gone', async () => {
    await write({ a: 'one', b: 'two' });
    const before = readlinkSync(join(root, 'v/..data'));
    expect(await write({ a: 'new', c: 'three' })).toBe(true);
    expect(readlinkSync(join(root, 'v/..data'))).not.toBe(before);
    expect(readdirSync(join(root, 'v')).filter((name) => !name.startsWith('..'))).toEqual(['a', 'c']);
    expect(readdirSync(join(root, 'v'))).not.toContain(before);
    expect([read('a'), read('c')]).toEqual(['new', 'three']);
  });

  it('writes nothing when nothing changed', async () => {
    await write({ a: 'one' });
    const before = readlinkSync(join(root, 'v/..data'));
    expect(await write({ a: 'one' })).toBe(false);
    expect(readlinkSync(join(root, 'v/..data'))).toBe(before);
    expect(await write({ a: 'one' }, 0o600)).toBe(true);
  });

  it.each(['../a', '/a', 'x/../../a', '..data', ''])('refuses the path %j', async (path) => {
    await expect(write({ [path]: 'x' })).rejects.toThrow('leaves its volume');
  });
});

describe('a subPath', () => {
  it('is made where it is missing', async () => {
    const { path } = await resolveSubPath(root, 'one/two', false);
    expect(path).toBe(join(root, 'one/two'));
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it.each(['../x', 'a/../../x', '/etc'])('is refused when it leaves the volume by name: %s', async (subPath) => {
    await expect(resolveSubPath(root, subPath, false)).rejects.toThrow('must stay inside');
  });

  it('is refused when a container planted a link on the way (CVE-2021-25741)', async () => {
    symlinkSync('/etc', join(root, 'planted'));
    await expect(resolveSubPath(root, 'planted', false)).rejects.toThrow('symbolic link');
    await expect(resolveSubPath(root, 'planted/passwd', false)).rejects.toThrow('symbolic link');
  });

  it('is found out when its directory was swapped for a link after it was resolved', async () => {
    const subPath = await resolveSubPath(root, 'honest/inner', false);
    expect(await stillThere(subPath)).toBe(true);
    renameSync(join(root, 'honest'), join(root, 'moved'));
    symlinkSync('/etc', join(root, 'honest'));
    expect(await stillThere(subPath)).toBe(false);
    rmSync(join(root, 'honest'));
    mkdirSync(join(root, 'honest/inner'), { recursive: true });
    expect(await stillThere(subPath)).toBe(false);
  });

  it("may pass the kubelet's own links in a volume that only it writes, and no others", async () => {
    await write({ key: 'value' });
    const { path } = await resolveSubPath(join(root, 'v'), 'key', true);
    expect(readFileSync(path, 'utf8')).toBe('value');
    writeFileSync(join(root, 'secret'), 'x');
    symlinkSync(join(root, 'secret'), join(root, 'v/out'));
    await expect(resolveSubPath(join(root, 'v'), 'out', true)).rejects.toThrow('leaves its volume');
    await expect(resolveSubPath(join(root, 'v'), 'absent', true)).rejects.toThrow('not in its volume');
  });
});
