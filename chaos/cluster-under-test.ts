// A real cluster for an experiment: processes of its own in a folder of its own on free ports, and ways to hurt it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BALANCER,
  type ClusterStatus,
  clusterStatus,
  type PeerRoute,
  type RunningCluster,
  type RuntimeName,
  recordedProcess,
  signalProcess,
  startCluster,
  type Topology,
  waitUntilReady,
} from '../cluster/index.ts';
import { type Clock, defined, type Logger, sleep, UserError } from '../src/lib/index.ts';
import { type Credentials, type PlainClient, plainClient } from './http.ts';
import { POLL_MS, RECOVERY_TIMEOUT_MS } from './limits.ts';

export interface ClusterUnderTest {
  readonly running: RunningCluster;
  readonly credentials: Credentials;
  readonly balancer: PlainClient;
  status(): Promise<ClusterStatus>;
  /** A client of one server only. */
  clientOf(server: string, timeoutMs?: number): PlainClient;
  /** A client with connections of its own through the load balancer. */
  balancedClient(timeoutMs?: number): PlainClient;
  /** Sends a signal to a member's process; answers its pid. Throws when it does not run. */
  signal(member: string, signal: NodeJS.Signals): number;
  /** Waits until a member runs as another process than `pid`. */
  replaced(member: string, pid: number): Promise<void>;
  /** Waits until every server is ready and follows one leader. */
  whole(): Promise<ClusterStatus>;
  /** Aborts when it is stopped: what works on it ends, however the experiment went. */
  readonly stopping: AbortSignal;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

export interface ExperimentOptions {
  readonly servers: number;
  readonly workers: number;
  readonly runtime: RuntimeName;
  /** The command that runs a component. */
  readonly command: readonly [string, ...string[]];
  readonly clock: Clock;
  readonly logger: Logger;
  /** The way of Raft connections, when it is not the direct one. */
  readonly peerRoute?: (topology: Topology) => Promise<PeerRoute>;
}

/** Starts a cluster and waits until it is ready. */
export async function startExperiment(options: ExperimentOptions): Promise<ClusterUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-chaos-'));
  const { clock } = options;
  const running = await startCluster({
    ...options,
    hostAddressForPods: undefined,
    port: 0,
    dataDirectory: folder,
    detached: false,
  });
  const stopping = new AbortController();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running.stop();
    if (process.env['QUORATE_KEEP'] !== '1') rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(running, clock, new AbortController().signal, () => undefined);
  } catch (error) {
    await stop();
    throw error;
  }
  return underTest(running, stop, stopping.signal, clock);
}

function underTest(
  running: RunningCluster,
  stop: () => Promise<void>,
  stopping: AbortSignal,
  clock: Clock,
): ClusterUnderTest {
  const { layout, topology } = running;
  const admin = layout.certificate('admin');
  const credentials: Credentials = {
    ca: readFileSync(join(layout.pki, 'ca.crt'), 'utf8'),
    cert: readFileSync(admin.cert, 'utf8'),
    key: readFileSync(admin.key, 'utf8'),
  };
  const status = (): Promise<ClusterStatus> => clusterStatus(layout, topology, BALANCER);
  return {
    running,
    credentials,
    balancer: plainClient(`https://127.0.0.1:${topology.port}`, credentials),
    status,
    balancedClient: (timeoutMs) => plainClient(`https://127.0.0.1:${topology.port}`, credentials, timeoutMs),
    clientOf(server, timeoutMs) {
      const { port } = defined(
        topology.servers.find(({ id }) => id === server),
        server,
      );
      return plainClient(`https://127.0.0.1:${port}`, credentials, timeoutMs);
    },
    signal(member, signal) {
      const identity = recordedProcess(layout.processFile(member));
      if (identity === undefined || !signalProcess(identity, signal)) {
        throw new UserError(`${member} does not run`, `Read ${layout.logFile(member)}.`);
      }
      return identity.pid;
    },
    async replaced(member, pid) {
      const deadline = clock.monotonic() + RECOVERY_TIMEOUT_MS;
      for (;;) {
        const now = recordedProcess(layout.processFile(member));
        if (now !== undefined && now.pid !== pid) return;
        if (clock.monotonic() > deadline)
          throw new UserError(`${member} was not started again`, `Read ${layout.logFile(member)}.`);
        await sleep(clock, POLL_MS);
      }
    },
    whole: () => untilWhole(status, clock),
    stopping,
    stop,
  };
}

async function untilWhole(status: () => Promise<ClusterStatus>, clock: Clock): Promise<ClusterStatus> {
  const deadline = clock.monotonic() + RECOVERY_TIMEOUT_MS;
  for (;;) {
    const found = await status();
    if (found.ready && found.leader !== null) return found;
    if (clock.monotonic() > deadline) {
      throw new UserError(
        `the cluster was not whole again after ${RECOVERY_TIMEOUT_MS / 1000} s: ${JSON.stringify(found.servers)}`,
        'Read the logs of its servers.',
      );
    }
    await sleep(clock, POLL_MS);
  }
}
