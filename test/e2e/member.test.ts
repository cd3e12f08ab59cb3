// The servers of a running cluster come and go by the commands that operators have, while clients write: it grows from one
// to three, its leader is removed, a server that lost its disk is replaced, and it shrinks to one. Nothing acknowledged is lost.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlainClient, plainClient } from '../../chaos/index.ts';
import { withNewServer } from '../../cluster/growth.ts';
import type { ClusterStatus } from '../../cluster/index.ts';
import { layoutOf } from '../../cluster/layout.ts';
import { findFreePorts } from '../../cluster/ports.ts';
import { changeTopology } from '../../cluster/topology-lock.ts';
import { loadKubeconfig } from '../../src/client/index.ts';
import { systemClock } from '../../src/lib/index.ts';
import { eventually, type Finished, quorate, scratch, startUp, type Up } from './support/command.ts';
import { kubectl, kubectlMissing } from './support/kubectl.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const folder = scratch();
const dataDir = join(folder.path, 'cluster');
let up: Up;
let writer: Writer;

beforeAll(async () => {
  up = await startUp(dataDir, '--port', '0', '--runtime', 'simulated', '--servers', '1', '--workers', '1');
  writer = startWriter(up.status.kubeconfig);
});
afterAll(async () => {
  await writer?.stop();
  await up?.interrupt();
  folder.remove();
});

/** The tests follow one cluster through its life: each goes on where the one before has left it. */
describe('the servers of a running cluster', () => {
  it('grow from one to three, which everybody follows', async () => {
    const added = await member('add', '--count', '2');
    expect(added).toMatchObject({ code: 0, stdout: 'server-2 votes\nserver-3 votes\n' });
    expect(added.stderr).toContain('server-2 starts');
    expect(await places()).toEqual({ 'server-1': 'voter', 'server-2': 'voter', 'server-3': 'voter' });
    expect((await up.refresh()).ready).toBe(true);
    const endpoints = () => config('worker-1').client?.endpoints ?? [];
    await eventually('the worker is told', () => (endpoints().length === 3 ? true : undefined));
    expect(config('load-balancer').servers).toHaveLength(3);
    await writer.goesOn();
  });

  it('outlive the death of the one that was there at first', async () => {
    const first = (await up.refresh()).servers.find(({ id }) => id === 'server-1');
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await writer.goesOn();
    await whole();
  });

  it('hand leadership over to whom they are told', async () => {
    const { leader } = await whole();
    const target = ['server-1', 'server-2', 'server-3'].find((id) => id !== leader) ?? '';
    expect(await leaderTransfer(target)).toMatchObject({ code: 0, stdout: `${target} leads\n` });
    expect((await whole()).leader).toBe(target);
    expect(await leaderTransfer('server-9')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Choose one of'),
    });
  });

  it('lose their leader by removal: its process ends, its data lies aside, its keys are gone, its id is used up', async () => {
    const { leader } = await whole();
    const id = leader ?? '';
    const removed = await member('remove', id);
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id} is removed`) });
    expect(removed.stderr).toContain(`${id} leads: leadership is handed over`);
    expect(existsSync(join(dataDir, 'members', id))).toBe(false);
    expect(readdirSync(join(dataDir, 'removed'))).toEqual([expect.stringMatching(`^${id}-\\d{8}T\\d{6}Z$`)]);
    expect(readdirSync(join(dataDir, 'pki')).filter((file) => file.startsWith(`${id}-`))).toEqual([]);
    expect(await places()).not.toHaveProperty(id);
    expect((await up.refresh()).removed).toEqual([id]);
    expect(await member('remove', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('removed already') });
    await writer.goesOn();
    expect(await member('add')).toMatchObject({ code: 0, stdout: 'server-4 votes\n' });
  });

  it('keep what a wiped one had: it may not come back, and is replaced', async () => {
    const { servers, leader } = await whole();
    const victim = servers.find(({ id }) => id !== leader)?.id ?? '';
    await member('add', '--learner');
    process.kill((await whole()).servers.find(({ id }) => id === victim)?.pid ?? 0, 'SIGKILL');
    for (const part of ['log', 'state'])
      rmSync(join(dataDir, 'members', victim, part), { recursive: true, force: true });
    await writer.goesOn();
    const unsafe = servers.find(({ id }) => id !== victim && id !== leader)?.id ?? '';
    expect(await member('remove', unsafe)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no living majority'),
    });
    expect((await member('remove', victim)).code).toBe(0);
    expect(await places()).toMatchObject({ 'server-5': 'learner' });
    expect(await member('promote', 'server-5')).toMatchObject({ code: 0, stdout: 'server-5 votes\n' });
    await whole();
    await writer.goesOn();
  });

  it.skipIf(kubectlMissing !== undefined)('serve kubectl as ever', async () => {
    expect(await kubectl(up.status.kubeconfig).ok('get nodes')).toMatch(/worker-1 +Ready/);
  });

  it('shrink to one, which refuses to go, and has everything that was acknowledged', async () => {
    for (let { servers } = await whole(); servers.length > 1; { servers } = await whole())
      expect((await member('remove', servers[0]?.id ?? '')).code).toBe(0);
    await writer.goesOn();
    const [last] = (await whole()).servers;
    expect(await member('remove', last?.id ?? '')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('only voter'),
    });
    const acknowledged = await writer.stop();
    expect(acknowledged.length).toBeGreaterThan(20);
    const kept = new Set(await names());
    expect(acknowledged.filter((name) => !kept.has(name))).toEqual([]);
  });

  it('are as many after a restart as they were before, and `up` names the commands that change it', async () => {
    expect(await up.interrupt()).toBe(0);
    const other = await quorate('up', '--data-dir', dataDir, '--servers', '3');
    expect(other).toMatchObject({ code: 1, stderr: expect.stringMatching(/has 1 servers[\s\S]*quorate member add/) });
    up = await startUp(dataDir, '--runtime', 'simulated');
    expect(up.status.servers).toHaveLength(1);
    expect((await names()).length).toBeGreaterThan(20);
  });
});

describe('a cluster whose supervisor was killed', () => {
  const other = join(folder.path, 'detached');
  const start = (...args: string[]) =>
    quorate('up', '--detach', '--data-dir', other, '--runtime', 'simulated', '--output', 'json', ...args);
  const command = (...args: string[]) => quorate('member', ...args, '--data-dir', other);
  afterAll(() => quorate('down', '--data-dir', other));

  it('changes nothing until it is adopted, and then completes what was begun', async () => {
    await start('--port', '0', '--servers', '1', '--workers', '0');
    const supervisor = JSON.parse(readFileSync(join(other, 'run', 'supervisor.json'), 'utf8')) as { pid: number };
    process.kill(supervisor.pid, 'SIGKILL');
    expect(await command('add')).toMatchObject({ code: 1, stderr: expect.stringContaining('quorate up --detach') });
    // What a command leaves that is killed after its first step.
    const [port = 0, raftPort = 0] = await findFreePorts(2);
    await changeTopology(layoutOf(other), systemClock(), (before) => withNewServer(before, { port, raftPort }));

    expect((await start()).stderr).toContain('still running, and kept as they are: load-balancer, server-1');
    const list = await command('list');
    expect(list.stdout).toMatch(/^server-1 +voter +leader .*\nserver-2 +joining /m);
    expect(await command('add')).toMatchObject({ code: 0, stdout: 'server-3 votes\n' });
    expect((await command('remove', 'server-2')).code).toBe(0);
    expect((await command('list')).stdout).not.toContain('server-2');
  });
});

function member(...args: string[]): Promise<Finished> {
  return quorate('member', ...args, '--data-dir', dataDir);
}

function leaderTransfer(target: string): Promise<Finished> {
  return quorate('leader', 'transfer', target, '--data-dir', dataDir);
}

async function places(): Promise<Record<string, string>> {
  const { stdout } = await member('list', '--output', 'json');
  const { members } = JSON.parse(stdout) as { members: { id: string; place: string }[] };
  return Object.fromEntries(members.map(({ id, place }) => [id, place]));
}

/** Every server is ready, and one leads. */
function whole(): Promise<ClusterStatus> {
  return eventually('a cluster that is whole', async () => {
    const status = await up.refresh();
    return status.leader !== null && status.servers.every(({ ready }) => ready) ? status : undefined;
  });
}

function config(name: string): { readonly client?: { readonly endpoints: string[] }; readonly servers?: unknown[] } {
  return JSON.parse(readFileSync(join(dataDir, 'members', name, 'config.json'), 'utf8')) as ReturnType<typeof config>;
}

function clientOf(kubeconfig: string): PlainClient {
  const { endpoints, tls } = loadKubeconfig(kubeconfig);
  const credentials = { ca: String(tls?.ca), cert: String(tls?.cert), key: String(tls?.key) };
  return plainClient(endpoints[0] ?? '', credentials);
}

async function names(): Promise<readonly string[]> {
  const client = clientOf(up.status.kubeconfig);
  const answer = await client.send('GET', CONFIG_MAPS);
  client.close();
  if (answer.kind !== 'answered') throw new Error(answer.reason);
  const { items } = JSON.parse(answer.body) as { items: { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}

interface Writer {
  /** Resolves when something was acknowledged that was sent after the call. */
  goesOn(): Promise<void>;
  /** Ends it; answers the names of everything that was acknowledged. */
  stop(): Promise<readonly string[]>;
}

/** Creates one object after the other through the load balancer, a connection each. */
function startWriter(kubeconfig: string): Writer {
  const acknowledged: string[] = [];
  const ended = new AbortController();
  let sent = 0;
  const writing = (async () => {
    while (!ended.signal.aborted) {
      const client = clientOf(kubeconfig);
      const name = `written-${sent}`;
      sent += 1;
      const answer = await client.send('POST', CONFIG_MAPS, { metadata: { name } });
      client.close();
      if (answer.kind === 'answered' && answer.status === 201) acknowledged.push(name);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    async goesOn() {
      const from = sent;
      const isLater = (name: string): boolean => Number(name.slice('written-'.length)) >= from;
      await eventually('a later write', () => (acknowledged.some(isLater) ? true : undefined));
    },
    async stop() {
      ended.abort();
      await writing;
      return acknowledged;
    },
  };
}
