// A lost quorum: two of three servers' folders destroyed. `up` says so and names the way out; recover makes a new cluster
// of the survivor; and nothing of the former cluster can come back into it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credentials, type PlainClient, plainClient } from '../../chaos/index.ts';
import { layoutOf, type ServerConfig } from '../../cluster/index.ts';
import { eventually, QUORATE, quorate, scratch, startUp, type Up } from './support/command.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const MADE = 40;

describe('a cluster whose quorum is lost', () => {
  const folder = scratch();
  const dataDir = join(folder.path, 'cluster');
  const layout = layoutOf(dataDir);
  const keptAside = join(folder.path, 'server-2-as-it-was');
  const names = Array.from({ length: MADE }, (_, i) => `map-${i}`);
  let credentials: Credentials;
  let up: Up | undefined;

  beforeAll(async () => {
    up = await startUp(dataDir, '--servers', '3', '--workers', '0', '--port', '0', '--runtime', 'simulated');
    credentials = credentialsOf();
    const client = plainClient(up.status.endpoint, credentials);
    for (const name of names) await create(client, name);
    client.close();
    // So that the survivor holds all of them: with the quorum lost, nothing else promises that.
    const running = up;
    await eventually('all have applied as much', async () => {
      const applied = new Set((await running.refresh()).servers.map((server) => server.appliedIndex));
      return applied.size === 1 ? true : undefined;
    });
    await killAll(running);
    up = undefined;
    // Its lock is a socket, which nobody copies.
    cpSync(layout.member('server-2'), keptAside, { recursive: true, filter: (file) => basename(file) !== 'lock' });
    for (const id of ['server-2', 'server-3']) rmSync(layout.member(id), { recursive: true });
  });
  afterAll(async () => {
    await up?.interrupt();
    folder.remove();
  });

  it('is not started: up says that the quorum is lost and names the way out', async () => {
    const started = await quorate('up', '--data-dir', dataDir, '--runtime', 'simulated');
    expect(started.code).toBe(1);
    expect(started.stderr).toContain('is lost: server-2, server-3 had data and have none now');
    expect(started.stderr).toContain(`quorate recover --data-dir ${dataDir}`);
  });

  it('is shown what would be lost, and changed by nobody who did not say yes', async () => {
    const before = readFileSync(layout.clusterFile, 'utf8');
    const shown = await quorate('recover', '--data-dir', dataDir);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/\* server-1 +intact/);
    expect(shown.stdout).toMatch(/server-2 +missing/);
    expect(shown.stdout).toContain('server-2, server-3 cannot be read');
    expect(shown.stdout).toContain('Nothing was changed');
    expect(readFileSync(layout.clusterFile, 'utf8')).toBe(before);
  });

  it('is recovered from the survivor, with every acknowledged object, and its past aside', async () => {
    const recovered = await quorate('recover', '--data-dir', dataDir, '--yes', '--output', 'json');
    expect(recovered).toMatchObject({ code: 0 });
    const summary = JSON.parse(recovered.stdout) as { source: string; aside: string; clusterId: string };
    expect(summary.source).toBe('server-1');
    expect(readdirSync(join(dataDir, summary.aside, 'members'))).toEqual(['server-1']);
    up = await startUp(dataDir, '--runtime', 'simulated');
    for (const server of up.status.servers) {
      const client = plainClient(server.url, credentials);
      const found = await list(client);
      expect(names.filter((name) => !found.includes(name))).toEqual([]);
      client.close();
    }
  });

  it('is not recovered while it runs', async () => {
    const refused = await quorate('recover', '--data-dir', dataDir, '--yes');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('still run');
  });

  it('refuses a former server, which joins nothing and disturbs nobody', async () => {
    const now = configOf('server-2');
    const former = { ...now, ...configIn(keptAside), peers: now.peers };
    const terms = async (): Promise<readonly number[]> =>
      (await up?.refresh())?.servers.map((server) => server.term) ?? [];
    const before = await terms();
    const stale = await startStale({ ...former, directory: keptAside });
    try {
      await eventually('the former server is refused', () => {
        const log = readFileSync(layout.logFile('server-1'), 'utf8');
        return log.includes(`it belongs to cluster ${former.clusterId}`) ? true : undefined;
      });
      expect((await up?.refresh())?.ready).toBe(true);
      expect(await terms()).toEqual(before);
    } finally {
      await stale.end();
    }
  });

  it('does not open the data of a former server under its new identity', async () => {
    const now = configOf('server-2');
    const { clusterId } = configIn(keptAside);
    const stale = await startStale({ ...now, directory: keptAside });
    const code = await stale.ended();
    expect(code).not.toBe(0);
    expect(stale.output()).toContain(`belongs to member server-2 of cluster ${clusterId}`);
  });

  function configOf(id: string): ServerConfig {
    return configIn(layout.member(id));
  }

  function credentialsOf(): Credentials {
    const admin = layout.certificate('admin');
    const read = (file: string): string => readFileSync(file, 'utf8');
    return { ca: read(join(layout.pki, 'ca.crt')), cert: read(admin.cert), key: read(admin.key) };
  }

  /** A server's process on ports of its own. */
  async function startStale(config: ServerConfig) {
    const [api, raft] = [await freePort(), await freePort()];
    const host = '127.0.0.1';
    const moved = { ...config, listen: [{ host, port: api }], raft: { host, port: raft } };
    const file = join(folder.path, `stale-${raft}.json`);
    writeFileSync(file, JSON.stringify(moved));
    const child = spawn(process.execPath, [QUORATE, 'server', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    return { output: () => output, ended: () => endOf(child), end: () => end(child) };
  }
});

function configIn(directory: string): ServerConfig {
  return JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as ServerConfig;
}

/** Supervisor first, so that nothing is started again. */
async function killAll({ supervisor, refresh }: Up): Promise<void> {
  const { servers } = await refresh();
  const ended = once(supervisor, 'exit');
  supervisor.kill('SIGKILL');
  await ended;
  for (const { pid } of servers) if (pid !== null) killIfThere(pid);
  await eventually('all have ended', async () =>
    (await refresh()).servers.every(({ pid }) => pid === null) ? true : undefined,
  );
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with its supervisor.
  }
}

async function endOf(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? -1;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await endOf(child);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function create(client: PlainClient, name: string): Promise<void> {
  const answer = await client.send('POST', CONFIG_MAPS, { metadata: { name } });
  if (answer.kind !== 'answered' || answer.status !== 201) throw new Error(JSON.stringify(answer));
}

async function list(client: PlainClient): Promise<readonly string[]> {
  const answer = await client.send('GET', CONFIG_MAPS);
  if (answer.kind !== 'answered') throw new Error(answer.reason);
  return (JSON.parse(answer.body) as { items: { metadata: { name: string } }[] }).items.map(
    ({ metadata }) => metadata.name,
  );
}
