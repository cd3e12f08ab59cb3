// Three members of etcd on loopback, as their own documentation starts them, without TLS.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePorts } from '../../cluster/index.ts';
import { type Clock, defined, sleep } from '../../src/lib/index.ts';
import type { Peer } from './peer.ts';

const POLL_MS = 50;
const READY_LIMIT_MS = 30_000;
/** More than any run writes: its default of 2 GiB would end a long one. */
const QUOTA_BYTES = 8 * 1024 ** 3;

/** The version of etcd that is installed; undefined without one. */
export function etcdVersion(): string | undefined {
  try {
    return /etcd Version: (\S+)/.exec(execFileSync('etcd', ['--version'], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
}

export async function startEtcd(clock: Clock, members = 3): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-etcd-'));
  const ports = await findFreePorts(2 * members);
  const names = Array.from({ length: members }, (_, i) => `m${i}`);
  const clientPort = (i: number): number => defined(ports[2 * i], 'a port');
  const peerUrl = (i: number): string => `http://127.0.0.1:${defined(ports[2 * i + 1], 'a port')}`;
  const cluster = names.map((name, i) => `${name}=${peerUrl(i)}`).join(',');
  const processes: ChildProcess[] = [];
  const start = (i: number): void => {
    const client = `http://127.0.0.1:${clientPort(i)}`;
    const flags = [
      ['--name', `m${i}`],
      ['--data-dir', join(folder, `m${i}`)],
      ['--listen-client-urls', client],
      ['--advertise-client-urls', client],
      ['--listen-peer-urls', peerUrl(i)],
      ['--initial-advertise-peer-urls', peerUrl(i)],
      ['--initial-cluster', cluster],
      ['--quota-backend-bytes', String(QUOTA_BYTES)],
      ['--log-level', 'error'],
    ].flat();
    processes[i] = spawn('etcd', flags, { stdio: 'ignore' });
  };
  for (const i of names.keys()) start(i);
  const leader = async (): Promise<number> => {
    const states = await Promise.all(names.map((_, i) => stateOf(clientPort(i))));
    const found = states.findIndex((state) => state !== undefined && state.leader === state.id);
    const isWhole = states.every((state) => state !== undefined && state.leader === states[found]?.id);
    return isWhole ? found : -1;
  };
  const whole = async (): Promise<void> => {
    const deadline = clock.monotonic() + READY_LIMIT_MS;
    while ((await leader()) < 0) {
      if (clock.monotonic() > deadline) throw new Error('etcd has no leader');
      await sleep(clock, POLL_MS);
    }
  };
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((child) => ended(child, 'SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await whole();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    who: 'etcd',
    base: { target: 'etcd', endpoints: names.map((_, i) => `127.0.0.1:${clientPort(i)}`), path: '/registry/bench' },
    pids: () => processes.map((child) => defined(child.pid, 'the pid of etcd')),
    async leader() {
      await whole();
      return leader();
    },
    async kill(at) {
      await ended(defined(processes[at], 'a server'), 'SIGKILL');
      start(at);
    },
    whole,
    stop,
  };
}

interface MemberState {
  readonly id: string;
  readonly leader: string;
}

/** What a member says over its JSON gateway; undefined while it does not answer. */
async function stateOf(port: number): Promise<MemberState | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v3/maintenance/status`, { method: 'POST', body: '{}' });
    const status = (await answer.json()) as { header?: { member_id?: string }; leader?: string };
    const [id, leader] = [status.header?.member_id, status.leader];
    return id === undefined || leader === undefined || leader === '0' ? undefined : { id, leader };
  } catch {
    return undefined;
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
