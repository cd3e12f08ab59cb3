// What an API server is built from: everything it touches outside itself is handed in here.
import type { ApiRegistry } from '../api/index.ts';
import type { Clock, Logger, Prng, Registry } from '../lib/index.ts';
import type { ObjectStore } from '../store/index.ts';

/** Where to listen. Port 0 picks a free one, which start() answers. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** All PEM. `clientCa` signs the client certificates that are accepted as identities (CN is the user, O the groups). */
export interface ServingTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
}

/** Who a request comes from, as Kubernetes' user.Info. */
export interface UserInfo {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface AuthenticationOptions {
  /** Everyone is system:masters: for plain HTTP on loopback only. */
  readonly insecure?: boolean;
  /** Bearer token → user. */
  readonly staticTokens?: ReadonlyMap<string, UserInfo>;
  /** PEM (PKCS 8 private, or public) keys of service-account tokens, ES256. The first private one signs. */
  readonly serviceAccountKeys?: readonly string[];
  /** The `iss` of service-account tokens; `https://kubernetes.default.svc` when undefined. */
  readonly serviceAccountIssuer?: string;
}

/** The API server's own client certificate towards kubelets, and who signs theirs. All PEM. */
export interface KubeletTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface ApiServerOptions {
  readonly store: ObjectStore;
  readonly registry: ApiRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  readonly listen: readonly ListenAddress[];
  /** Undefined only with authentication.insecure: plain HTTP. */
  readonly tls: ServingTls | undefined;
  readonly authentication: AuthenticationOptions;
  /** Cluster IPs come from here; IPv4, such as 10.96.0.0/16. Its first address is the service `kubernetes`. */
  readonly serviceCidr: string;
  /** Ports of NodePort services, both included; 30000–32767 when undefined. */
  readonly nodePortRange?: { readonly first: number; readonly last: number };
  /** Undefined: kubelets are spoken to over plain HTTP (the insecure standalone components). */
  readonly kubeletTls: KubeletTls | undefined;
  /** The PEM bundle that pods verify the API with, for the ConfigMap kube-root-ca.crt; undefined without TLS. */
  readonly clusterCa: string | undefined;
  readonly metrics: Registry;
  /** The address and port that pods reach the API at, whichever server it leads to. */
  readonly advertise: { readonly address: string; readonly port: number };
  /** Where this very server is reached: its own part of those endpoints; `advertise` when undefined. */
  readonly endpoint?: { readonly address: string; readonly port: number };
  readonly memberId: string;
}

export interface ApiServer {
  /** Listens and serves; starts the store's bootstrap in the background. Throws UserError for a taken port. */
  start(): Promise<{ readonly url: string; readonly urls: readonly string[] }>;
  /** Drains: /readyz fails, watches end, connections close. Idempotent. Does not stop the store. */
  stop(): Promise<void>;
}
