// `quorate recover`: the way out of a lost quorum. Shows what is left and what may be lost, and, when told to, makes a
// new cluster of the server that holds most; everything former is moved aside, and nothing of it can join again.

import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import {
  checkSizes,
  type Layout,
  layoutOf,
  planTopology,
  requireTopology,
  type Topology,
} from '../../../cluster/index.ts';
import { type Clock, codeOf, systemClock, UserError } from '../../lib/index.ts';
import type { RebasedState } from '../../store/index.ts';
import { endLeftPods } from '../cluster-commands.ts';
import { inspectServers, readServer } from '../offline/inspect.ts';
import { beginning, newClusterId, seedServers } from '../offline/seed-servers.ts';
import { type StoppedCluster, serverFolders, takeStoppedCluster } from '../offline/stopped-cluster.ts';
import { type RecoverySummary, reportText } from './describe.ts';
import { finishRecovery, readJournal, stagingOf, writeJournal } from './journal.ts';
import { planRecovery, type RecoveryPlan } from './plan.ts';

export interface RecoverOptions {
  readonly dataDir: string;
  readonly from: string | undefined;
  readonly servers: number | undefined;
  readonly yes: boolean;
  readonly force: boolean;
  readonly output: 'text' | 'json';
}

export async function recover(options: RecoverOptions): Promise<void> {
  checkSizes({ servers: options.servers, workers: undefined, port: undefined });
  const clock = systemClock();
  const layout = layoutOf(resolve(options.dataDir));
  const topology = requireTopology(layout);
  const stopped = await takeStoppedCluster(layout, topology);
  try {
    const journal = readJournal(layout);
    if (journal !== undefined) {
      process.stderr.write('a recovery was interrupted: it goes on where it was\n');
      await stopped.unlock();
      await finishRecovery(layout, journal);
      process.stdout.write(
        `The cluster is recovered: id ${journal.topology.clusterId}. Start it with \`quorate up\`.\n`,
      );
      return;
    }
    await recoverStopped(options, layout, topology, stopped, clock);
  } finally {
    await stopped.release();
  }
}

async function recoverStopped(
  options: RecoverOptions,
  layout: Layout,
  topology: Topology,
  stopped: StoppedCluster,
  clock: Clock,
): Promise<void> {
  const found = await inspectServers(layout, topology, clock);
  const plan = planRecovery(found, topology.founders, options);
  const asText = options.output === 'text';
  if (asText) process.stdout.write(reportText(found, plan));
  const before = { source: plan.source.id, servers: found, consequences: plan.consequences };
  const summary = { ...before, formerClusterId: topology.clusterId };
  if (!(options.yes || (await isConfirmed(options.output)))) {
    print(options, { recovered: false, ...summary, clusterId: null, aside: null, revision: null, stateHash: null });
    return;
  }
  const made = await makeNewCluster(options, layout, topology, plan, stopped, clock);
  print(options, { recovered: true, ...summary, ...made });
}

type Made = Pick<RecoverySummary, 'clusterId' | 'aside' | 'revision' | 'stateHash'>;

async function makeNewCluster(
  options: RecoverOptions,
  layout: Layout,
  topology: Topology,
  plan: RecoveryPlan,
  stopped: StoppedCluster,
  clock: Clock,
): Promise<Made> {
  const { state } = await readServer(layout, topology, plan.source.id, clock);
  if (state === undefined) throw new UserError(`${plan.source.id} cannot be read any more`, 'Check its disk.');
  const recovered = recoveredTopology(topology, options.servers ?? plan.voters);
  const seed = beginning(state.machine, state.last);
  await stage(layout, recovered, seed);
  const aside = `before-recover-${new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  // Containers are the former cluster's: the new one starts its own. Until now nothing else has changed.
  await endLeftPods(topology, clock);
  const former = serverFolders(layout, topology);
  await writeJournal(layout, { formatVersion: 1, aside, former, topology: recovered });
  await stopped.unlock();
  await finishRecovery(layout, { formatVersion: 1, aside, former, topology: recovered });
  const { revision, stateHash } = seed.meta;
  return { clusterId: recovered.clusterId, aside, revision, stateHash };
}

/** The new servers, beside the former ones. What an earlier attempt has left there is not used. */
async function stage(layout: Layout, topology: Topology, seed: RebasedState): Promise<void> {
  const staging = stagingOf(layout);
  rmSync(staging.root, { recursive: true, force: true });
  try {
    await seedServers(staging, topology, seed);
  } catch (error) {
    rmSync(staging.root, { recursive: true, force: true });
    if (codeOf(error) !== 'ENOSPC') throw error;
    throw new UserError(
      `${layout.root} has no room for the new servers: the disk is full`,
      'Free some space; nothing was changed.',
      { cause: error },
    );
  }
}

/** The same ports and workers under a new id; as many servers as wished. */
function recoveredTopology(former: Topology, servers: number): Topology {
  const { workers, port, runtime, diskReserveBytes, featureGates } = former;
  const wish = { servers, workers: workers.length, port, runtime, diskReserveBytes, featureGates };
  const planned = planTopology(wish, newClusterId(), []);
  const ports = planned.servers.map(({ id }) => former.servers.find((server) => server.id === id));
  // Other servers than there were get the ports that follow the cluster's own.
  if (ports.length !== former.servers.length || ports.includes(undefined)) return { ...planned, workers };
  const placed = planned.servers.map((server, i) => ({
    ...server,
    port: ports[i]?.port ?? server.port,
    raftPort: ports[i]?.raftPort ?? server.raftPort,
  }));
  return { ...planned, servers: placed, workers };
}

/** Nobody is asked where nobody can answer. */
async function isConfirmed(output: RecoverOptions['output']): Promise<boolean> {
  if (output === 'json' || process.stdin.isTTY !== true || process.stdout.isTTY !== true) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await lines.question('Make a new cluster of it? Type "recover": ')).trim() === 'recover';
  } finally {
    lines.close();
  }
}

function print({ output, dataDir }: RecoverOptions, summary: RecoverySummary): void {
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  process.stdout.write(
    summary.recovered
      ? `The cluster is recovered from ${summary.source}: its new id is ${summary.clusterId}, its revisions begin at ${summary.revision}.\n` +
          `The former servers are in ${summary.aside}; none of them can join the new cluster. Start it with\n` +
          `  quorate up --data-dir ${dataDir}\n`
      : `Nothing was changed. To make a new cluster of ${summary.source}:  quorate recover --data-dir ${dataDir} --yes\n`,
  );
}
