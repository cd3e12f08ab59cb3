// A local cluster as one thing: prepared, started, waited for, stopped. `up` and the tests use the same functions.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clock, type Logger, messageOf, sleep, UserError } from '../src/lib/index.ts';
import { administrationOf } from './admin.ts';
import { directRoute, type PeerRoute, type PodNetwork } from './component-configs.ts';
import type { ServerTuning } from './config.ts';
import {
  BALANCER,
  prepareDataDirectory,
  readTopology,
  releaseDataDirectory,
  takeDataDirectory,
  writeTopology,
} from './data-directory.ts';
import { followTopology } from './follow-topology.ts';
import { isGone } from './growth.ts';
import { ensureIdentities, openIdentities } from './identities.ts';
import { lateStart } from './late-start.ts';
import type { Launch } from './launch.ts';
import { type Layout, layoutOf } from './layout.ts';
import { READY_POLL_MS, READY_TIMEOUT_MS, SERVERS_FIRST_LIMIT_MS } from './limits.ts';
import { logTail } from './log-tail.ts';
import { type Member, membersOf, runMember, runMembers, runServersAhead, stopOrder } from './members.ts';
import { podNetwork } from './pod-network.ts';
import { checkPorts, findFreePorts, isListening } from './ports.ts';
import { recordedProcess } from './process-identity.ts';
import { type ClusterStatus, serversFound, statusAround } from './status.ts';
import { createSupervisor, endProcesses, type Supervisor } from './supervisor.ts';
import {
  type ClusterWish,
  planTopology,
  portsNeeded,
  replanTopology,
  resumedTopology,
  type Topology,
} from './topology.ts';
import { withTopologyLock } from './topology-lock.ts';

/** First address of the cluster's services: the service default/kubernetes. */
export const SERVICE_CIDR = '10.96.0.0/16';
const API_SERVICE_ADDRESS = '10.96.0.1';

export interface ClusterOptions {
  readonly dataDirectory: string;
  /** undefined: as recorded, or the default (a new cluster: 3 servers, 2 workers, port 6443). */
  readonly servers: number | undefined;
  readonly workers: number | undefined;
  readonly port: number | undefined;
  readonly runtime: ClusterWish['runtime'];
  /** What each server keeps free of its disk; undefined: as recorded, or what servers keep free by themselves. */
  readonly diskReserveBytes?: number | undefined;
  /** Kubernetes' feature gates; undefined: as recorded, or none. */
  readonly featureGates?: Readonly<Record<string, boolean>> | undefined;
  /** How containers find this machine, as the runtime says; undefined: not at all, or not known. */
  readonly hostAddressForPods: string | undefined;
  readonly detached: boolean;
  /** The command that runs a component: its arguments follow, such as `server --config FILE`. */
  readonly command: readonly [string, ...string[]];
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Asked for the addresses that were chosen, and again whenever servers come or go, before any of them starts: the way of
   * Raft connections when it is not the direct one, as through proxies.
   */
  readonly peerRoute?: (topology: Topology) => Promise<PeerRoute>;
  /** Limits of the servers that differ from those of production. */
  readonly tuning?: ServerTuning;
  /** What a member's process gets in its environment beside what this one has, as for an experiment on its disk. */
  readonly environmentOf?: (member: string) => Readonly<Record<string, string>>;
  /** How processes are started, when it is not this process that starts them. */
  readonly launch?: Launch | undefined;
}

export interface RunningCluster {
  readonly layout: Layout;
  /** As it is now: servers come and go while it runs. */
  readonly topology: Topology;
  readonly supervisor: Supervisor;
  /** True when the directory held a cluster already. */
  readonly resumed: boolean;
  /** Members that ran already, left behind by a killed supervisor, and go on as they are. */
  readonly kept: readonly string[];
  /**
   * The servers are ready: workers start now. By themselves they do after a while: a worker that starts together with its servers can do
   * nothing before one of them is ready, and takes their processors; but a node whose servers are down has pods to look after. Throws
   * what keeps a worker from being started.
   */
  startWorkers(): void;
  /** Ends every process of the cluster: workers first, so that they can still tell the servers. */
  stop(): Promise<void>;
}

const DEFAULTS = { servers: 3, workers: 2, port: 6443 } as const;

/** Starts a cluster, or resumes the one in the directory. Resolves when its processes run: see waitUntilReady. */
export async function startCluster(options: ClusterOptions): Promise<RunningCluster> {
  const layout = prepareDataDirectory(resolve(options.dataDirectory));
  takeDataDirectory(layout);
  const supervisor = createSupervisor(options);
  try {
    const { command, environmentOf } = options;
    const routeFor = options.peerRoute ?? (() => Promise.resolve(directRoute));
    const ahead = (topology: Topology): void =>
      runServersAhead(topology, { layout, command, environmentOf, supervisor });
    const prepared = await prepare(options, layout, routeFor, ahead);
    const { topology, resumed, network, route, identities, ensureOthers } = prepared;
    const kept = resumed ? livingMembers(layout, topology) : [];
    const means = {
      layout,
      network,
      route,
      command: options.command,
      environmentOf: options.environmentOf,
      tuning: options.tuning,
      supervisor,
    };
    const members = membersOf(topology, means);
    const isLate = ({ name, component }: Member): boolean => component === 'kubelet' && !kept.includes(name);
    await runMembers(
      members.filter(({ component }) => component === 'server'),
      means,
    );
    await ensureOthers();
    await runMembers(
      members.filter((member) => member.component !== 'server' && !isLate(member)),
      means,
    );
    const following = followTopology({ ...options, means, routeFor, ensureIdentities: identities, topology });
    const workers = lateStart(options.clock, SERVERS_FIRST_LIMIT_MS, {
      begin() {
        // As they are told by now: servers may have come and gone meanwhile.
        for (const worker of membersOf(following.topology(), means).filter(isLate)) runMember(worker, means);
      },
      failed(error) {
        options.logger.error({ error: messageOf(error) }, 'the workers could not be started');
      },
    });
    return {
      layout,
      get topology() {
        return following.topology();
      },
      supervisor,
      kept,
      resumed,
      startWorkers: workers.now,
      async stop() {
        workers.callOff();
        await following.stop();
        await supervisor.stop(stopOrder(following.topology()));
        releaseDataDirectory(layout);
      },
    };
  } catch (error) {
    await supervisor.stop();
    releaseDataDirectory(layout);
    throw error;
  }
}

interface Prepared {
  readonly topology: Topology;
  readonly resumed: boolean;
  readonly network: PodNetwork;
  readonly route: PeerRoute;
  readonly identities: (topology: Topology) => Promise<void>;
  /** Makes what others than servers need. */
  readonly ensureOthers: () => Promise<void>;
}

/**
 * Decides what the cluster is and records it, with the keys and certificates of its servers; those of everybody else too, unless it
 * is new. Of a new one `ahead` is told as soon as it is decided.
 */
function prepare(
  options: ClusterOptions,
  layout: Layout,
  routeFor: (topology: Topology) => Promise<PeerRoute>,
  ahead: (topology: Topology) => void,
): Promise<Prepared> {
  return withTopologyLock(layout, options.clock, async () => {
    const recorded = readTopology(layout);
    const topology = await chooseTopology(options, layout, recorded);
    const resumed = recorded !== undefined;
    const route = await routeFor(topology);
    if (!resumed) ahead(topology);
    const network = await podNetwork(topology.runtime, options.hostAddressForPods);
    const identities = (needed: Topology): Promise<void> =>
      ensureIdentities(layout, needed, serviceNetwork(network), options.clock);
    const opened = await openIdentities(layout, topology, serviceNetwork(network), options.clock);
    await opened.ofServers();
    // Nothing that fails may end servers that have been running all the time: they are adopted later.
    if (resumed) await opened.ofOthers();
    writeTopology(layout, topology);
    const ensureOthers = resumed ? () => Promise.resolve() : opened.ofOthers;
    return { topology, resumed, network, route, identities, ensureOthers };
  });
}

/** The recorded cluster with what the options change, or a new one. */
async function chooseTopology(
  options: ClusterOptions,
  layout: Layout,
  recorded: Topology | undefined,
): Promise<Topology> {
  const servers = options.servers ?? recorded?.servers.length ?? DEFAULTS.servers;
  if (recorded !== undefined && servers !== recorded.servers.length) {
    throw new UserError(
      `the cluster in ${layout.root} has ${recorded.servers.length} servers, and --servers asks for ${servers}`,
      'Leave --servers away to resume it; then `quorate member add` and `quorate member remove ID` change how many there are.',
    );
  }
  const workers = options.workers ?? recorded?.workers.length ?? DEFAULTS.workers;
  const clusterId = recorded?.clusterId ?? randomBytes(6).toString('hex');
  const wish: ClusterWish = {
    servers,
    workers,
    runtime: options.runtime,
    port: options.port ?? recorded?.port ?? DEFAULTS.port,
    diskReserveBytes: options.diskReserveBytes ?? recorded?.diskReserveBytes,
    featureGates: options.featureGates ?? recorded?.featureGates,
  };
  if (recorded !== undefined && livingMembers(layout, recorded).length > 0) return adopted(options, layout, recorded);
  const plan = (freePorts: readonly number[]): Topology =>
    recorded === undefined ? planTopology(wish, clusterId, freePorts) : replanTopology(wish, recorded, freePorts);
  if (wish.port === 0) return plan(await findFreePorts(portsNeeded(wish)));
  const topology = keepsRecordedPorts(options, recorded, workers) ? resumedTopology(wish, recorded) : plan([]);
  await checkPorts(topology);
  return topology;
}

/** A cluster on picked ports is resumed on the same ones. */
function keepsRecordedPorts(
  options: ClusterOptions,
  recorded: Topology | undefined,
  workers: number,
): recorded is Topology {
  if (recorded === undefined || recorded.workers.length !== workers) return false;
  return options.port === undefined || options.port === recorded.port;
}

/** Members that a killed supervisor left running. */
function livingMembers(layout: Layout, topology: Topology): readonly string[] {
  return memberNames(topology).filter((name) => recordedProcess(layout.processFile(name)) !== undefined);
}

/** The cluster whose processes still run stays as it is. Throws UserError when the options ask for another. */
function adopted(
  { port, workers, runtime, diskReserveBytes, featureGates }: ClusterOptions,
  layout: Layout,
  recorded: Topology,
): Topology {
  const differences = [
    ...(port !== undefined && port !== 0 && port !== recorded.port ? [`on port ${recorded.port}`] : []),
    ...(workers !== undefined && workers !== recorded.workers.length
      ? [`with ${recorded.workers.length} workers`]
      : []),
    ...(runtime === recorded.runtime ? [] : [`with the runtime ${recorded.runtime}`]),
    ...(diskReserveBytes === undefined || diskReserveBytes === recorded.diskReserveBytes
      ? []
      : [`with ${describeReserve(recorded)}`]),
    ...(featureGates === undefined || gatesText(featureGates) === gatesText(recorded.featureGates)
      ? []
      : [`with ${gatesText(recorded.featureGates)}`]),
  ];
  if (differences.length === 0) return recorded;
  throw new UserError(
    `processes of the cluster in ${layout.root} still run (${livingMembers(layout, recorded).join(', ')}), ${differences.join(', ')}`,
    'Run `quorate down` first, which keeps the objects, then `quorate up` with these options; or leave the options away.',
  );
}

function describeReserve({ diskReserveBytes }: Topology): string {
  return diskReserveBytes === undefined ? 'the usual disk reserve' : `a disk reserve of ${diskReserveBytes} bytes`;
}

function gatesText(gates: Topology['featureGates'] = {}): string {
  const list = Object.entries(gates).map(([name, value]) => `${name}=${value}`);
  return list.length === 0 ? 'no feature gates' : `the feature gates ${list.sort().join(',')}`;
}

function serviceNetwork(network: PodNetwork): { apiServiceAddress: string; podFacingHosts: readonly string[] } {
  return {
    apiServiceAddress: API_SERVICE_ADDRESS,
    podFacingHosts: network.listenHost === undefined ? [] : [network.listenHost],
  };
}

function memberNames(topology: Topology): readonly string[] {
  return stopOrder(topology).flat();
}

/**
 * Waits until every server is ready. Calls `progress` with each new line worth telling.
 * Throws UserError with the last lines of the log of whoever is not ready after the limit.
 */
export async function waitUntilReady(
  cluster: Pick<RunningCluster, 'layout' | 'topology' | 'startWorkers'>,
  clock: Clock,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<ClusterStatus> {
  const deadline = clock.monotonic() + READY_TIMEOUT_MS;
  const administration = administrationOf(cluster.layout);
  let told = '';
  while (!signal.aborted) {
    const found = await serversFound(cluster.layout, cluster.topology, administration);
    if (found.ready) cluster.startWorkers();
    const status = statusAround(found, cluster.layout, cluster.topology, BALANCER);
    // The load balancer's process is there before it listens.
    if (status.ready && (await isListening(cluster.topology.port))) return status;
    const line = progressLine(status);
    if (line !== told) progress(line);
    told = line;
    if (clock.monotonic() > deadline) throw notReady(cluster.layout, status);
    await sleep(clock, READY_POLL_MS, signal);
  }
  throw new UserError('interrupted before the cluster was ready', 'Run `quorate up` again: it resumes where it was.', {
    exitCode: 130,
  });
}

function progressLine(status: ClusterStatus): string {
  const ready = status.servers.filter((server) => server.ready).length;
  const leader = status.leader === null ? 'no leader yet' : `${status.leader} leads`;
  return `${ready} of ${status.servers.length} servers ready, ${leader}`;
}

function notReady(layout: Layout, status: ClusterStatus): UserError {
  const worst = status.servers.find((server) => !server.ready);
  const name = worst?.id ?? status.workers.find((worker) => worker.pid === null)?.name ?? BALANCER;
  return new UserError(
    `the cluster was not ready after ${READY_TIMEOUT_MS / 1000} s: ${name}: ${worst?.reason ?? 'its process does not run'}\n${logTail(layout.logFile(name))}`,
    `Read ${layout.logFile(name)}; \`quorate down\` ends what was started.`,
  );
}

/** Ends whatever of a cluster still runs, supervised or not. Answers how many processes there were. */
export async function endCluster(root: string, clock: Clock): Promise<number> {
  const layout = layoutOf(resolve(root));
  const topology = readTopology(layout);
  if (topology === undefined) return 0;
  // A removed server may have lost its supervisor before that could end it.
  const gone = recordedNames(layout).filter((name) => isGone(topology, name));
  const files = [...stopOrder(topology), gone].map((group) => group.map(layout.processFile));
  const count = files.flat().filter((file) => recordedProcess(file) !== undefined).length;
  for (const group of files) await endProcesses(group, clock);
  return count;
}

function recordedNames(layout: Layout): readonly string[] {
  if (!existsSync(layout.run)) return [];
  return readdirSync(layout.run).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []));
}

/** Removes the data directory: the cluster is gone with all its objects. */
export function purgeCluster(root: string): void {
  rmSync(resolve(root), { recursive: true, force: true });
}
