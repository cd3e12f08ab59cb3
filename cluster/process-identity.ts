// A process is a pid and the moment it started: a pid alone may be somebody else's by now.
// Nothing here ends a process that it cannot prove to be the one that was recorded.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf } from '../src/lib/index.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process, as the system counts it (clock ticks since boot, and the boot's id). */
  readonly started: string;
}

/** The identity of a running process, or undefined when there is none with that pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** True while the recorded process, and not another with its pid, is running. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.started === identity.started;
}

/** Sends a signal to the recorded process; false when it is not running any more. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
    throw error;
  }
}

/** Field 22 of /proc/<pid>/stat, with the boot's id: ticks since boot repeat after a reboot. Zombies count as gone. */
function startedOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${fields[19]}`;
  } catch {
    // The process has ended.
    return undefined;
  }
}

function startedByPs(pid: number): string | undefined {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? undefined : started;
  } catch {
    // The process has ended.
    return undefined;
  }
}

/** Records a running process in a file. */
export function recordProcess(file: string, identity: ProcessIdentity): void {
  writeFileSync(file, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
}

/** The process that a file records, if it is still running; a stale or unreadable record is as good as none. */
export function recordedProcess(file: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isIdentity(value) || !isAlive(value)) return undefined;
    return value;
  } catch {
    // No record, or one cut short by a crash: then nothing is known to run.
    return undefined;
  }
}

export function forgetProcess(file: string): void {
  rmSync(file, { force: true });
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  return 'pid' in value && typeof value.pid === 'number' && 'started' in value && typeof value.started === 'string';
}
