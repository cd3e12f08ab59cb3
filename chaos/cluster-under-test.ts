// A real cluster for an experiment: processes of its own in a folder of its own on free ports, and ways to hurt it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BALANCER,
  type ClusterStatus,
  clusterStatus,
  directRoute,
  layoutOf,
  type MembershipCommands,
  membershipCommands,
  type PeerRoute,
  type ProcessIdentity,
  type RunningCluster,
  type RuntimeName,
  recordedProcess,
  type ServerTuning,
  signalProcess,
  startCluster,
  type Topology,
  waitUntilReady,
} from '../cluster/index.ts';
import { type Clock, defined, type Logger, sleep, UserError } from '../src/lib/index.ts';
import { flushDisks } from './disks/flush.ts';
import { openServerDisks, type ServerDisks } from './disks/server-disks.ts';
import { type Credentials, type PlainClient, plainClient } from './http.ts';
import { openLauncher } from './launcher/launcher.ts';
import { POLL_MS, RECOVERY_TIMEOUT_MS, SHORT_POLL_MS, STATUS_TIMEOUT_MS } from './limits.ts';
import { namedCommands } from './member-commands.ts';
import type { ShimBuild } from './shim/build.ts';

export interface ClusterUnderTest {
  readonly running: RunningCluster;
  readonly credentials: Credentials;
  readonly balancer: PlainClient;
  readonly disks: ServerDisks;
  /** Adds and removes servers as `quorate member` does. Throws MemberCommandFailed. */
  readonly members: MembershipCommands;
  status(): Promise<ClusterStatus>;
  /** The servers that clients may go to: they were ready when the cluster was whole last, and are not leaving. */
  serving(): readonly string[];
  /** The address of a server that is there. */
  urlOf(server: string): string;
  /** A client of one server only, which is there. */
  clientOf(server: string, timeoutMs?: number): PlainClient;
  /** A client with connections of its own through the load balancer. */
  balancedClient(timeoutMs?: number): PlainClient;
  /** Sends a signal to a member's process; answers its pid. Throws when it does not run. */
  signal(member: string, signal: NodeJS.Signals): number;
  /** Throws when it does not run. */
  pidOf(member: string): number;
  /** Waits until that process of a member has ended; false when it has not within the limit. */
  gone(member: string, pid: number, limitMs: number): Promise<boolean>;
  /** Waits until a process that was sent SIGSTOP has stopped: until none of its threads does anything any more. */
  stopped(pid: number): Promise<void>;
  /** Waits until a member runs as another process than `pid`. */
  replaced(member: string, pid: number): Promise<void>;
  /** Waits until every server is ready and follows one leader. */
  whole(): Promise<ClusterStatus>;
  /** Aborts when it is stopped: what works on it ends, however the experiment went. */
  readonly stopping: AbortSignal;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

/** What an experiment runs. */
export interface Programs {
  /** The command that runs a component. */
  readonly command: readonly [string, ...string[]];
  /** The built chaos/launcher/main.ts, which starts the processes; left out: this process does. */
  readonly launcher?: string | undefined;
}

export interface ExperimentOptions extends Programs {
  readonly servers: number;
  readonly workers: number;
  readonly runtime: RuntimeName;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Limits of the servers that differ from those of production. */
  readonly tuning?: ServerTuning;
  /** The way of Raft connections, when it is not the direct one; asked again when servers come or go. */
  readonly peerRoute?: (topology: Topology) => Promise<PeerRoute>;
  /** The shim under the servers; left out: none. */
  readonly shim?: ShimBuild;
  /** The size of a file system for each server; left out: they share a disk. */
  readonly mountBytes?: number;
}

/** Lets the disks come to rest, starts a cluster and waits until it is ready. */
export async function startExperiment(options: ExperimentOptions): Promise<ClusterUnderTest> {
  await flushDisks();
  const folder = mkdtempSync(join(tmpdir(), 'quorate-chaos-'));
  const dataDirectory = join(folder, 'cluster');
  const { clock } = options;
  const disks = openServerDisks({
    folder: join(folder, 'disks'),
    layout: layoutOf(dataDirectory),
    shim: options.shim ?? { kind: 'none', reason: 'it was not asked for' },
    mountBytes: options.mountBytes,
  });
  const launcher = options.launcher === undefined ? undefined : openLauncher(options.launcher);
  const running = await startCluster({
    ...options,
    launch: launcher?.launch,
    hostAddressForPods: undefined,
    port: 0,
    dataDirectory,
    detached: false,
    async peerRoute(topology) {
      await disks.serve(topology.servers.map(({ id }) => id));
      return (await options.peerRoute?.(topology)) ?? directRoute;
    },
    environmentOf: (member) => disks.environmentOf(member),
  }).catch((error: unknown) => {
    launcher?.close();
    throw error;
  });
  const stopping = new AbortController();
  const end = async (): Promise<void> => {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    stopping.abort();
    await running.stop();
    launcher?.close();
    await disks.close();
    if (process.env['QUORATE_KEEP'] !== '1') rmSync(folder, { recursive: true, force: true });
  };
  let ending: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    ending ??= end();
    return ending;
  };
  // Whoever interrupts an experiment is left no mounted disks; then the signal does what it does.
  const interrupted = (signal: NodeJS.Signals): void => void stop().finally(() => process.kill(process.pid, signal));
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    await waitUntilReady(running, clock, new AbortController().signal, () => undefined);
  } catch (error) {
    await stop();
    throw error;
  }
  return underTest({ running, disks, stop, stopping: stopping.signal, clock });
}

interface Parts {
  readonly running: RunningCluster;
  readonly disks: ServerDisks;
  readonly stop: () => Promise<void>;
  readonly stopping: AbortSignal;
  readonly clock: Clock;
}

function underTest({ running, disks, stop, stopping, clock }: Parts): ClusterUnderTest {
  const { layout } = running;
  const endpoint = `https://127.0.0.1:${running.topology.port}`;
  const admin = layout.certificate('admin');
  const credentials: Credentials = {
    ca: readFileSync(join(layout.pki, 'ca.crt'), 'utf8'),
    cert: readFileSync(admin.cert, 'utf8'),
    key: readFileSync(admin.key, 'utf8'),
  };
  let settled: ReadonlySet<string> = new Set(running.topology.servers.map(({ id }) => id));
  const status = (): Promise<ClusterStatus> => clusterStatus(layout, running.topology, BALANCER);
  const urlOf = (server: string): string => addressOf(running.topology, server);
  const isWhole = wholeness(running, credentials, stopping);
  const processOf = (member: string): ProcessIdentity => {
    const identity = recordedProcess(layout.processFile(member));
    if (identity !== undefined) return identity;
    throw new UserError(`${member} does not run`, `Read ${layout.logFile(member)}.`);
  };
  const until = async (condition: () => boolean, limitMs: number): Promise<boolean> => {
    const deadline = clock.monotonic() + limitMs;
    while (!condition()) {
      if (clock.monotonic() > deadline) return false;
      await sleep(clock, SHORT_POLL_MS);
    }
    return true;
  };
  return {
    running,
    disks,
    members: namedCommands(membershipCommands({ layout, clock, progress: () => undefined })),
    credentials,
    balancer: plainClient(endpoint, credentials),
    status,
    serving: () =>
      running.topology.servers
        .filter(({ id, leaving }) => leaving === undefined && settled.has(id))
        .map(({ id }) => id),
    balancedClient: (timeoutMs) => plainClient(endpoint, credentials, timeoutMs),
    urlOf,
    clientOf: (server, timeoutMs) => plainClient(urlOf(server), credentials, timeoutMs),
    signal(member, signal) {
      const identity = processOf(member);
      if (signalProcess(identity, signal)) return identity.pid;
      throw new UserError(`${member} has just ended`, `Read ${layout.logFile(member)}.`);
    },
    pidOf: (member) => processOf(member).pid,
    gone: (member, pid, limitMs) => until(() => recordedProcess(layout.processFile(member))?.pid !== pid, limitMs),
    async stopped(pid) {
      if (await until(() => hasStopped(pid), RECOVERY_TIMEOUT_MS)) return;
      throw new UserError(`process ${pid} was told to stop, and did not`, 'Run it again.');
    },
    async replaced(member, pid) {
      const runsAnew = (): boolean => {
        const now = recordedProcess(layout.processFile(member));
        return now !== undefined && now.pid !== pid;
      };
      if (await until(runsAnew, RECOVERY_TIMEOUT_MS)) return;
      throw new UserError(`${member} was not started again`, `Read ${layout.logFile(member)}.`);
    },
    async whole() {
      const found = await untilWhole(isWhole, status, clock);
      settled = new Set(found.servers.map(({ id }) => id));
      return found;
    },
    stopping,
    stop,
  };
}

function addressOf({ servers }: Topology, server: string): string {
  const found = servers.find(({ id }) => id === server);
  return `https://127.0.0.1:${defined(found, server).port}`;
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

/** True when every thread of a process is in state T, or it has no threads any more (proc(5)). */
function hasStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).every((task) => {
      const stat = readFileSync(`${tasks}/${task}/stat`, 'utf8');
      // The name before it is in brackets, and may hold anything.
      return /^ [TtZX] /.test(stat.slice(stat.lastIndexOf(')') + 1));
    });
  } catch {
    // It ended, or a thread of it did while we looked: look again, or find nothing.
    return false;
  }
}
