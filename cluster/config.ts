// What a component's process is told: one JSON file per process, written by `up` and read by the component's command.
// The file holds paths of keys, never keys.
import type { CertificatePaths } from './layout.ts';
import type { RuntimeName } from './topology.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** How a process proves itself to the API servers, and where they are. */
export interface ClientConfig {
  readonly endpoints: readonly string[];
  readonly caFile: string;
  readonly certificate: CertificatePaths;
}

/**
 * Limits that differ from those of production, for experiments: they meet in minutes what takes others days. Undefined: as in
 * production.
 */
export interface ServerTuning {
  /** Superseded versions are kept until they take this much. */
  readonly historyLimitBytes?: number;
  /** A segment of the Raft log. */
  readonly logSegmentBytes?: number;
  /** Closed segments that stay beyond what the state needs; and while a follower is being sent what is in them. */
  readonly logKeptBytes?: number;
  readonly logLaggardBytes?: number;
  /** How finely the delay of the Raft thread's event loop is sampled. */
  readonly loopDelayResolutionMs?: number;
}

/** One server: API server, controllers and scheduler in one process. */
export interface ServerConfig {
  readonly kind: 'server';
  readonly id: string;
  readonly clusterId: string;
  /** log/ and state/ live in it. */
  readonly directory: string;
  /** The last of them is the one that pods reach, where there is such a one: this server's part of the endpoints of default/kubernetes. */
  readonly listen: readonly ListenAddress[];
  /** Where pods reach the API, whichever server answers. */
  readonly advertise: ListenAddress;
  readonly raft: ListenAddress;
  /** Who votes in an empty log. A server that is none of them begins by waiting to be added. */
  readonly founders: readonly string[];
  /** Member id → host:port, this server included: where the members are now, whatever the log says. */
  readonly peers: Readonly<Record<string, string>>;
  readonly caFile: string;
  readonly serving: CertificatePaths;
  readonly peer: CertificatePaths;
  readonly kubeletClient: CertificatePaths;
  /** Signs and verifies service-account tokens (PKCS #8 PEM, P-256). */
  readonly serviceAccountKeyFile: string;
  readonly tokensFile: string;
  /** Below so many free bytes on the disk of `directory` only deletions, leases and internal entries are accepted; 256 MiB unless given. */
  readonly diskReserveBytes?: number;
  /** Which API versions are served besides the stable ones, by Kubernetes' feature names; none unless given. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
  readonly controllerManager: ClientConfig;
  readonly scheduler: ClientConfig;
  readonly tuning?: ServerTuning;
}

/** One worker: a kubelet with its runtime. */
export interface WorkerConfig {
  readonly kind: 'worker';
  readonly name: string;
  /** Its place among the workers, from 0. */
  readonly index: number;
  readonly clusterId: string;
  readonly directory: string;
  readonly runtime: RuntimeName;
  readonly listen: ListenAddress;
  readonly caFile: string;
  readonly serving: CertificatePaths;
  readonly client: ClientConfig;
  /** Where pods reach the API. */
  readonly apiForPods: ListenAddress;
}

/** The load balancer. */
export interface BalancerConfig {
  readonly kind: 'balancer';
  readonly listen: readonly ListenAddress[];
  readonly servers: readonly ListenAddress[];
  readonly caFile: string;
}

export type ComponentConfig = ServerConfig | WorkerConfig | BalancerConfig;
