// The door of the local cluster: topology, identities, processes, load balancer, status.
export { directRoute, type PeerRoute } from './component-configs.ts';
export type {
  BalancerConfig,
  ClientConfig,
  ComponentConfig,
  ListenAddress,
  ServerConfig,
  WorkerConfig,
} from './config.ts';
export {
  BALANCER,
  requireTopology,
  runningSupervisor,
  SUPERVISOR,
} from './data-directory.ts';
export { readTokens, type StaticToken } from './identities.ts';
export { type CertificatePaths, type Layout, layoutOf } from './layout.ts';
export { CONFIG_CHECK_MS } from './limits.ts';
export { createLoadBalancer, type LoadBalancer } from './load-balancer.ts';
export {
  type ClusterOptions,
  endCluster,
  purgeCluster,
  type RunningCluster,
  SERVICE_CIDR,
  startCluster,
  waitUntilReady,
} from './local-cluster.ts';
export { identify, isAlive, type ProcessIdentity, recordedProcess, signalProcess } from './process-identity.ts';
export { type ClusterStatus, clusterStatus } from './status.ts';
export { EXIT_WITH_PARENT, endProcesses } from './supervisor.ts';
export { checkSizes, LOOPBACK, type RuntimeName, type ServerMember, type Topology } from './topology.ts';
