// The load generator as the benchmarks use it: compiled once, run as a process of its own for each measurement.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../src/lib/index.ts';

/** Where Debian puts the sources of Go libraries. */
const GO_PATH = '/usr/share/gocode';
const INSTALL = 'apt-get install -y --no-install-recommends golang-go golang-etcd-server-dev etcd-server';

export interface LoadJob {
  readonly target: 'quorate' | 'etcd';
  /** host:port of the servers that clients are spread over. */
  readonly endpoints: readonly string[];
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly operation: string;
  /** The collection. */
  readonly path: string;
  /** Begins every name. */
  readonly prefix: string;
  /** In the names of what this job makes beside the objects of `prefix`, so that no two jobs make the same; 0 unless given. */
  readonly run?: number;
  /** The object, with @NAME@ and @SEQ@ to be filled in. */
  readonly template: string;
  readonly clients: number;
  readonly connections?: number;
  /** Seconds before the window. */
  readonly warmup?: number;
  readonly seconds?: number;
  /** So many operations instead of a window. */
  readonly count?: number;
  readonly objects?: number;
  /** The servers' processes. */
  readonly pids?: readonly number[];
  readonly watchers?: number;
  /** Writes a second while watching; 0: as fast as the clients can. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly operations: number;
  readonly errors: number;
  readonly firstError?: string;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The longest time in which no operation of any client succeeded. */
  readonly gapMs: number;
  readonly bytes: number;
  readonly events?: number;
  /** Sampled events whose content was not what had been written. */
  readonly misses?: number;
  /** Seconds of processor time, of the generator and of the servers. */
  readonly clientCpu: number;
  readonly serverCpu: number;
  /** Bytes that the servers had written to disks. */
  readonly serverWritten: number;
}

/** Compiles the generator unless that is done. Throws UserError without Go and etcd's client library. */
export function buildGenerator(sources: string, into: string): string {
  const program = join(into, 'load');
  const newest = Math.max(...readdirSync(sources).map((name) => statSync(join(sources, name)).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newest) return program;
  mkdirSync(into, { recursive: true });
  try {
    const env = { ...process.env, GO111MODULE: 'off', GOPATH: GO_PATH, GOFLAGS: '', GOCACHE: join(into, 'go-cache') };
    execFileSync('go', ['build', '-o', program, '.'], { cwd: sources, env, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new UserError(`the load generator cannot be compiled: ${said}`, `On Debian: ${INSTALL}`);
  }
  return program;
}

/** A job under way. */
export interface RunningLoad {
  readonly result: Promise<LoadResult>;
  readonly process: ChildProcess;
}

export function startLoad(program: string, job: LoadJob): RunningLoad {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString()}`.slice(-2_000);
  });
  const result = new Promise<LoadResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as LoadResult);
      else reject(new Error(`the load generator failed (${code}): ${complaint.trim()}`));
    });
  });
  child.stdin.end(JSON.stringify(job));
  return { result, process: child };
}

/** Carries a job out. Throws when more than one operation in a hundred failed: such figures mean nothing. */
export async function runLoad(program: string, job: LoadJob): Promise<LoadResult> {
  const result = await startLoad(program, job).result;
  if (result.errors > (result.operations + result.errors) / 100)
    throw new Error(`${job.operation} at ${job.target}: ${result.errors} operations failed: ${result.firstError}`);
  return result;
}
