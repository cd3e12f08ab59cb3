// What the figures were measured on.
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { etcdVersion } from './peers/etcd-peer.ts';
import type { Machine } from './report/types.ts';

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.versions.node,
    etcd: etcdVersion(),
  };
}

/** The commit that was built, with a plus when files differ from it. */
export function commitOf(root: string): string {
  const git = (...words: string[]): string => execFileSync('git', ['-C', root, ...words], { encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+';
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  } catch {
    return 'unknown';
  }
}
