// Takes a stopped cluster's data directory for a tool: refuses while anything of it runs, and keeps everything from
// starting until it is let go, as a server and a supervisor would.
import { existsSync, readdirSync } from 'node:fs';
import {
  BALANCER,
  type Layout,
  recordedProcess,
  releaseDataDirectory,
  runningSupervisor,
  SUPERVISOR,
  type Topology,
  takeDataDirectory,
} from '../../../cluster/index.ts';
import { type FolderLock, lockFolder } from '../../../raft/adapters/index.ts';
import { UserError } from '../../lib/index.ts';

/** Names of what still runs of a cluster. */
export function runningProcesses(layout: Layout, topology: Topology): readonly string[] {
  const names = [...topology.servers.map((server) => server.id), BALANCER, ...topology.workers.map(({ name }) => name)];
  const running = names.filter((name) => recordedProcess(layout.processFile(name)) !== undefined);
  return runningSupervisor(layout) === undefined ? running : [SUPERVISOR, ...running];
}

export interface StoppedCluster {
  /** Lets the servers' folders go; the cluster still cannot be started. */
  unlock(): Promise<void>;
  release(): Promise<void>;
}

/** Throws UserError that names what runs. */
export async function takeStoppedCluster(layout: Layout, topology: Topology): Promise<StoppedCluster> {
  const running = runningProcesses(layout, topology);
  if (running.length > 0)
    throw new UserError(
      `processes of the cluster in ${layout.root} still run: ${running.join(', ')}`,
      'Stop it first with `quorate down`, which keeps everything in the data directory.',
    );
  takeDataDirectory(layout);
  const locks: FolderLock[] = [];
  const unlock = async (): Promise<void> => {
    for (const lock of locks.splice(0)) await lock.release();
  };
  const release = async (): Promise<void> => {
    await unlock();
    releaseDataDirectory(layout);
  };
  try {
    for (const id of serverFolders(layout, topology)) locks.push(await lockFolder(layout.member(id)));
  } catch (error) {
    await release();
    throw error;
  }
  return { unlock, release };
}

/** Servers with a folder: those of the record, and any other that was left there. */
export function serverFolders(layout: Layout, topology: Topology): readonly string[] {
  const folder = layout.member('');
  const found = existsSync(folder) ? readdirSync(folder) : [];
  const workers = new Set(topology.workers.map((worker) => worker.name));
  const isServer = (name: string): boolean =>
    topology.servers.some((server) => server.id === name) || (/^server-\d+$/.test(name) && !workers.has(name));
  return found.filter(isServer).sort();
}
