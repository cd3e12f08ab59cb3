// `quorate snapshot save`: the whole cluster in one file, from a running server, or from the data directory of a stopped
// cluster.
import { resolve } from 'node:path';
import {
  type Layout,
  layoutOf,
  readPortableFiles,
  requireTopology,
  type ServerMember,
  type Topology,
} from '../../../cluster/index.ts';
import { messageOf, systemClock, UserError } from '../../lib/index.ts';
import { type Archive, rebase, recordsOf, type StateRecords, writeArchive } from '../../store/index.ts';
import { isQuorum, membershipOf, votersOf } from '../offline/electorate.ts';
import { inspectServers, mostAdvanced, readServer } from '../offline/inspect.ts';
import { runningProcesses, takeStoppedCluster } from '../offline/stopped-cluster.ts';
import { ArchiveFileError, refuseExisting, writeArchiveFile } from './archive-file.ts';
import { ProgressLine, printSummary, summaryOf } from './describe.ts';
import { downloadState } from './download.ts';
import { makeManifest, type SnapshotSource } from './manifest.ts';

export interface SaveOptions {
  readonly dataDir: string;
  readonly force: boolean;
  readonly output: 'text' | 'json';
}

export async function saveSnapshot(file: string, options: SaveOptions): Promise<void> {
  const path = resolve(file);
  refuseExisting(path, options.force);
  const layout = layoutOf(resolve(options.dataDir));
  const topology = requireTopology(layout);
  const isRunning = runningProcesses(layout, topology).length > 0;
  const archive = isRunning ? await saveRunning(path, layout, topology) : await saveStopped(path, layout, topology);
  printSummary('The snapshot is saved and verified', summaryOf(path, archive), options.output);
}

function saveRunning(path: string, layout: Layout, topology: Topology): Promise<Archive> {
  return saveFromAny(topology.servers, async (server) => {
    const records = await downloadState(layout, server);
    return write(path, layout, topology, { kind: 'server', id: server.id }, records);
  });
}

/** The servers are asked in turn: any of them can give the current state. A file that cannot be written ends it: the next server would not help. */
export async function saveFromAny(
  servers: readonly ServerMember[],
  saveFrom: (server: ServerMember) => Promise<Archive>,
): Promise<Archive> {
  const failures: string[] = [];
  for (const server of servers) {
    try {
      return await saveFrom(server);
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof ArchiveFileError) throw error;
      failures.push(`${server.id}: ${error.message}`);
    }
  }
  throw new UserError(
    `no server gave its state:\n  ${failures.join('\n  ')}`,
    'If the cluster has no quorum any more, stop it with `quorate down` and save again: that reads the data directory.',
  );
}

async function saveStopped(path: string, layout: Layout, topology: Topology): Promise<Archive> {
  const clock = systemClock();
  const stopped = await takeStoppedCluster(layout, topology);
  try {
    const found = await inspectServers(layout, topology, clock);
    const best = mostAdvanced(found);
    const state = best === undefined ? undefined : (await readServer(layout, topology, best.id, clock)).state;
    if (best === undefined || state === undefined)
      throw new UserError(
        `no server in ${layout.root} holds a state that can be read: ${found.map(({ id, problem }) => `${id}: ${problem}`).join('; ')}`,
        'Restore the data directory, or restore an older archive with `quorate snapshot restore`.',
      );
    const membership = membershipOf(found, topology.founders);
    const voting = votersOf(membership, found);
    const intact = voting.filter((server) => server.health === 'intact').map(({ id }) => id);
    if (!isQuorum(membership, intact))
      process.stderr.write(
        `warning: ${intact.length} of the ${voting.length} servers that vote are intact, so newer acknowledged writes may be missing; this is ${best.id}'s state\n`,
      );
    const entriesAfterState = state.last.index - state.appliedIndex;
    const source: SnapshotSource = { kind: 'dataDirectory', id: best.id, entriesAfterState };
    return await write(path, layout, topology, source, recordsOf(rebase(state.machine, 0, state.last)));
  } finally {
    await stopped.release();
  }
}

async function write(
  path: string,
  layout: Layout,
  cluster: Topology,
  source: SnapshotSource,
  records: StateRecords,
): Promise<Archive> {
  const line = new ProgressLine();
  try {
    const manifest = makeManifest(cluster, source, systemClock().now());
    const progress = (count: number): void => line.show(`${count} records from ${source.id}`);
    return await writeArchiveFile(
      path,
      writeArchive({ manifest, files: readPortableFiles(layout), records, progress }),
    );
  } catch (error) {
    if (error instanceof UserError) throw error;
    // The connection broke in the middle.
    if (source.kind === 'server') throw new UserError(messageOf(error), 'Try again.', { cause: error });
    throw error;
  } finally {
    line.clear();
  }
}
