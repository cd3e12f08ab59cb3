// Turns a topology into what each process is told. Pure: paths and addresses in, configurations out.
import { join } from 'node:path';
import type { BalancerConfig, ListenAddress, ServerConfig, ServerTuning, WorkerConfig } from './config.ts';
import {
  CONTROLLER_MANAGER,
  KUBELET_CLIENT,
  kubeletName,
  peerName,
  SCHEDULER,
  SERVICE_ACCOUNT_KEY,
  servingName,
} from './identities.ts';
import type { Layout } from './layout.ts';
import { LOOPBACK, type ServerMember, serverUrl, type Topology, type WorkerMember } from './topology.ts';

/** Where pods of the Docker runtime reach the machine; undefined when there is no such address (yet). */
export interface PodNetwork {
  /** The address to listen on for pods, such as the Docker bridge's: 172.17.0.1. */
  readonly listenHost: string | undefined;
  /** The name or address by which pods call the API. */
  readonly apiHost: string;
}

/** Where one server finds the Raft endpoint of another, as host:port. */
export type PeerRoute = (from: ServerMember, to: ServerMember) => string;

/** The route without detours. */
export const directRoute: PeerRoute = (_from, to) => `${LOOPBACK}:${to.raftPort}`;

export function serverConfig(
  layout: Layout,
  topology: Topology,
  server: ServerMember,
  network: PodNetwork,
  route: PeerRoute,
  tuning?: ServerTuning,
): ServerConfig {
  const client = (identity: string) => ({
    // Its own server first: a component goes elsewhere only when that does not answer.
    endpoints: [server, ...serving(topology).filter((other) => other.id !== server.id)].map(serverUrl),
    caFile: join(layout.pki, 'ca.crt'),
    certificate: layout.certificate(identity),
  });
  return {
    kind: 'server',
    id: server.id,
    clusterId: topology.clusterId,
    directory: layout.member(server.id),
    listen: podFacing(network).map((host) => ({ host, port: server.port })),
    advertise: apiForPods(topology, network),
    raft: { host: LOOPBACK, port: server.raftPort },
    founders: topology.founders,
    peers: Object.fromEntries(topology.servers.map((peer) => [peer.id, route(server, peer)])),
    caFile: join(layout.pki, 'ca.crt'),
    serving: layout.certificate(servingName(server.id)),
    peer: layout.certificate(peerName(server.id)),
    kubeletClient: layout.certificate(KUBELET_CLIENT),
    serviceAccountKeyFile: join(layout.pki, SERVICE_ACCOUNT_KEY),
    tokensFile: layout.tokensFile,
    ...(topology.diskReserveBytes === undefined ? {} : { diskReserveBytes: topology.diskReserveBytes }),
    ...(topology.featureGates === undefined ? {} : { featureGates: topology.featureGates }),
    controllerManager: client(CONTROLLER_MANAGER),
    scheduler: client(SCHEDULER),
    ...(tuning === undefined ? {} : { tuning }),
  };
}

export function workerConfig(
  layout: Layout,
  topology: Topology,
  worker: WorkerMember,
  network: PodNetwork,
): WorkerConfig {
  return {
    kind: 'worker',
    name: worker.name,
    index: topology.workers.indexOf(worker),
    clusterId: topology.clusterId,
    directory: layout.member(worker.name),
    runtime: topology.runtime,
    listen: { host: LOOPBACK, port: worker.port },
    caFile: join(layout.pki, 'ca.crt'),
    serving: layout.certificate(kubeletName(worker.name)),
    client: {
      endpoints: serving(topology).map(serverUrl),
      caFile: join(layout.pki, 'ca.crt'),
      certificate: layout.certificate(worker.name),
    },
    apiForPods: apiForPods(topology, network),
  };
}

/** The servers that clients are sent to. */
function serving(topology: Topology): readonly ServerMember[] {
  return topology.servers.filter((server) => server.leaving === undefined);
}

function apiForPods(topology: Topology, network: PodNetwork): ListenAddress {
  return { host: network.apiHost, port: topology.port };
}

/** Loopback, and where pods can reach this machine. */
function podFacing({ listenHost }: PodNetwork): readonly string[] {
  return listenHost === undefined ? [LOOPBACK] : [LOOPBACK, listenHost];
}

/** The load balancer listens on loopback, and where pods can reach it: never on an outside address. */
export function balancerConfig(layout: Layout, topology: Topology, network: PodNetwork): BalancerConfig {
  const address = (host: string): ListenAddress => ({ host, port: topology.port });
  return {
    kind: 'balancer',
    listen: podFacing(network).map(address),
    servers: serving(topology).map((server) => ({ host: LOOPBACK, port: server.port })),
    caFile: join(layout.pki, 'ca.crt'),
  };
}
