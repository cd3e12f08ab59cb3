// The kubectl binaries of this machine: the one on the PATH, and versions that lie beside the file it links to.
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Finished, run } from './command.ts';

export interface Kubectl {
  readonly version: string;
  /** Runs a command line, split at blanks; arguments after it are taken as they are. */
  (line: string, ...more: string[]): Promise<Finished>;
  /** The same, and throws with what kubectl said when it fails. Answers what it printed. */
  ok(line: string, ...more: string[]): Promise<string>;
}

function onPath(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

const found = onPath();

/** Why tests that need kubectl are skipped, or undefined. */
export const kubectlMissing = found === undefined ? 'kubectl is not on the PATH' : undefined;

/** The binary of a version such as `1.30`, if it lies beside the one on the PATH. */
export function kubectlBinary(version: string): string | undefined {
  if (found === undefined) return undefined;
  const path = join(dirname(realpathSync(found)), `kubectl.${version}`);
  return existsSync(path) ? path : undefined;
}

export function kubectl(kubeconfig: string, binary = found ?? 'kubectl', version = 'PATH'): Kubectl {
  const call = (line: string, ...more: string[]): Promise<Finished> =>
    run(binary, [...line.split(' ').filter((word) => word !== ''), ...more], { KUBECONFIG: kubeconfig });
  const ok = async (line: string, ...more: string[]): Promise<string> => {
    const result = await call(line, ...more);
    if (result.code !== 0)
      throw new Error(`kubectl ${line} ${more.join(' ')} ended with ${result.code}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  };
  return Object.assign(call, { ok, version });
}
