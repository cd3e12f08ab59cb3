// A cluster of quorate as `quorate up` starts it, in a folder of its own on free ports; without workers, unless they are
// what is measured.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BALANCER,
  type ClusterStatus,
  clusterStatus,
  type RunningCluster,
  recordedProcess,
  signalProcess,
  startCluster,
  waitUntilReady,
} from '../../cluster/index.ts';
import { type Clock, defined, silentLogger, sleep } from '../../src/lib/index.ts';
import type { Peer } from './peer.ts';

const POLL_MS = 50;
const READY_LIMIT_MS = 60_000;
/** ConfigMaps: the kind whose own rules cost least, so that what is measured is the path that all kinds take. */
const COLLECTION = '/api/v1/namespaces/default/configmaps';

export interface QuoratePeer extends Peer {
  readonly running: RunningCluster;
  status(): Promise<ClusterStatus>;
}

export interface QuorateOptions {
  readonly clock: Clock;
  /** The command that runs a component. */
  readonly command: readonly [string, ...string[]];
  readonly servers?: number;
  readonly workers?: number;
}

export async function startQuorate(options: QuorateOptions): Promise<QuoratePeer> {
  const { clock, command, servers = 3, workers = 0 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
  const running = await startCluster({
    dataDirectory: join(folder, 'cluster'),
    servers,
    workers,
    port: 0,
    runtime: 'simulated',
    hostAddressForPods: undefined,
    detached: false,
    command,
    clock,
    logger: silentLogger,
  });
  const stop = async (): Promise<void> => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(running, clock, new AbortController().signal, () => undefined);
  } catch (error) {
    await stop();
    throw error;
  }
  const { layout, topology } = running;
  const members = topology.servers;
  const admin = layout.certificate('admin');
  const status = (): Promise<ClusterStatus> => clusterStatus(layout, topology, BALANCER);
  const processOf = (id: string) => defined(recordedProcess(layout.processFile(id)), `the process of ${id}`);
  /** Under load a server may be too slow to tell who leads. */
  const until = async (isGood: (status: ClusterStatus) => boolean, what: string): Promise<ClusterStatus> => {
    const deadline = clock.monotonic() + READY_LIMIT_MS;
    for (;;) {
      const now = await status();
      if (isGood(now)) return now;
      if (clock.monotonic() > deadline) throw new Error(what);
      await sleep(clock, POLL_MS);
    }
  };
  return {
    who: 'quorate',
    running,
    base: {
      target: 'quorate',
      endpoints: members.map(({ port }) => `127.0.0.1:${port}`),
      ca: join(layout.pki, 'ca.crt'),
      cert: admin.cert,
      key: admin.key,
      path: COLLECTION,
    },
    pids: () => members.map(({ id }) => processOf(id).pid),
    status,
    async leader() {
      const { leader } = await until((now) => now.leader !== null, 'nobody knows who leads');
      return members.findIndex(({ id }) => id === leader);
    },
    kill(at) {
      signalProcess(processOf(defined(members[at], 'a server').id), 'SIGKILL');
      return Promise.resolve();
    },
    async whole() {
      await until((now) => now.ready && now.leader !== null, 'the cluster is not whole again');
    },
    stop,
  };
}
