// The port to what runs containers. Two adapters stand behind it (docker/ and simulated/), and one contract suite
// (test/kubelet/runtime-contract.ts) runs against both. An adapter sees only containers of its own cluster and node:
// they carry labels with both, so that several clusters share one Docker daemon without touching each other's.

/** Who a sandbox or a container belongs to. */
export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

export interface RuntimeInfo {
  /** As in a node's containerRuntimeVersion: `docker://28.2.2`, `simulated://0.1.0`. */
  readonly containerRuntimeVersion: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** linux, darwin */
  readonly operatingSystem: string;
  /** amd64, arm64: as Kubernetes names it. */
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** The address of this host as pods see it (the bridge's gateway), when there is one. */
  readonly hostAddressForPods: string | undefined;
}

export interface HostPort {
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

/** What the containers of a pod share: network, IPC, host name. */
export interface SandboxSpec {
  readonly pod: PodIdentity;
  readonly attempt: number;
  readonly hostname: string;
  /** What follows the host name in the full one; '' where the pod has no subdomain. */
  readonly domain: string;
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  readonly hostPorts: readonly HostPort[];
  /** `name → address` lines of /etc/hosts. */
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly dns: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly sysctls: Readonly<Record<string, string>>;
}

export interface SandboxState {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  /** The pod's address; undefined on the host's network or when not ready. */
  readonly ip: string | undefined;
  readonly createdAtMs: number;
}

export interface Mount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

export interface ContainerSecurity {
  /** `uid`, `uid:gid` or undefined for the image's own. */
  readonly user: string | undefined;
  readonly supplementalGroups: readonly string[];
  readonly privileged: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly noNewPrivileges: boolean;
  readonly capabilitiesAdd: readonly string[];
  readonly capabilitiesDrop: readonly string[];
  readonly seccompUnconfined: boolean;
}

export interface ContainerResources {
  readonly cpuShares: number;
  /** Thousandths of a CPU; 0 means no limit. */
  readonly cpuLimitMilli: number;
  /** 0 means no limit. */
  readonly memoryLimitBytes: number;
  readonly oomScoreAdjust: number;
}

export interface ContainerSpec {
  readonly pod: PodIdentity;
  readonly name: string;
  /** How often the container of this name was created before, in this pod. */
  readonly attempt: number;
  readonly image: string;
  /** Replaces the image's entrypoint when not empty. */
  readonly command: readonly string[];
  /** Replaces the image's arguments when not empty (or when command is given). */
  readonly args: readonly string[];
  readonly workingDir: string | undefined;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly resources: ContainerResources;
  readonly security: ContainerSecurity;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly sharePids: 'own' | 'pod' | 'host';
  /** Facts the kubelet wants back after its restart (the hash of the spec, the termination message path …). */
  readonly notes: Readonly<Record<string, string>>;
}

export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: 'created' | 'running' | 'exited';
  readonly createdAtMs: number;
  /** 0 until started. */
  readonly startedAtMs: number;
  /** 0 until exited. */
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** What the runtime says about a failed start. */
  readonly error: string;
  readonly image: string;
  readonly imageId: string;
  readonly notes: Readonly<Record<string, string>>;
}

/** Everything the runtime knows of one pod. Both lists are sorted, newest first. */
export interface RuntimePod {
  readonly pod: PodIdentity;
  readonly sandboxes: readonly SandboxState[];
  readonly containers: readonly ContainerRecord[];
}

export interface ImageInfo {
  /** The digest the image is known by locally. */
  readonly id: string;
  readonly sizeBytes: number;
  /** The names it is known under. */
  readonly names: readonly string[];
  /** The user the image wants to run as; '' for root. */
  readonly user: string;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Lines from the end; undefined for all. */
  readonly tailLines: number | undefined;
  readonly sinceMs: number | undefined;
  /** Prefix each line with its RFC 3339 time in nanoseconds. */
  readonly timestamps: boolean;
  readonly signal: AbortSignal;
}

export interface ExecResult {
  readonly exitCode: number;
  /** Standard output and error, cut at EXEC_OUTPUT_LIMIT_BYTES. */
  readonly output: string;
}

/** Where a probe knocks, from beside the pod. */
export interface ProbeTarget {
  readonly pod: PodIdentity;
  readonly container: string;
  readonly host: string;
  readonly port: number;
}

export interface HttpProbeRequest {
  readonly scheme: 'http' | 'https';
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** `detail` is what an Unhealthy event says. */
export interface ProbeAnswer {
  readonly success: boolean;
  readonly detail: string;
}

/** Thrown by createContainer when the image is not there, and by pullImage when it cannot be had. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** Every method may be called again after a failure: what is already so is left so. Failures are thrown. */
export interface ContainerRuntime {
  info(): Promise<RuntimeInfo>;
  /** Rejects when the runtime does not answer. */
  ping(): Promise<void>;

  /** Every pod of this cluster and node that has a sandbox or a container. */
  pods(): Promise<readonly PodIdentity[]>;
  pod(identity: PodIdentity): Promise<RuntimePod>;

  createSandbox(spec: SandboxSpec): Promise<SandboxState>;
  stopSandbox(id: string): Promise<void>;
  /** Stops and removes it. */
  removeSandbox(id: string): Promise<void>;

  /** Returns the container's id. A container of the same pod, name and attempt that never started is replaced. */
  createContainer(sandboxId: string, spec: ContainerSpec): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** The stop signal, then after the grace the kill signal. Resolves when it is stopped, or gone. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;

  /** Runs a command in a running container. `signal` gives up waiting; the result is then a rejection. */
  exec(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult>;
  probeHttp(target: ProbeTarget, request: HttpProbeRequest, timeoutMs: number): Promise<ProbeAnswer>;
  probeTcp(target: ProbeTarget, timeoutMs: number): Promise<ProbeAnswer>;

  /** The bytes the container wrote, both streams merged in order, line by line. */
  logs(id: string, options: LogOptions): AsyncIterable<Uint8Array>;

  image(reference: string): Promise<ImageInfo | undefined>;
  /** Throws ImageError. */
  pullImage(reference: string, signal: AbortSignal): Promise<ImageInfo>;
  images(): Promise<readonly ImageInfo[]>;

  /** Calls back when a container or sandbox of this pod changed; undefined: any may have. Returns the way to stop. */
  onChange(listener: (podUid: string | undefined) => void): () => void;
  close(): Promise<void>;
}
