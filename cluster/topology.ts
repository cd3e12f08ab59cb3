// What a local cluster consists of: names, ports, addresses. Pure: planning touches neither disk nor network.
import { UserError } from '../src/lib/index.ts';
import {
  DISK_RESERVE_MAX_BYTES,
  DISK_RESERVE_MIN_BYTES,
  KUBELET_PORT_OFFSET,
  PORT_MAX,
  RAFT_PORT_OFFSET,
  SERVERS_MAX,
  WORKERS_MAX,
} from './limits.ts';

export const LOOPBACK = '127.0.0.1';
export const TOPOLOGY_FORMAT = 2;
export type RuntimeName = 'docker' | 'simulated';

/** The wish of the user, as options of `up`. */
export interface ClusterWish {
  readonly servers: number;
  readonly workers: number;
  /** The load balancer's port; 0 picks free ports for everything. */
  readonly port: number;
  readonly runtime: RuntimeName;
  /** Undefined: what servers keep free by themselves. */
  readonly diskReserveBytes?: number | undefined;
  /** Kubernetes' feature gates; undefined or none: the stable API versions alone. */
  readonly featureGates?: Readonly<Record<string, boolean>> | undefined;
}

/** What of a wish has limits; undefined: left away. */
export interface Sizes {
  readonly servers: number | undefined;
  readonly workers: number | undefined;
  readonly port: number | undefined;
  readonly diskReserveBytes?: number | undefined;
}

export interface ServerMember {
  /** `server-<number>`. Single-use: a server that is removed never comes back under its id. */
  readonly id: string;
  readonly port: number;
  readonly raftPort: number;
  /** It is being removed: it still runs, and nobody is sent to it any more. */
  readonly leaving?: true;
}

export interface WorkerMember {
  readonly name: string;
  readonly port: number;
}

/** A cluster as it runs: what cluster.json records. Addresses are made anew at each `up`; the ids stay. */
export interface Topology {
  readonly formatVersion: typeof TOPOLOGY_FORMAT;
  readonly clusterId: string;
  /** The servers that the cluster was made of: only they may begin with an empty log as voters. */
  readonly founders: readonly string[];
  /** The number of the next new server. Invariant: above the number of every server there ever was. */
  readonly nextServer: number;
  readonly runtime: RuntimeName;
  readonly port: number;
  /** Each server keeps so much of its disk free; undefined: what servers keep free by themselves. */
  readonly diskReserveBytes?: number;
  /** Which API versions the servers offer besides the stable ones, by Kubernetes' feature names. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
  readonly servers: readonly ServerMember[];
  readonly workers: readonly WorkerMember[];
}

/** How many ports a cluster needs besides a load balancer's. */
export function portsNeeded(wish: ClusterWish): number {
  return 1 + 2 * wish.servers + wish.workers;
}

/** The ports of a cluster by position in its blocks; `freePorts` has portsNeeded() entries when wish.port is 0. */
function portOf(wish: ClusterWish, freePorts: readonly number[]): (offset: number, position: number) => number {
  return (offset, position) => (wish.port === 0 ? (freePorts[position] ?? 0) : wish.port + offset);
}

/**
 * Lays out a new cluster. `freePorts` has portsNeeded() entries when wish.port is 0, and is not read otherwise.
 * Throws UserError for sizes and ports that cannot be.
 */
export function planTopology(wish: ClusterWish, clusterId: string, freePorts: readonly number[]): Topology {
  const founders = Array.from({ length: wish.servers }, (_, i) => serverId(i + 1));
  const nameless = { formatVersion: TOPOLOGY_FORMAT, clusterId, founders, nextServer: wish.servers + 1 } as const;
  return layOut(
    wish,
    nameless,
    founders.map((id) => ({ id })),
    freePorts,
  );
}

/** Lays out a recorded cluster anew: the same servers, on the ports and with the workers that are wished for now. */
export function replanTopology(wish: ClusterWish, recorded: Topology, freePorts: readonly number[]): Topology {
  const { formatVersion, clusterId, founders, nextServer } = recorded;
  return layOut(wish, { formatVersion, clusterId, founders, nextServer }, recorded.servers, freePorts);
}

/** A recorded cluster on its ports, with what else is wished for now. */
export function resumedTopology(wish: ClusterWish, recorded: Topology): Topology {
  const { featureGates: _former, ...kept } = recorded;
  return { ...kept, runtime: wish.runtime, ...reserveIn(wish), ...gatesIn(wish) };
}

function reserveIn({ diskReserveBytes }: ClusterWish): Pick<Topology, 'diskReserveBytes'> {
  return diskReserveBytes === undefined ? {} : { diskReserveBytes };
}

function gatesIn({ featureGates = {} }: ClusterWish): Pick<Topology, 'featureGates'> {
  return Object.keys(featureGates).length === 0 ? {} : { featureGates };
}

type Founding = Pick<Topology, 'formatVersion' | 'clusterId' | 'founders' | 'nextServer'>;

function layOut(
  wish: ClusterWish,
  founding: Founding,
  servers: readonly Pick<ServerMember, 'id' | 'leaving'>[],
  freePorts: readonly number[],
): Topology {
  checkSizes(wish);
  const port = portOf(wish, freePorts);
  return {
    ...founding,
    runtime: wish.runtime,
    port: port(0, 0),
    ...reserveIn(wish),
    ...gatesIn(wish),
    servers: servers.map((server, i) => ({
      ...server,
      port: port(1 + i, 1 + i),
      raftPort: port(RAFT_PORT_OFFSET + i, 1 + wish.servers + i),
    })),
    workers: Array.from({ length: wish.workers }, (_, i) => ({
      name: `worker-${i + 1}`,
      port: port(KUBELET_PORT_OFFSET + i, 1 + 2 * wish.servers + i),
    })),
  };
}

export function serverId(number: number): string {
  return `server-${number}`;
}

/** The number in a server's id; undefined for any other name. */
export function serverNumber(id: string): number | undefined {
  const [, digits] = /^server-([1-9]\d{0,8})$/.exec(id) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Throws UserError (exit code 2) for options that no cluster can have; what was left away is not looked at. */
export function checkSizes({ servers, workers, port, diskReserveBytes }: Sizes): void {
  if (servers !== undefined) checkWhole('--servers', servers, 1, SERVERS_MAX);
  if (workers !== undefined) checkWhole('--workers', workers, 0, WORKERS_MAX);
  if (port !== undefined) checkWhole('--port', port, 0, PORT_MAX - KUBELET_PORT_OFFSET - (workers ?? 0));
  if (diskReserveBytes !== undefined) checkDiskReserve(diskReserveBytes);
}

function checkDiskReserve(bytes: number): void {
  if (bytes >= DISK_RESERVE_MIN_BYTES && bytes <= DISK_RESERVE_MAX_BYTES) return;
  throw new UserError(
    `--disk-reserve is ${bytes} bytes, which is not from 16Mi to 1Ti`,
    'Give --disk-reserve what each server shall keep free of its disk, such as 64Mi.',
    { exitCode: 2 },
  );
}

/** Throws UserError unless `value` is a whole number from `min` to `max`. */
export function checkWhole(option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new UserError(
    `${option} is ${value}, which is not a whole number from ${min} to ${max}`,
    `Give ${option} a number in that range.`,
    {
      exitCode: 2,
    },
  );
}

/** Every loopback port of a cluster with what it is for, to be checked before anything starts. */
export function portsOf(topology: Topology): readonly { readonly port: number; readonly use: string }[] {
  return [
    { port: topology.port, use: 'the load balancer' },
    ...topology.servers.flatMap((server) => [
      { port: server.port, use: `${server.id}'s API` },
      { port: server.raftPort, use: `${server.id}'s Raft log` },
    ]),
    ...topology.workers.map((worker) => ({ port: worker.port, use: `${worker.name}'s kubelet` })),
  ];
}

export function endpointOf(topology: Topology): string {
  return `https://${LOOPBACK}:${topology.port}`;
}

export function serverUrl(server: ServerMember): string {
  return `https://${LOOPBACK}:${server.port}`;
}
