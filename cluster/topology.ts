// What a local cluster consists of: names, ports, addresses. Pure: planning touches neither disk nor network.
import { UserError } from '../src/lib/index.ts';
import { KUBELET_PORT_OFFSET, PORT_MAX, RAFT_PORT_OFFSET, SERVERS_MAX, WORKERS_MAX } from './limits.ts';

export const LOOPBACK = '127.0.0.1';
export type RuntimeName = 'docker' | 'simulated';

/** The wish of the user, as options of `up`. */
export interface ClusterWish {
  readonly servers: number;
  readonly workers: number;
  /** The load balancer's port; 0 picks free ports for everything. */
  readonly port: number;
  readonly runtime: RuntimeName;
}

/** What of a wish has limits; undefined: left away. */
export interface Sizes {
  readonly servers: number | undefined;
  readonly workers: number | undefined;
  readonly port: number | undefined;
}

export interface ServerMember {
  readonly id: string;
  readonly port: number;
  readonly raftPort: number;
}

export interface WorkerMember {
  readonly name: string;
  readonly port: number;
}

/** A cluster as it runs: what cluster.json records. Addresses are made anew at each `up`; the id and sizes stay. */
export interface Topology {
  readonly formatVersion: 1;
  readonly clusterId: string;
  readonly runtime: RuntimeName;
  readonly port: number;
  readonly servers: readonly ServerMember[];
  readonly workers: readonly WorkerMember[];
}

/** How many ports a cluster needs besides a load balancer's. */
export function portsNeeded(wish: ClusterWish): number {
  return 1 + 2 * wish.servers + wish.workers;
}

/**
 * Lays out a cluster. `freePorts` has portsNeeded() entries when wish.port is 0, and is not read otherwise.
 * Throws UserError for sizes and ports that cannot be.
 */
export function planTopology(wish: ClusterWish, clusterId: string, freePorts: readonly number[]): Topology {
  checkSizes(wish);
  const port = (offset: number, position: number): number =>
    wish.port === 0 ? (freePorts[position] ?? 0) : wish.port + offset;
  return {
    formatVersion: 1,
    clusterId,
    runtime: wish.runtime,
    port: port(0, 0),
    servers: Array.from({ length: wish.servers }, (_, i) => ({
      id: `server-${i + 1}`,
      port: port(1 + i, 1 + i),
      raftPort: port(RAFT_PORT_OFFSET + i, 1 + wish.servers + i),
    })),
    workers: Array.from({ length: wish.workers }, (_, i) => ({
      name: `worker-${i + 1}`,
      port: port(KUBELET_PORT_OFFSET + i, 1 + 2 * wish.servers + i),
    })),
  };
}

/** Throws UserError (exit code 2) for options that no cluster can have; what was left away is not looked at. */
export function checkSizes({ servers, workers, port }: Sizes): void {
  if (servers !== undefined) checkWhole('--servers', servers, 1, SERVERS_MAX);
  if (workers !== undefined) checkWhole('--workers', workers, 0, WORKERS_MAX);
  if (port !== undefined) checkWhole('--port', port, 0, PORT_MAX - KUBELET_PORT_OFFSET - (workers ?? 0));
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
