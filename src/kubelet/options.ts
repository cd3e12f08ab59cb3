// What a kubelet is given. Everything that touches the world is in here, so that tests own time, network and runtime.
import type { ApiClient } from '../client/index.ts';
import type { Clock, Logger, Prng, Registry } from '../lib/index.ts';
import type { ContainerRuntime } from './runtime/port.ts';

/** What the node offers; quantities as Kubernetes writes them. Taken from the machine where not given. */
export interface NodeCapacity {
  readonly cpu: string;
  readonly memory: string;
  readonly 'ephemeral-storage': string;
  readonly pods: string;
}

/** How pods reach the API: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
export interface ApiAddressForPods {
  readonly host: string;
  readonly port: number;
  /** The cluster's CA: stands in for the ConfigMap kube-root-ca.crt as long as that is not there. Undefined: plain HTTP. */
  readonly caPem: string | undefined;
}

export interface KubeletOptions {
  readonly nodeName: string;
  readonly client: ApiClient;
  /** Closed by its owner, not by the kubelet. */
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** Ends the kubelet. Pods go on running: the next kubelet of this node finds them again by their labels. */
  readonly signal: AbortSignal;
  /** Pods' volumes and state; made when missing; must stay the same for the life of the node. */
  readonly directory: string;
  /** Where the kubelet's own server listens; port 0 picks a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** PEM texts. Without it the server speaks plain HTTP to anybody who reaches it: loopback only. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa: string } | undefined;
  /** The node's InternalIP, where the API server finds the kubelet. */
  readonly nodeAddress: string;
  readonly apiAddressForPods: ApiAddressForPods;
  readonly capacity?: Partial<NodeCapacity> | undefined;
  /** Labels besides kubernetes.io/hostname, os and arch. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly metrics?: Registry | undefined;
  /** Called once, when the server listens and the node is registered. */
  readonly started?: ((info: { readonly port: number }) => void) | undefined;
}
