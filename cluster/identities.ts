// Keys, certificates and tokens of a local cluster: every component has an identity of its own from the first day.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../src/lib/index.ts';
import { ensureSigningKey, openAuthority } from './certificates.ts';
import { kubeconfigYaml } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import { replaceFile } from './replace-file.ts';
import { endpointOf, LOOPBACK, type Topology } from './topology.ts';

export const ADMIN = 'admin';
export const CONTROLLER_MANAGER = 'controller-manager';
export const SCHEDULER = 'scheduler';
export const KUBELET_CLIENT = 'kubelet-client';
export const SERVICE_ACCOUNT_KEY = 'service-account.key';
const TOKEN_BYTES = 24;

/** File names of a member's certificates. */
export const servingName = (member: string): string => `${member}-serving`;
export const peerName = (member: string): string => `${member}-peer`;
export const kubeletName = (worker: string): string => `${worker}-kubelet`;

export interface ServiceNetwork {
  /** The cluster IP of the service default/kubernetes. */
  readonly apiServiceAddress: string;
  /** Addresses besides loopback on which servers listen for pods. */
  readonly podFacingHosts: readonly string[];
}

/** Who proves who he is in a cluster, in two parts: servers come up while the rest is made. Both keep what is valid for long enough. */
export interface Identities {
  /** Everything that a server's configuration names. */
  ofServers(): Promise<void>;
  /** Everything else: of workers and of the administrator, with a kubeconfig. */
  ofOthers(): Promise<void>;
}

/** Makes whatever is missing or about to expire. */
export async function ensureIdentities(
  layout: Layout,
  topology: Topology,
  network: ServiceNetwork,
  clock: Clock,
): Promise<void> {
  const identities = await openIdentities(layout, topology, network, clock);
  await identities.ofServers();
  await identities.ofOthers();
}

/** Opens the authority of the cluster, or founds it. */
export async function openIdentities(
  layout: Layout,
  topology: Topology,
  network: ServiceNetwork,
  clock: Clock,
): Promise<Identities> {
  const authority = await openAuthority(layout.pki, topology.clusterId, clock);
  const serverHosts = [
    'localhost',
    LOOPBACK,
    hostname(),
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    'host.docker.internal',
    network.apiServiceAddress,
    ...network.podFacingHosts,
  ];
  const client = (name: string, commonName: string, organization?: string): Promise<void> =>
    authority.ensure({
      name,
      commonName,
      ...(organization === undefined ? {} : { organization }),
      hosts: [],
      usages: ['client'],
    });

  return {
    async ofServers() {
      // All at once: keys are made on threads of Node.js.
      await allSettled([
        ...topology.servers.flatMap(({ id }) => [
          authority.ensure({
            name: servingName(id),
            commonName: 'kube-apiserver',
            hosts: serverHosts,
            usages: ['server'],
          }),
          authority.ensure({
            name: peerName(id),
            commonName: id,
            hosts: [LOOPBACK, 'localhost', id],
            usages: ['client', 'server'],
          }),
        ]),
        client(CONTROLLER_MANAGER, 'system:kube-controller-manager'),
        client(SCHEDULER, 'system:kube-scheduler'),
        client(KUBELET_CLIENT, 'kube-apiserver-kubelet-client', 'system:masters'),
        ensureSigningKey(join(layout.pki, SERVICE_ACCOUNT_KEY)),
      ]);
      ensureToken(layout);
    },
    async ofOthers() {
      await allSettled([
        client(ADMIN, 'kubernetes-admin', 'system:masters'),
        ...topology.workers.flatMap(({ name }) => [
          client(name, `system:node:${name}`, 'system:nodes'),
          authority.ensure({
            name: kubeletName(name),
            commonName: `system:node:${name}`,
            organization: 'system:nodes',
            hosts: [LOOPBACK, 'localhost', name],
            usages: ['server'],
          }),
        ]),
      ]);
      writeKubeconfig(layout, topology, authority.caPem);
    },
  };
}

/** Waits for all of them, also when one fails: nothing is written any more when this rejects. */
async function allSettled(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Deletes the keys and certificates by which a server proves who it is; those that are not there do not matter. */
export function forgetServer(layout: Layout, server: string): void {
  for (const name of [servingName(server), peerName(server)])
    for (const file of Object.values(layout.certificate(name))) rmSync(file, { force: true });
}

/** The servers that a key or a certificate is there of, by the names of the files. */
export function serversWithIdentities(layout: Layout): readonly string[] {
  if (!existsSync(layout.pki)) return [];
  return readdirSync(layout.pki).flatMap((file) => /^(.+)-(?:serving|peer)\.(?:crt|key)$/.exec(file)?.[1] ?? []);
}

/** Static tokens, token → who it speaks for. */
export interface StaticToken {
  readonly user: string;
  readonly groups: readonly string[];
}

function ensureToken(layout: Layout): void {
  if (existsSync(layout.tokensFile)) return;
  const tokens: Record<string, StaticToken> = {
    [randomBytes(TOKEN_BYTES).toString('base64url')]: { user: 'kubernetes-admin', groups: ['system:masters'] },
  };
  writeFileSync(layout.tokensFile, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
}

/** The static tokens of a cluster. */
export function readTokens(file: string): Readonly<Record<string, StaticToken>> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, StaticToken>;
}

function writeKubeconfig(layout: Layout, topology: Topology, caPem: string): void {
  const admin = layout.certificate(ADMIN);
  const yaml = kubeconfigYaml({
    name: 'quorate',
    server: endpointOf(topology),
    caPem,
    certPem: readFileSync(admin.cert, 'utf8'),
    keyPem: readFileSync(admin.key, 'utf8'),
  });
  replaceFile(layout.kubeconfig, yaml);
}
