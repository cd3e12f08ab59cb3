// A cluster that cannot be started as a whole, and a supervisor that cannot start a process for a while.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isAlive, type ProcessIdentity, startCluster } from '../../cluster/index.ts';
import { createSupervisor } from '../../cluster/supervisor.ts';
import { silentLogger, systemClock } from '../../src/lib/index.ts';

function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'quorate-start-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe('a cluster that starts', () => {
  it('ends the members already started when one cannot be', async () => {
    const dataDirectory = scratch();
    // The second server's log is a folder: it cannot be opened.
    mkdirSync(join(dataDirectory, 'logs', 'server-2.log'), { recursive: true });
    const notes = join(dataDirectory, 'pki', 'started');
    const starting = startCluster({
      dataDirectory,
      servers: 3,
      workers: 0,
      port: 0,
      runtime: 'simulated',
      hostAddressForPods: undefined,
      detached: false,
      command: ['/bin/sh', '-c', `echo $$ >> ${notes}; exec sleep 60`],
      clock: systemClock(),
      logger: silentLogger,
    });
    await expect(starting).rejects.toThrow(/EISDIR/);
    const record = join(dataDirectory, 'run', 'server-1.json');
    expect(() => readFileSync(record)).toThrow(/ENOENT/);
  });
});

describe('the supervisor', () => {
  it.runIf(process.platform === 'linux')(
    'keeps its children in its own session, so that Linux weighs their threads against each other one by one',
    async () => {
      const folder = scratch();
      const supervisor = createSupervisor({ clock: systemClock(), logger: silentLogger, detached: false });
      const files = { logFile: join(folder, 'log'), processFile: join(folder, 'process.json') };
      supervisor.run({ name: 'one', command: '/bin/sh', args: ['-c', 'exec sleep 60'], ...files });
      onTestFinished(() => supervisor.stop());
      const sessionOf = (pid: number | 'self'): string | undefined =>
        readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
      expect(sessionOf(supervisor.list()[0]?.pid ?? 0)).toBe(sessionOf('self'));
    },
  );

  it('goes on when a process cannot be started again at this moment', async () => {
    const folder = scratch();
    const logFile = join(folder, 'log');
    const processFile = join(folder, 'process.json');
    const supervisor = createSupervisor({ clock: systemClock(), logger: silentLogger, detached: false });
    supervisor.run({ name: 'one', command: '/bin/sh', args: ['-c', 'exec sleep 60'], logFile, processFile });
    onTestFinished(() => supervisor.stop());
    const first = JSON.parse(readFileSync(processFile, 'utf8')) as ProcessIdentity;
    rmSync(logFile);
    mkdirSync(logFile);
    process.kill(first.pid, 'SIGKILL');
    await until(() => (supervisor.list()[0]?.restarts ?? 0) >= 2);
    rmSync(logFile, { recursive: true });
    writeFileSync(logFile, '');
    await until(() => supervisor.list()[0]?.pid !== undefined);
    const again = JSON.parse(readFileSync(processFile, 'utf8')) as ProcessIdentity;
    expect(isAlive(again)).toBe(true);
    expect(again.pid).not.toBe(first.pid);
  });
});

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 10));
}
