// The command as its users meet it: start, stop, resume, two clusters side by side, and what it says when it cannot.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { plainClient } from '../../chaos/index.ts';
import type { ClusterStatus } from '../../cluster/index.ts';
import { identify, isAlive } from '../../cluster/process-identity.ts';
import { loadKubeconfig } from '../../src/client/index.ts';
import { MIB } from '../../src/lib/index.ts';
import { eventually, QUORATE, quorate, run, scratch, startUp } from './support/command.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const made = scratch();
  cleanups.push(made.remove);
  return made.path;
}

const SMALL = ['--port', '0', '--runtime', 'simulated', '--servers', '1', '--workers', '0'];

describe('quorate up', () => {
  it('says what a newcomer needs: endpoint, kubeconfig, servers with their leader, and what to try', async () => {
    const dataDir = join(folder(), 'cluster');
    const child = spawn(
      process.execPath,
      [QUORATE, 'up', '--data-dir', dataDir, '--port', '0', '--runtime', 'simulated'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    cleanups.push(() => child.kill('SIGKILL'));
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await eventually('ready', () => (text.includes('Ctrl-C') ? true : undefined));
    expect(text).toMatch(/The cluster is ready/);
    expect(text).toMatch(/endpoint +https:\/\/127\.0\.0\.1:\d+/);
    expect(text).toContain(`export KUBECONFIG=${join(dataDir, 'kubeconfig')}`);
    expect(text.match(/server-[123] +https:\/\/127\.0\.0\.1:\d+ +(leader|follower) +pid \d+/g)).toHaveLength(3);
    expect(text.match(/ leader /g)).toHaveLength(1);
    expect(text).toContain('kubectl create deployment');
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(0);
  });

  it('stops everything it started at Ctrl-C, and resumes with all objects', async () => {
    const dataDir = folder();
    const first = await startUp(dataDir, '--port', '0', '--runtime', 'simulated');
    const pids = [...first.status.servers, ...first.status.workers].map((member) => member.pid ?? 0);
    const processes = pids.flatMap((pid) => identify(pid) ?? []);
    expect(processes).toHaveLength(5);
    await post(first.status.kubeconfig, 'kept');
    expect(await first.interrupt()).toBe(0);
    expect(processes.filter(isAlive)).toEqual([]);

    const second = await startUp(dataDir);
    cleanups.push(() => second.interrupt());
    expect(second.status.endpoint).toBe(first.status.endpoint);
    expect(await get(second.status.kubeconfig, 'kept')).toBe(200);
  });

  it('leaves Ctrl-C, which a terminal sends to every process, to the supervisor, who ends the others in order', async () => {
    const up = await startUp(folder(), ...SMALL);
    const server = up.status.servers.flatMap(({ pid }) => identify(pid ?? 0) ?? []);
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGINT'] as const) process.kill(server[0]?.pid ?? 0, signal);
    await post(up.status.kubeconfig, 'served-after-ctrl-c');
    expect((await up.refresh()).servers[0]).toMatchObject({ pid: server[0]?.pid, ready: true });
    expect(await up.interrupt()).toBe(0);
    expect(server.filter(isAlive)).toEqual([]);
  });

  it('runs clusters side by side in different data directories', async () => {
    const [a, b] = await Promise.all([startUp(folder(), ...SMALL), startUp(folder(), ...SMALL)]);
    cleanups.push(() => Promise.all([a.interrupt(), b.interrupt()]));
    await post(a.status.kubeconfig, 'only-in-a');
    expect(await get(b.status.kubeconfig, 'only-in-a')).toBe(404);
  });

  it('restarts a server that is killed', async () => {
    const up = await startUp(folder(), ...SMALL);
    cleanups.push(() => up.interrupt());
    const pid = up.status.servers[0]?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await eventually('another process', async () => {
      const server = (await up.refresh()).servers[0];
      return server?.ready && server.pid !== pid ? true : undefined;
    });
  });

  it('ends the foreground children when the supervisor itself is killed', async () => {
    const up = await startUp(folder(), ...SMALL);
    const processes = up.status.servers.flatMap((server) => identify(server.pid ?? 0) ?? []);
    expect(processes).toHaveLength(1);
    up.supervisor.kill('SIGKILL');
    await eventually('their end', () => (processes.some(isAlive) ? undefined : true));
  });

  it('stops in good order when its terminal has closed', async () => {
    const up = await startUp(folder(), ...SMALL);
    const processes = up.status.servers.flatMap((server) => identify(server.pid ?? 0) ?? []);
    up.supervisor.stdout?.destroy();
    up.supervisor.stderr?.destroy();
    expect(await up.interrupt()).toBe(0);
    expect(processes.filter(isAlive)).toEqual([]);
  });

  it('leaves a detached cluster serving when its supervisor is killed, and adopts it at the next up', async () => {
    const dataDir = folder();
    const reserve = ['--disk-reserve', '64Mi'];
    const front = await quorate('up', '--data-dir', dataDir, '--detach', '--output', 'json', ...SMALL, ...reserve);
    cleanups.push(() => quorate('down', '--data-dir', dataDir));
    expect(front.stderr + front.stdout).toContain('"ready":true');
    const status = JSON.parse(front.stdout) as { servers: { pid: number }[]; kubeconfig: string };
    const killed = status.servers[0]?.pid ?? 0;
    process.kill(killed, 'SIGKILL');
    const restarted = await eventually('the supervisor behind restarts a server', async () => {
      const now = JSON.parse(
        (await quorate('status', '--data-dir', dataDir, '--output', 'json')).stdout,
      ) as ClusterStatus;
      const server = now.servers[0];
      return server?.ready && server.pid !== killed ? server : undefined;
    });
    expect(restarted.disk?.reserveBytes).toBe(64 * MIB);
    const supervisor = JSON.parse(readFileSync(join(dataDir, 'run', 'supervisor.json'), 'utf8')) as { pid: number };
    process.kill(supervisor.pid, 'SIGKILL');
    await post(status.kubeconfig, 'served-without-supervisor');
    const other = await quorate('up', '--data-dir', dataDir, '--detach', '--runtime', 'simulated', '--workers', '3');
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/still run \(load-balancer, server-1\), with 0 workers\nRun `quorate down` first/);
    const fuller = await quorate('up', '--data-dir', dataDir, '--runtime', 'simulated', '--disk-reserve', '32Mi');
    expect(fuller.stderr).toMatch(/still run .*, with a disk reserve of 67108864 bytes\nRun/);
    const again = await quorate('up', '--data-dir', dataDir, '--detach', '--output', 'json', '--runtime', 'simulated');
    expect(again.stderr).toContain('still running, and kept as they are: ');
    const adopted = JSON.parse(again.stdout) as typeof status;
    expect(adopted.servers[0]?.pid).toBe(restarted.pid);
    const down = await quorate('down', '--data-dir', dataDir, '--purge');
    expect(down.code).toBe(0);
    expect(identify(restarted.pid ?? 0)).toBeUndefined();
  });
});

describe('what the command says when it cannot', () => {
  it('a port is taken: names the port and the option', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const refused = await quorate('up', '--data-dir', folder(), '--port', String(port), '--runtime', 'simulated');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`port ${port}, for the load balancer, is taken`);
    expect(refused.stderr).toContain('--port');
  });

  it('the data directory is in use, or somebody else’s, or no folder', async () => {
    const dataDir = folder();
    const up = await startUp(dataDir, ...SMALL);
    cleanups.push(() => up.interrupt());
    expect((await quorate('up', '--data-dir', dataDir)).stderr).toMatch(/already running on .*process \d+/);
    const foreign = folder();
    writeFileSync(join(foreign, 'thesis.txt'), 'x');
    expect((await quorate('up', '--data-dir', foreign)).stderr).toContain('thesis.txt');
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    expect((await quorate('up', '--data-dir', file)).stderr).toContain('give another --data-dir');
  });

  it('a stale pid of somebody else is never taken for ours', async () => {
    const dataDir = folder();
    mkdirSync(join(dataDir, 'run'), { recursive: true });
    writeFileSync(
      join(dataDir, 'run', 'supervisor.json'),
      JSON.stringify({ pid: process.pid, started: 'another time' }),
    );
    const up = await startUp(dataDir, ...SMALL);
    cleanups.push(() => up.interrupt());
    expect(up.status.ready).toBe(true);
  });

  it('Docker is asked for and does not answer', async () => {
    const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const refused = await run(process.execPath, [QUORATE, 'up', '--data-dir', folder(), '--runtime', 'docker'], env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Docker does not answer[\s\S]*--runtime simulated/);
  });

  it('an option is wrong: exit code 2, naming option and value', async () => {
    const held = folder();
    const up = await startUp(held, ...SMALL);
    cleanups.push(() => up.interrupt());
    const existing = await quorate('up', '--data-dir', held, '--servers', '0');
    expect(existing).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: --servers is 0.*1 to 7/) });
    for (const [args, message] of [
      [['up', '--port', '70000'], /^error: --port is 70000.* 0 to 65514/],
      [['up', '--servers', 'three'], /--servers.*'three'/],
      [['up', '--servers', '9'], /--servers is 9/],
      [['up', '--disk-reserve', '64mb'], /^error: --disk-reserve is "64mb", which is not a size\n.*64Mi/],
      [['up', '--disk-reserve', '1Mi'], /^error: --disk-reserve is 1048576 bytes.*16Mi to 1Ti/],
      [['up', '--runtime', 'podman'], /podman/],
      [['upp'], /Did you mean up/],
    ] as const) {
      const refused = await quorate(...args, ...(args[0] === 'up' ? ['--data-dir', folder()] : []));
      expect(refused.stderr).toMatch(message);
      expect(refused.code).toBe(2);
    }
  });

  it('there is no cluster in the directory', async () => {
    for (const command of ['status', 'down', 'kubeconfig', 'token']) {
      const refused = await quorate(command, '--data-dir', folder());
      expect(refused.stderr).toMatch(/there is no cluster in .*\n.*quorate up/);
      expect(refused.code).toBe(1);
    }
  });
});

describe('an administrator’s token', () => {
  it('is accepted as a bearer token', async () => {
    const dataDir = folder();
    const up = await startUp(dataDir, ...SMALL);
    cleanups.push(() => up.interrupt());
    const token = (await quorate('token', '--data-dir', dataDir)).stdout.trim();
    const curl = await run('curl', [
      '-sS',
      '--cacert',
      join(dataDir, 'pki', 'ca.crt'),
      '-H',
      `Authorization: Bearer ${token}`,
      `${up.status.endpoint}/api/v1/namespaces/default`,
    ]);
    expect(JSON.parse(curl.stdout)).toMatchObject({ kind: 'Namespace' });
    const anonymous = await run('curl', [
      '-sS',
      '--cacert',
      join(dataDir, 'pki', 'ca.crt'),
      `${up.status.endpoint}/api/v1/namespaces/default`,
    ]);
    expect(JSON.parse(anonymous.stdout)).toMatchObject({ code: 401 });
  });
});

async function post(kubeconfig: string, name: string): Promise<void> {
  const result = await withClient(kubeconfig, 'POST', '/api/v1/namespaces/default/configmaps', { metadata: { name } });
  expect(result).toBe(201);
}

function get(kubeconfig: string, name: string): Promise<number> {
  return withClient(kubeconfig, 'GET', `/api/v1/namespaces/default/configmaps/${name}`);
}

async function withClient(kubeconfig: string, method: string, path: string, body?: unknown): Promise<number> {
  const { endpoints, tls } = loadKubeconfig(kubeconfig);
  const client = plainClient(endpoints[0] ?? '', {
    ca: String(tls?.ca),
    cert: String(tls?.cert),
    key: String(tls?.key),
  });
  const answer = await client.send(method, path, body);
  client.close();
  if (answer.kind !== 'answered') throw new Error(answer.reason);
  return answer.status;
}
