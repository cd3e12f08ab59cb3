// What a cluster looks like from outside: asked of every server, and of the process records. Never guesses: a server
// that does not answer is down, whatever its process does; what nobody could be asked is unknown.
import {
  type Administration,
  administrationOf,
  type DiskAnswer,
  type MembersView,
  type MemberView,
  type ServerAnswer,
} from './admin.ts';
import { lastWords } from './last-words.ts';
import type { Layout } from './layout.ts';
import { recordedProcess } from './process-identity.ts';
import { endpointOf, type ServerMember, serverUrl, type Topology } from './topology.ts';

/**
 * A server's place in the cluster. `joining`: it runs, and is no member yet. `leaving`: it is being removed. `removed`: it was,
 * and its process has not ended yet. `unknown`: nobody could be asked.
 */
export type ServerPlace = 'voter' | 'learner' | 'joining' | 'leaving' | 'removed' | 'unknown';

export interface ServerStatus {
  readonly id: string;
  readonly url: string;
  /** null: no process. */
  readonly pid: number | null;
  /** `down` when it does not answer. */
  readonly role: 'leader' | 'follower' | 'candidate' | 'down';
  readonly place: ServerPlace;
  /** Committed entries that the leader does not know it to hold; null when that is not known. */
  readonly lagEntries: number | null;
  /** How long ago the leader heard it, in ms; null when that is not known. */
  readonly lastHeardMs: number | null;
  /** It is being repaired from the others: it neither votes nor counts. */
  readonly repairing: boolean;
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly ready: boolean;
  /** Why it is not ready; null when it is. */
  readonly reason: string | null;
  /** Its disk, as far as it is known. A low one takes only deletions, leases and internal entries. */
  readonly disk: DiskAnswer | null;
}

export interface WorkerStatus {
  readonly name: string;
  readonly pid: number | null;
  readonly runtime: string;
}

export interface ClusterStatus {
  /** Every server that votes is ready, the load balancer and every worker run. */
  readonly ready: boolean;
  readonly endpoint: string;
  readonly kubeconfig: string;
  /** null: nobody leads, or nobody could be asked. */
  readonly leader: string | null;
  readonly servers: readonly ServerStatus[];
  /** The ids of members that there were once; they never come back. */
  readonly removed: readonly string[];
  readonly workers: readonly WorkerStatus[];
}

/** Asks everybody at once; never takes longer than one time-out. */
export async function clusterStatus(
  layout: Layout,
  topology: Topology,
  balancerName: string,
  administration: Administration = administrationOf(layout),
): Promise<ClusterStatus> {
  return statusAround(await serversFound(layout, topology, administration), layout, topology, balancerName);
}

/** What the servers said. */
export interface ServersFound {
  readonly servers: readonly ServerStatus[];
  readonly removed: readonly string[];
  /** Every server that votes is ready. */
  readonly ready: boolean;
}

/** The part of a cluster's status that takes time: asks every server at once. */
export async function serversFound(
  layout: Layout,
  topology: Topology,
  administration: Administration,
): Promise<ServersFound> {
  const answers = await Promise.all(topology.servers.map((server) => administration.statusOf(server)));
  const known = bestView(answers.flatMap((answer) => answer ?? []));
  const servers = topology.servers.map((server, i) =>
    serverStatus(server, processOf(layout, server.id), answers[i], known),
  );
  const ready = servers.every((server) => server.ready || !countsForReadiness(server.place));
  return { servers, removed: known?.removed ?? [], ready };
}

/** The cluster's status at this moment, around what its servers said. */
export function statusAround(
  { servers, removed, ready }: ServersFound,
  layout: Layout,
  topology: Topology,
  balancerName: string,
): ClusterStatus {
  const pidOf = (name: string): number | null => recordedProcess(layout.processFile(name))?.pid ?? null;
  const workers = topology.workers.map(
    (worker): WorkerStatus => ({
      name: worker.name,
      pid: pidOf(worker.name),
      runtime: topology.runtime,
    }),
  );
  const running = pidOf(balancerName) !== null && workers.every((worker) => worker.pid !== null);
  return {
    ready: running && ready,
    endpoint: endpointOf(topology),
    kubeconfig: layout.kubeconfig,
    leader: leaderOf(servers),
    servers,
    removed,
    workers,
  };
}

/** A learner that catches up, and a server that comes or goes, make a cluster no less ready than it is. */
function countsForReadiness(place: ServerPlace): boolean {
  return place === 'voter' || place === 'unknown';
}

/** The leader's view of the highest term; without one, the view of whoever knows the newest members. */
export function bestView(answers: readonly ServerAnswer[]): MembersView | undefined {
  const rank = (answer: ServerAnswer): readonly number[] => [
    answer.role === 'leader' ? 1 : 0,
    answer.term,
    answer.membership.index,
  ];
  return [...answers].sort((a, b) => compare(rank(b), rank(a)))[0]?.membership;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

interface ProcessFound {
  readonly pid: number | null;
  /** Why it does not answer, should it not. */
  readonly silence: string;
}

function processOf(layout: Layout, id: string): ProcessFound {
  const pid = recordedProcess(layout.processFile(id))?.pid ?? null;
  const words = pid === null ? lastWords(layout.logFile(id)) : undefined;
  return { pid, silence: words === undefined ? 'it does not answer' : `it ended: ${words}` };
}

function serverStatus(
  server: ServerMember,
  { pid, silence }: ProcessFound,
  answer: ServerAnswer | undefined,
  known: MembersView | undefined,
): ServerStatus {
  const member = known?.members.find(({ id }) => id === server.id);
  return {
    id: server.id,
    url: serverUrl(server),
    pid,
    role: answer?.role ?? 'down',
    place: placeOf(server, member, known),
    lagEntries: member?.lagEntries ?? null,
    lastHeardMs: member?.lastHeardMs ?? null,
    repairing: answer?.repairing !== undefined || member?.repairing === true,
    term: answer?.term ?? 0,
    commitIndex: answer?.commitIndex ?? 0,
    appliedIndex: answer?.appliedIndex ?? 0,
    ready: answer?.ready ?? false,
    reason: answer === undefined ? silence : (answer.reason ?? null),
    disk: answer?.disk ?? null,
  };
}

/** What the members know goes before what the topology wishes for. Pure. */
export function placeOf(
  server: ServerMember,
  member: MemberView | undefined,
  known: MembersView | undefined,
): ServerPlace {
  if (known === undefined || known.members.length === 0) return 'unknown';
  if (known.removed.includes(server.id)) return 'removed';
  if (member === undefined) return server.leaving ? 'removed' : 'joining';
  return server.leaving ? 'leaving' : member.role;
}

/** The leader of the highest term: an isolated one may still believe in itself. */
function leaderOf(servers: readonly ServerStatus[]): string | null {
  const leaders = servers.filter((server) => server.role === 'leader').sort((a, b) => b.term - a.term);
  return leaders[0]?.id ?? null;
}
