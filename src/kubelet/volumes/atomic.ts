// Writes the files of a projected volume so that a reader sees either all old or all new ones. The layout is Kubernetes':
//   <volume>/..2026_11_23_10_00_00.<random>/key   the files themselves
//   <volume>/..data -> ..2026_…                    replaced by one rename
//   <volume>/key -> ..data/key                     what pods read
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { assert, codeOf } from '../../lib/index.ts';

export interface ProjectedFile {
  readonly content: Uint8Array;
  readonly mode: number;
}

/** By path inside of the volume, `/`-separated. */
export type ProjectedFiles = ReadonlyMap<string, ProjectedFile>;

const DATA = '..data';
const DATA_NEXT = '..data_tmp';

/** Returns whether anything changed. `time` (RFC 3339) names the directory; `gid` is what files belong to, if given. */
export async function writeProjected(
  volume: string,
  files: ProjectedFiles,
  time: string,
  gid: number | undefined,
): Promise<boolean> {
  for (const path of files.keys()) assert(isInside(path), `the path ${path} leaves its volume`);
  await mkdir(volume, { recursive: true, mode: 0o755 });
  const old = await readlink(join(volume, DATA)).catch(ignoreMissing);
  if (old !== undefined && (await sameContent(join(volume, old), files))) return false;
  const fresh = await mkdtemp(join(volume, `..${time.replaceAll(/[-T:]/g, '_').slice(0, 19)}.`));
  await chmod(fresh, 0o755);
  for (const [path, { content, mode }] of files) {
    const target = join(fresh, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, content);
    await chmod(target, mode);
    if (gid !== undefined) await chown(target, -1, gid).catch(ignoreDenied);
  }
  await rm(join(volume, DATA_NEXT), { force: true });
  await symlink(fresh.slice(volume.length + 1), join(volume, DATA_NEXT));
  await rename(join(volume, DATA_NEXT), join(volume, DATA));
  await linkNames(volume, files);
  if (old !== undefined) await rm(join(volume, old), { recursive: true, force: true });
  return true;
}

function isInside(path: string): boolean {
  const normal = posix.normalize(path);
  return (
    path !== '' && !posix.isAbsolute(path) && normal !== '..' && !normal.startsWith('../') && !path.startsWith('..')
  );
}

/** One link for each first part of a path; links of names that are gone are removed. */
async function linkNames(volume: string, files: ProjectedFiles): Promise<void> {
  const wanted = new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''));
  const present = new Set((await readdir(volume)).filter((name) => !name.startsWith('..')));
  for (const name of wanted) if (!present.has(name)) await symlink(posix.join(DATA, name), join(volume, name));
  for (const name of present) if (!wanted.has(name)) await rm(join(volume, name), { force: true });
}

async function sameContent(directory: string, files: ProjectedFiles): Promise<boolean> {
  const present = await readdir(directory, { recursive: true, withFileTypes: true }).catch(ignoreMissing);
  if (present === undefined || present.filter((entry) => entry.isFile()).length !== files.size) return false;
  for (const [path, { content, mode }] of files) {
    const target = join(directory, path);
    const found = await readFile(target).catch(ignoreMissing);
    if (found === undefined || !found.equals(content)) return false;
    if (((await lstat(target)).mode & 0o777) !== mode) return false;
  }
  return true;
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

/** Only root may give files away; for others the pod's user is usually theirs too. */
function ignoreDenied(error: unknown): void {
  if (codeOf(error) !== 'EPERM') throw error;
}
