// Finds the host path of a subPath without ever following a link that a container may have planted (CVE-2021-25741):
// below the volume's root no part of the path may be a symbolic link, and what was found is looked at again after the
// container started (`stillThere`): a container that swapped a directory for a link in between does not live on.
import type { Stats } from 'node:fs';
import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { codeOf } from '../../lib/index.ts';
import { ConfigError } from '../pods/objects.ts';

export interface SubPath {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

/**
 * `root` is trusted (the kubelet made it), `subPath` is what the pod says. Missing directories are made.
 * `linksWithin`: the volume is one that only the kubelet writes, whose links (..data) stay inside.
 * Throws ConfigError when the path leaves the volume.
 */
export async function resolveSubPath(root: string, subPath: string, linksWithin: boolean): Promise<SubPath> {
  const parts = posix.normalize(subPath).split('/');
  if (posix.isAbsolute(subPath) || parts.includes('..')) {
    throw new ConfigError(`subPath "${subPath}" must stay inside of its volume`);
  }
  if (linksWithin) return resolveTrusted(root, subPath);
  let path = await realpath(root);
  for (const part of parts.filter((name) => name !== '' && name !== '.')) {
    path = join(path, part);
    const found = await entry(path);
    if (found === undefined) await mkdir(path, { mode: 0o750 });
    else if (found.isSymbolicLink()) throw new ConfigError(`subPath "${subPath}" contains a symbolic link`);
  }
  const { dev, ino } = await lstat(path);
  return { path, device: dev, inode: ino };
}

async function resolveTrusted(root: string, subPath: string): Promise<SubPath> {
  const base = await realpath(root);
  const path = await realpath(join(base, subPath)).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') throw new ConfigError(`subPath "${subPath}" is not in its volume`);
    throw error;
  });
  if (path !== base && !path.startsWith(`${base}/`)) throw new ConfigError(`subPath "${subPath}" leaves its volume`);
  const { dev, ino } = await stat(path);
  return { path, device: dev, inode: ino };
}

/** False when the path is by now another file, or a link. */
export async function stillThere(subPath: SubPath): Promise<boolean> {
  const found = await entry(subPath.path);
  if (found === undefined || found.isSymbolicLink()) return false;
  return found.dev === subPath.device && found.ino === subPath.inode && (await realpath(subPath.path)) === subPath.path;
}

async function entry(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}
