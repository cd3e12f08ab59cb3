// Runs the built command as a user would, and other programs beside it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterStatus } from '../../../cluster/index.ts';

export const QUORATE = fileURLToPath(new URL('../../../dist/quorate.js', import.meta.url));
/** Starts the processes of an experiment. */
export const LAUNCHER = fileURLToPath(new URL('../../../dist/launcher.js', import.meta.url));
/** The links between the servers of an experiment. */
export const LINK_THREAD = fileURLToPath(new URL('../../../dist/link-thread.js', import.meta.url));
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; a non-zero exit code is an answer, not an error. */
export function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { maxBuffer: OUTPUT_LIMIT_BYTES, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

export function quorate(...args: string[]): Promise<Finished> {
  return run(process.execPath, [QUORATE, ...args]);
}

/** A folder that is removed by the returned function. */
export function scratch(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'quorate-e2e-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A running `quorate up`. */
export interface Up {
  readonly status: ClusterStatus;
  readonly dataDir: string;
  readonly supervisor: ChildProcess;
  /** What it wrote to standard error so far. */
  progress(): string;
  refresh(): Promise<ClusterStatus>;
  /** Ctrl-C, as a user would; resolves when it has ended with its exit code. */
  interrupt(): Promise<number>;
}

/** Starts a cluster on free ports, and resolves when it says that it is ready. */
export async function startUp(dataDir: string, ...args: string[]): Promise<Up> {
  const all = [QUORATE, 'up', '--data-dir', dataDir, '--output', 'json', ...args];
  const supervisor = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  supervisor.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const status = await new Promise<ClusterStatus>((resolve, reject) => {
    supervisor.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('\n')) resolve(JSON.parse(stdout.slice(0, stdout.indexOf('\n'))) as ClusterStatus);
    });
    supervisor.once('exit', (code) => reject(new Error(`up ended with ${code}: ${stderr}`)));
  });
  return {
    status,
    dataDir,
    supervisor,
    progress: () => stderr,
    async refresh() {
      return JSON.parse((await quorate('status', '--data-dir', dataDir, '--output', 'json')).stdout) as ClusterStatus;
    },
    async interrupt() {
      if (supervisor.exitCode !== null) return supervisor.exitCode;
      const ended = once(supervisor, 'exit');
      supervisor.kill('SIGINT');
      const [code] = (await ended) as [number | null];
      return code ?? -1;
    },
  };
}

/** Polls until `check` answers something, or throws with the last failure after the limit. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined> | T | undefined,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await check();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${limitMs} ms`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
