// How the topology of a cluster changes while it runs: servers come, leave and are gone. Pure; ids are single-use
// (house.md, decision 10), so the number of the next one only ever rises.
import { UserError } from '../src/lib/index.ts';
import { KUBELET_PORT_OFFSET, RAFT_PORT_OFFSET, SERVERS_MAX } from './limits.ts';
import { portsOf, type ServerMember, serverId, serverNumber, TOPOLOGY_FORMAT, type Topology } from './topology.ts';

export interface ServerPorts {
  readonly port: number;
  readonly raftPort: number;
}

/** Places in the cluster's port blocks that none of its servers has; none where the ports were picked one by one. */
export function vacantPorts(topology: Topology): readonly ServerPorts[] {
  const inBlock = ({ port, raftPort }: ServerMember): boolean =>
    port > topology.port && port < topology.port + RAFT_PORT_OFFSET && raftPort === port + RAFT_PORT_OFFSET - 1;
  if (!topology.servers.every(inBlock)) return [];
  const used = new Set(portsOf(topology).map(({ port }) => port));
  const places = Array.from({ length: KUBELET_PORT_OFFSET - RAFT_PORT_OFFSET }, (_, i) => ({
    port: topology.port + 1 + i,
    raftPort: topology.port + RAFT_PORT_OFFSET + i,
  }));
  return places.filter(({ port, raftPort }) => !used.has(port) && !used.has(raftPort));
}

/** The cluster with a new server, which is the last in the list. Throws UserError when it would have too many. */
export function withNewServer(topology: Topology, ports: ServerPorts): Topology {
  if (topology.servers.length >= SERVERS_MAX) {
    throw new UserError(
      `the cluster has ${topology.servers.length} servers, and ${SERVERS_MAX} are the most`,
      'Remove one first: `quorate member remove ID`.',
    );
  }
  const { nextServer } = topology;
  const servers = [...topology.servers, { id: serverId(nextServer), ...ports }];
  return { ...topology, servers, nextServer: nextServer + 1 };
}

/** The cluster with nobody sent to a server any more. */
export function withLeaving(topology: Topology, id: string): Topology {
  const servers = topology.servers.map(
    (server): ServerMember => (server.id === id ? { ...server, leaving: true } : server),
  );
  return { ...topology, servers };
}

/** The cluster whose server is not leaving after all. */
export function withStaying(topology: Topology, id: string): Topology {
  const servers = topology.servers.map(
    ({ leaving, ...server }): ServerMember =>
      leaving === undefined || server.id === id ? server : { ...server, leaving },
  );
  return { ...topology, servers };
}

/** The cluster without a server. */
export function withoutServer(topology: Topology, id: string): Topology {
  return { ...topology, servers: topology.servers.filter((server) => server.id !== id) };
}

/** True for the id of a server that there was and is no more. */
export function isGone(topology: Topology, id: string): boolean {
  const number = serverNumber(id);
  if (number === undefined || number >= topology.nextServer) return false;
  return topology.servers.every((server) => server.id !== id);
}

/** A topology of format 1, which knew no changes: all its servers are founders. */
export function upgradeTopology(old: Omit<Topology, 'formatVersion' | 'founders' | 'nextServer'>): Topology {
  const founders = old.servers.map(({ id }) => id);
  const highest = Math.max(0, ...founders.map((id) => serverNumber(id) ?? 0));
  return { ...old, formatVersion: TOPOLOGY_FORMAT, founders, nextServer: highest + 1 };
}
