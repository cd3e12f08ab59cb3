// The door of the local cluster: topology, identities, processes, load balancer, status.
export { directRoute, type PeerRoute } from './component-configs.ts';
export type {
  BalancerConfig,
  ClientConfig,
  ComponentConfig,
  ListenAddress,
  ServerConfig,
  ServerTuning,
  WorkerConfig,
} from './config.ts';
export {
  BALANCER,
  prepareDataDirectory,
  readTopology,
  releaseDataDirectory,
  requireTopology,
  runningSupervisor,
  SUPERVISOR,
  takeDataDirectory,
  writeTopology,
} from './data-directory.ts';
export { readTokens, type StaticToken } from './identities.ts';
export { EXIT_WITH_PARENT, type Launch, launchProcess, type ProcessSpec } from './launch.ts';
export { type CertificatePaths, type Layout, layoutOf } from './layout.ts';
export { CONFIG_AWAITED_CHECK_MS, CONFIG_AWAITED_LIMIT_MS, CONFIG_CHECK_MS, SERVERS_MAX } from './limits.ts';
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
export { type MembershipCommands, membershipCommands } from './membership.ts';
export { type PortableFile, readPortableFiles, writePortableFiles } from './portable.ts';
export { findFreePorts } from './ports.ts';
export { identify, isAlive, type ProcessIdentity, recordedProcess, signalProcess } from './process-identity.ts';
export { type ClusterStatus, clusterStatus, type ServerStatus } from './status.ts';
export { endProcesses } from './supervisor.ts';
export {
  checkSizes,
  checkWhole,
  LOOPBACK,
  planTopology,
  portsNeeded,
  type RuntimeName,
  type ServerMember,
  type Topology,
} from './topology.ts';
