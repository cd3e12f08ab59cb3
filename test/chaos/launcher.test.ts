// A launcher starts processes for a supervisor as the supervisor itself would: seen from outside, nothing is different.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Launcher, openLauncher } from '../../chaos/launcher/launcher.ts';
import { identify, isAlive, type ProcessSpec } from '../../cluster/index.ts';
import { defined } from '../../src/lib/index.ts';
import { bundle } from '../support/bundled.ts';

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-launch-'));
  program = join(folder, 'launcher.mjs');
  await bundle('chaos/launcher/main.ts', program);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function opened(): Launcher {
  const launcher = openLauncher(program);
  onTestFinished(() => launcher.close());
  return launcher;
}

function shell(script: string): ProcessSpec {
  const log = join(mkdtempSync(join(folder, 'process-')), 'log');
  return { name: 'one', command: '/bin/sh', args: ['-c', script], logFile: log, processFile: '' };
}

/** Launches it; answers its pid, and how it ends. */
function launch(launcher: Launcher, spec: ProcessSpec): { pid: number | undefined; ended: Promise<string> } {
  let pid: number | undefined;
  const ended = new Promise<string>((resolve) => {
    pid = launcher.launch(spec, false, resolve);
  });
  return { pid, ended };
}

describe('a launcher', () => {
  it('starts a process with its environment and log, and tells how it has ended', async () => {
    const launcher = opened();
    const spec = { ...shell('echo "$WORD $$"; exit 7'), environment: { WORD: 'hello' } };
    const { pid, ended } = launch(launcher, spec);
    expect(await ended).toBe('exit code 7');
    expect(readFileSync(spec.logFile, 'utf8')).toBe(`hello ${pid}\n`);
  });

  it('tells which signal ended a process, of several that run', async () => {
    const launcher = opened();
    const [first, second] = [launch(launcher, shell('exec sleep 60')), launch(launcher, shell('exec sleep 60'))];
    process.kill(second.pid ?? 0, 'SIGKILL');
    expect(await second.ended).toBe('signal SIGKILL');
    process.kill(first.pid ?? 0, 'SIGTERM');
    expect(await first.ended).toBe('signal SIGTERM');
  });

  it('says what hinders a process: no such program, or a log that cannot be opened', async () => {
    const launcher = opened();
    const { pid, ended } = launch(launcher, { ...shell(''), command: join(folder, 'nowhere') });
    expect(pid).toBeUndefined();
    expect(await ended).toMatch(/ENOENT/);
    expect(() => launcher.launch({ ...shell(''), logFile: folder }, false, () => undefined)).toThrow(/EISDIR/);
  });

  it('leaves no process behind that ends with its parent', async () => {
    const launcher = openLauncher(program);
    // It reads until its standard input ends, which the launcher holds.
    const { pid = 0, ended } = launch(launcher, shell('cat; exit 3'));
    const identity = defined(identify(pid), 'the process');
    launcher.close();
    expect(await ended).toBe('its launcher has ended');
    await vi.waitUntil(() => !isAlive(identity), { timeout: 10_000 });
    expect(() => launcher.launch(shell(''), false, () => undefined)).toThrow('the launcher has ended');
  });
});
