// The benchmarks as their user runs them, in their shortest form: what they say is about the machine, that they say it is not.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../bench/report/types.ts';
import { run, scratch } from './support/command.ts';

const BENCH = fileURLToPath(new URL('../../dist/bench.js', import.meta.url));
const CLIENT_LIBRARY = '/usr/share/gocode/src/go.etcd.io/etcd/clientv3';

function isInstalled(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const missing = [
  ...(isInstalled('go', 'version') && existsSync(CLIENT_LIBRARY) ? [] : ['golang-go golang-etcd-server-dev']),
  ...(isInstalled('etcd', '--version') ? [] : ['etcd-server']),
];
if (missing.length > 0) process.stderr.write(`bench.test.ts is skipped: install ${missing.join(' ')}\n`);

describe.skipIf(missing.length > 0)('npm run bench', () => {
  it('measures both systems under the same load, and writes the report in every form', async () => {
    const folder = scratch();
    try {
      const short = ['--runs', '1', '--seconds', '1', '--out', folder.path];
      const groups = ['--only', 'create,watch', '--sizes', '10,16'];
      const { code, stdout, stderr } = await run(process.execPath, [BENCH, ...short, ...groups]);
      expect([0, 1], stderr).toContain(code);
      const report = JSON.parse(readFileSync(join(folder.path, 'report.json'), 'utf8')) as Report;
      expect(report.rows.map(({ id }) => id)).toEqual(['create/16', 'watch/10']);
      for (const { sides } of report.rows) {
        expect(new Set(sides.map(({ who }) => who))).toEqual(new Set(['quorate', 'etcd']));
        for (const { value, clientCpuMicros } of sides) {
          expect(value.median).toBeGreaterThan(0);
          expect(clientCpuMicros?.median).toBeGreaterThan(0);
        }
      }
      expect(stdout).toContain('create/16');
      expect(readFileSync(join(folder.path, 'report.html'), 'utf8')).toContain('create/16');
    } finally {
      folder.remove();
    }
  });

  it('names the groups there are when it is asked for another', async () => {
    const { code, stderr } = await run(process.execPath, [BENCH, '--only', 'creates']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('there is no group creates: create, update');
  });
});
