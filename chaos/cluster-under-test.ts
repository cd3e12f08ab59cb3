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
import { POLL_MS, RECOVERY_TIMEOUT_MS, STATUS_TIMEOUT_MS } from './limits.ts';

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
  const { layout } = running;
  const endpoint = `https://127.0.0.1:${running.topology.port}`;
  const admin = layout.certificate('admin');
  const credentials: Credentials = {
    ca: readFileSync(join(layout.pki, 'ca.crt'), 'utf8'),
    cert: readFileSync(admin.cert, 'utf8'),
    key: readFileSync(admin.key, 'utf8'),
  };
  const status = (): Promise<ClusterStatus> => clusterStatus(layout, running.topology, BALANCER);
  const isWhole = wholeness(running, credentials, stopping);
  return {
    running,
    credentials,
    balancer: plainClient(endpoint, credentials),
    status,
    balancedClient: (timeoutMs) => plainClient(endpoint, credentials, timeoutMs),
    clientOf(server, timeoutMs) {
      const { port } = defined(
        running.topology.servers.find(({ id }) => id === server),
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
    whole: () => untilWhole(isWhole, status, clock),
    stopping,
    stop,
  };
}

/**
 * Asks every server whether it is ready and whom it follows, on connections that are kept: at each turn of an experiment this
 * is asked many times a second, and a TLS handshake for each would be felt by what is measured.
 */
function wholeness(running: RunningCluster, credentials: Credentials, stopping: AbortSignal): () => Promise<boolean> {
  // Servers come and go: one client for each port that there ever was.
  const kept = new Map<number, PlainClient>();
  const clientAt = (port: number): PlainClient => {
    const client = kept.get(port) ?? plainClient(`https://127.0.0.1:${port}`, credentials, STATUS_TIMEOUT_MS);
    kept.set(port, client);
    return client;
  };
  stopping.addEventListener('abort', () => {
    for (const client of kept.values()) client.close();
  });
  return async () => {
    const clients = running.topology.servers.map(({ port }) => clientAt(port));
    const answers = await Promise.all(clients.map((client) => client.send('GET', '/quorate/v1/status')));
    const said = answers.flatMap((answer) =>
      answer.kind === 'answered' && answer.status === 200 ? [JSON.parse(answer.body) as Partial<Said>] : [],
    );
    const [first] = said;
    return said.length === clients.length && said.every(({ ready, leader }) => ready && leader === first?.leader);
  };
}

/** What a server says of itself, as far as it matters here. */
interface Said {
  readonly ready: boolean;
  readonly leader: string;
}

async function untilWhole(
  isWhole: () => Promise<boolean>,
  status: () => Promise<ClusterStatus>,
  clock: Clock,
): Promise<ClusterStatus> {
  const deadline = clock.monotonic() + RECOVERY_TIMEOUT_MS;
  for (;;) {
    const isLate = clock.monotonic() > deadline;
    if (isLate || (await isWhole())) {
      const found = await status();
      if (found.ready && found.leader !== null) return found;
      if (isLate)
        throw new UserError(
          `the cluster was not whole again after ${RECOVERY_TIMEOUT_MS / 1000} s: ${JSON.stringify(found.servers)}`,
          'Read the logs of its servers.',
        );
    }
    await sleep(clock, POLL_MS);
  }
}
