// `quorate up` as its user runs it: one command in the foreground, timed until it says that the cluster is ready.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/lib/index.ts';
import { treeOf } from './processes.ts';

export interface UpProcess {
  /** From the command to its saying that the cluster is ready. */
  readonly readyMs: number;
  readonly folder: string;
  /** Every process of the cluster. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

/** Runs `quorate up` with `flags` in a folder of its own. Throws with what it said when it ends before it is ready. */
export async function startUp(
  clock: Clock,
  command: readonly [string, ...string[]],
  flags: readonly string[],
): Promise<UpProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-up-'));
  const [program, ...words] = command;
  const startedMs = clock.monotonic();
  const all = [
    ...words,
    'up',
    '--data-dir',
    folder,
    '--port',
    '0',
    '--runtime',
    'simulated',
    '--output',
    'json',
    ...flags,
  ];
  const child = spawn(program, all, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(child);
  } catch (error) {
    await stop();
    throw error;
  }
  const readyMs = clock.monotonic() - startedMs;
  return { readyMs, folder, pids: () => treeOf(child.pid ?? 0), stop };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString()}`.slice(-2_000);
    });
    child.stdout?.on('data', () => resolve());
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`quorate up ended: ${complaint}`)));
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGINT');
  });
}
