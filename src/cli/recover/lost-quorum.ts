// Sees that a cluster's quorum is lost before it is started: servers without data would otherwise elect one of themselves,
// and the cluster would begin again from nothing while a survivor still holds everything.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Layout, layoutOf, readTopology, type Topology } from '../../../cluster/index.ts';
import { knownPeersOf } from '../../../raft/adapters/index.ts';
import type { Membership } from '../../../raft/core/index.ts';
import { type Clock, type Logger, UserError } from '../../lib/index.ts';
import { isQuorum, membershipOf } from '../offline/electorate.ts';
import { inspectServers } from '../offline/inspect.ts';
import { runningProcesses, takeStoppedCluster } from '../offline/stopped-cluster.ts';

/** Throws UserError that names the way out. */
export async function refuseLostQuorum(dataDir: string, clock: Clock, logger: Logger): Promise<void> {
  const layout = layoutOf(resolve(dataDir));
  const topology = readTopology(layout);
  if (topology === undefined || runningProcesses(layout, topology).length > 0) return;
  const lost = lostServers(layout, topology, logger);
  if (lost.length === 0) return;
  const left = topology.servers.map(({ id }) => id).filter((id) => !lost.includes(id));
  if (isQuorum(await readMembership(layout, topology, clock), left)) return;
  throw new UserError(
    `the quorum of the cluster in ${layout.root} is lost: ${lost.join(', ')} had data and have none now; ${left.join(', ')} alone cannot go on`,
    `Restore their folders from a copy, or run \`quorate recover --data-dir ${dataDir}\`: it shows what ${left.join(', ')} still holds and makes a new cluster of it.`,
  );
}

/** Who votes: not every server does, so it is looked up in what is left before anybody is refused. */
async function readMembership(layout: Layout, topology: Topology, clock: Clock): Promise<Membership> {
  const stopped = await takeStoppedCluster(layout, topology);
  try {
    return membershipOf(await inspectServers(layout, topology, clock), topology.founders);
  } finally {
    await stopped.release();
  }
}

/** Servers without a log that another one has met: they had one. */
function lostServers(layout: Layout, topology: Topology, logger: Logger): readonly string[] {
  const hasLog = (id: string): boolean => existsSync(join(layout.member(id), 'log', 'identity'));
  const present = topology.servers.map(({ id }) => id).filter(hasLog);
  const met = new Set(present.flatMap((id) => knownPeersOf(layout.member(id), logger)));
  return topology.servers.map(({ id }) => id).filter((id) => !hasLog(id) && met.has(id));
}
