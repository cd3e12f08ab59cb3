// What a cluster looks like from outside: its record, its processes, and what each server says of itself.
// The shape of ClusterStatus is a contract with scripts (`quorate status --output json`).
import { existsSync, readFileSync } from 'node:fs';
import { ask } from './ask.ts';
import { ADMIN } from './identities.ts';
import type { Layout } from './layout.ts';
import { recordedProcess } from './process-identity.ts';
import { endpointOf, LOOPBACK, type ServerMember, serverUrl, type Topology } from './topology.ts';

/** Where a server tells of its store. */
const STATUS_PATH = '/quorate/v1/status';

export interface ServerStatus {
  readonly id: string;
  readonly url: string;
  /** null: no process. */
  readonly pid: number | null;
  /** `down` when it does not answer. */
  readonly role: 'leader' | 'follower' | 'candidate' | 'down';
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly ready: boolean;
  /** Why it is not ready; null when it is. */
  readonly reason: string | null;
  /** Its disk, as far as it is known. A low one takes only deletions, leases and internal entries. */
  readonly disk: { readonly freeBytes: number; readonly reserveBytes: number; readonly low: boolean } | null;
}

export interface WorkerStatus {
  readonly name: string;
  readonly pid: number | null;
  readonly runtime: string;
}

export interface ClusterStatus {
  /** Every server is ready, the load balancer and every worker run. */
  readonly ready: boolean;
  readonly endpoint: string;
  readonly kubeconfig: string;
  /** null: nobody leads, or nobody could be asked. */
  readonly leader: string | null;
  readonly servers: readonly ServerStatus[];
  readonly workers: readonly WorkerStatus[];
}

/** Asks everybody at once; never takes longer than one time-out. */
export async function clusterStatus(layout: Layout, topology: Topology, balancerName: string): Promise<ClusterStatus> {
  const pidOf = (name: string): number | null => recordedProcess(layout.processFile(name))?.pid ?? null;
  const answers = await Promise.all(topology.servers.map((server) => askServer(layout, server)));
  const servers = topology.servers.map((server, position): ServerStatus => {
    const answer = answers[position];
    return {
      id: server.id,
      url: serverUrl(server),
      pid: pidOf(server.id),
      role: answer?.role ?? 'down',
      term: answer?.term ?? 0,
      commitIndex: answer?.commitIndex ?? 0,
      appliedIndex: answer?.appliedIndex ?? 0,
      ready: answer?.ready ?? false,
      reason: answer === undefined ? 'it does not answer' : (answer.reason ?? null),
      disk: answer?.disk ?? null,
    };
  });
  const workers = topology.workers.map(
    (worker): WorkerStatus => ({
      name: worker.name,
      pid: pidOf(worker.name),
      runtime: topology.runtime,
    }),
  );
  const running = pidOf(balancerName) !== null && workers.every((worker) => worker.pid !== null);
  return {
    ready: running && servers.every((server) => server.ready),
    endpoint: endpointOf(topology),
    kubeconfig: layout.kubeconfig,
    leader: leaderOf(servers),
    servers,
    workers,
  };
}

/** The leader of the highest term: an isolated one may still believe in itself. */
function leaderOf(servers: readonly ServerStatus[]): string | null {
  const leaders = servers.filter((server) => server.role === 'leader').sort((a, b) => b.term - a.term);
  return leaders[0]?.id ?? null;
}

interface Answer {
  readonly role: 'leader' | 'follower' | 'candidate';
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly ready: boolean;
  readonly reason?: string;
  readonly disk?: { readonly freeBytes: number; readonly reserveBytes: number; readonly low: boolean };
}

async function askServer(layout: Layout, server: ServerMember): Promise<Answer | undefined> {
  const admin = layout.certificate(ADMIN);
  if (!existsSync(admin.cert)) return undefined;
  const reply = await ask({
    address: { host: LOOPBACK, port: server.port },
    path: STATUS_PATH,
    caPem: readFileSync(`${layout.pki}/ca.crt`, 'utf8'),
    asker: { cert: readFileSync(admin.cert, 'utf8'), key: readFileSync(admin.key, 'utf8') },
  });
  return reply.kind === 'answer' && reply.status === 200 ? parseAnswer(reply.text) : undefined;
}

function parseAnswer(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'role' in value ? (value as Answer) : undefined;
  } catch {
    // Whatever listens there is no server of this cluster.
    return undefined;
  }
}
