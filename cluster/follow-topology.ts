// A cluster that runs follows its cluster.json: the supervisor looks at the file, starts the servers that are new in it, ends
// those that are gone, and tells everybody else (load balancer, workers, servers) by their configuration files.
//
// Why a file and no socket: the file is the wish itself, and it is there already. Whoever wishes for something (`quorate
// member add`) writes it once and watches what becomes of it; there is no order that a supervisor could lose by being
// killed, no half-done dialogue, no protocol between versions, and no limit on the length of a socket's path. A supervisor
// that starts, or that adopts what another has left behind, does the same as one that has been running: it compares the
// wish with what is. Each step may be repeated, so what fails (a full disk) is tried again. The price is a look at the file
// four times a second, and that a wish is granted within a quarter of a second instead of at once.
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, every, type Logger, messageOf } from '../src/lib/index.ts';
import type { PeerRoute } from './component-configs.ts';
import { readTopology } from './data-directory.ts';
import { isGone } from './growth.ts';
import { forgetServer, serversWithIdentities } from './identities.ts';
import type { Layout } from './layout.ts';
import { TOPOLOGY_CHECK_MS } from './limits.ts';
import { type MemberMeans, membersOf, runMember, writeConfig } from './members.ts';
import { endProcesses } from './supervisor.ts';
import type { Topology } from './topology.ts';

export interface FollowOptions {
  readonly means: Omit<MemberMeans, 'route'>;
  /** The way of Raft connections in a topology. */
  readonly routeFor: (topology: Topology) => Promise<PeerRoute>;
  /** Makes the keys and certificates that a topology needs and that are not there. */
  readonly ensureIdentities: (topology: Topology) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What runs already. */
  readonly topology: Topology;
}

export interface Following {
  /** As it was read last. */
  topology(): Topology;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export function followTopology(options: FollowOptions): Following {
  const { clock, logger } = options;
  const { layout } = options.means;
  let topology = options.topology;
  let done: string | undefined;
  let underWay: Promise<void> | undefined;
  let trouble = '';
  const failed = (error: unknown): void => {
    // Tried again four times a second: the log is told once.
    if (messageOf(error) !== trouble) logger.warn({ error: messageOf(error) }, 'the topology cannot be followed yet');
    trouble = messageOf(error);
  };

  const look = async (): Promise<void> => {
    const seen = versionOf(layout.clusterFile);
    if (seen === undefined || seen === done) return;
    const wished = readTopology(layout);
    if (wished === undefined) return;
    const before = topology;
    topology = wished;
    await fulfil(wished, before, options);
    done = seen;
    trouble = '';
  };
  const timer = every(clock, TOPOLOGY_CHECK_MS, () => {
    underWay ??= look()
      .catch(failed)
      .finally(() => {
        underWay = undefined;
      });
  });
  return {
    topology: () => topology,
    async stop() {
      timer.cancel();
      await underWay;
    },
  };
}

/** Names one version of a file; each change makes another. */
function versionOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}

/** What there is to do for a topology. Pure. */
export interface TopologyPlan {
  /** Servers to start. */
  readonly start: readonly string[];
  /** Servers to end: those that are gone, whether they run or have left something behind. */
  readonly end: readonly string[];
}

/** `kept`: the processes under supervision. `left`: the names of those that have a folder or keys. */
export function planTopologyChange(topology: Topology, kept: readonly string[], left: readonly string[]): TopologyPlan {
  const wanted = topology.servers.map(({ id }) => id);
  const known = new Set([...kept, ...left]);
  return {
    start: wanted.filter((id) => !kept.includes(id)),
    end: [...known].filter((name) => isGone(topology, name)),
  };
}

/** Everybody is told before anybody starts or ends: nobody is sent to a server that is about to end. */
async function fulfil(topology: Topology, before: Topology, options: FollowOptions): Promise<void> {
  const { logger } = options;
  const means: MemberMeans = { ...options.means, route: await options.routeFor(topology) };
  const { layout, supervisor } = means;
  const kept = supervisor.list().map(({ name }) => name);
  const plan = planTopologyChange(topology, kept, [...namesIn(layout.members), ...serversWithIdentities(layout)]);
  if (plan.start.length > 0) await options.ensureIdentities(topology);
  const members = membersOf(topology, means);
  for (const member of members) writeConfig(layout, member);
  for (const member of members.filter(({ name }) => plan.start.includes(name))) {
    logger.info({ server: member.name }, 'a new server starts');
    runMember(member, means);
  }
  await Promise.all(plan.end.map((id) => retire(id, options)));
  if (plan.end.length > 0) logger.info({ servers: plan.end, before: before.servers.length }, 'servers are gone');
}

/**
 * Ends a server, deletes its keys, and moves its folder aside, of which nothing is ever deleted. A supervisor that is killed
 * in between leaves a folder or keys, by which the next one sees that there is something to do; whoever waits for the
 * end waits for the folder, so it goes last.
 */
async function retire(id: string, { means, clock }: FollowOptions): Promise<void> {
  const { layout, supervisor } = means;
  await supervisor.end(id);
  // One that another supervisor has left behind is not kept by this one.
  await endProcesses([layout.processFile(id)], clock);
  forgetServer(layout, id);
  const folder = layout.member(id);
  if (existsSync(folder)) moveAside(layout, id, folder, clock);
}

function moveAside(layout: Layout, id: string, folder: string, clock: Clock): void {
  mkdirSync(layout.removed, { recursive: true, mode: 0o700 });
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  renameSync(folder, join(layout.removed, `${id}-${time}`));
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
