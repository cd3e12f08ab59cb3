// `quorate snapshot restore`: a new cluster, of any size and at any addresses, that begins with the state of an archive.
// It is made beside its place and then given its name, so that an interrupted restore leaves no half of a cluster.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  checkSizes,
  findFreePorts,
  layoutOf,
  planTopology,
  portsNeeded,
  prepareDataDirectory,
  type Topology,
  writePortableFiles,
  writeTopology,
} from '../../../cluster/index.ts';
import { codeOf, UserError } from '../../lib/index.ts';
import { beginning, newClusterId, seedServers } from '../offline/seed-servers.ts';
import { readArchiveFile, syncFolder } from './archive-file.ts';
import { summaryOf } from './describe.ts';
import { parseManifest } from './manifest.ts';

export interface RestoreOptions {
  readonly dataDir: string;
  readonly servers: number | undefined;
  readonly port: number | undefined;
  readonly output: 'text' | 'json';
}

export async function restoreSnapshot(file: string, options: RestoreOptions): Promise<void> {
  checkSizes({ servers: options.servers, port: options.port, workers: undefined });
  const target = resolve(options.dataDir);
  refuseInhabited(target);
  const path = resolve(file);
  const archive = await readArchiveFile(path);
  const { cluster } = parseManifest(archive.manifest);
  const summary = summaryOf(path, archive);
  const topology = await topologyFor(cluster, options);
  const state = beginning(archive.machine, { index: archive.appliedIndex, term: archive.appliedTerm ?? 1 });
  const draft = `${target}.restoring-${topology.clusterId}`;
  try {
    const layout = prepareDataDirectory(draft);
    writePortableFiles(layout, archive.files);
    await seedServers(layout, topology, state);
    writeTopology(layout, topology);
    await syncFolder(draft);
    rmSync(target, { recursive: true, force: true });
    await rename(draft, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => {
      // The first failure is the one to tell.
    });
    if (codeOf(error) === 'ENOSPC')
      throw new UserError(
        `${target} cannot be filled: the disk is full`,
        'Free some space, or give another --data-dir.',
      );
    throw error;
  }
  report(topology, state.meta.revision, state.meta.stateHash, summary.objects, layoutOf(target).root, options.output);
}

function refuseInhabited(target: string): void {
  if (!existsSync(target) || readdirSync(target).length === 0) return;
  throw new UserError(
    `${target} is not empty`,
    'Give --data-dir a folder that is empty or not there; a cluster is not restored over another.',
  );
}

async function topologyFor(cluster: Topology, options: RestoreOptions): Promise<Topology> {
  const wish = {
    servers: options.servers ?? cluster.servers.length,
    workers: cluster.workers.length,
    port: options.port ?? cluster.port,
    runtime: cluster.runtime,
    diskReserveBytes: cluster.diskReserveBytes,
    featureGates: cluster.featureGates,
  };
  return planTopology(wish, newClusterId(), wish.port === 0 ? await findFreePorts(portsNeeded(wish)) : []);
}

function report(
  topology: Topology,
  revision: number,
  stateHash: string,
  objects: number,
  root: string,
  output: 'text' | 'json',
): void {
  const { clusterId, port } = topology;
  const servers = topology.servers.map((server) => server.id);
  if (output === 'json') {
    process.stdout.write(
      `${JSON.stringify({ dataDir: root, clusterId, servers, port, revision, stateHash, objects })}\n`,
    );
    return;
  }
  process.stdout.write(
    `A new cluster with ${objects} objects is in ${root}: id ${clusterId}, ${servers.length} servers, port ${port}.\n` +
      `Its revisions begin at ${revision}, beyond any that a client has seen: what clients remember of the former\n` +
      'cluster is answered with 410 (they list again) or 409. Authority, tokens and keys are those of the former cluster.\n\n' +
      `Start it with  quorate up --data-dir ${root}\n`,
  );
}
