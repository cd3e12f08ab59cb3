// Compiles the fault shim, where there is a C compiler; elsewhere the faults that need it are left out, and the report says so.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/lib/index.ts';

export type ShimBuild =
  /** `library`: the file to preload. */
  { readonly kind: 'built'; readonly library: string } | { readonly kind: 'none'; readonly reason: string };

/** `sources`: the folder chaos/shim. `folder`: where the library goes; exists. */
export function buildShim(sources: string, folder: string): ShimBuild {
  if (process.platform !== 'linux')
    return { kind: 'none', reason: `the shim is for Linux, and this is ${process.platform}` };
  const library = join(folder, 'shim.so');
  const files = readdirSync(sources).filter((name) => name.endsWith('.c'));
  const flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', library];
  try {
    execFileSync('cc', [...flags, ...files.map((name) => join(sources, name)), '-ldl', '-lpthread'], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return { kind: 'built', library };
  } catch (error) {
    return { kind: 'none', reason: `the shim could not be compiled: ${messageOf(error)}` };
  }
}
