// The data directory of a cluster: created, recognised, and held by one supervisor at a time.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { codeOf, messageOf, UserError } from '../src/lib/index.ts';
import { upgradeTopology } from './growth.ts';
import { type Layout, layoutOf } from './layout.ts';
import { forgetProcess, identify, type ProcessIdentity, recordedProcess, recordProcess } from './process-identity.ts';
import { TOPOLOGY_FORMAT, type Topology } from './topology.ts';

/** The record of the supervisor that holds the directory. */
export const SUPERVISOR = 'supervisor';
export const BALANCER = 'load-balancer';

/** Makes the folders of a data directory. Throws UserError when it cannot be written or holds something else. */
export function prepareDataDirectory(root: string): Layout {
  const layout = layoutOf(root);
  try {
    refuseForeignFolder(layout);
    refuseInterruptedRecovery(layout);
    for (const folder of [root, layout.pki, layout.run, layout.logs])
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(root, constants.W_OK);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const full = codeOf(error) === 'ENOSPC';
    throw new UserError(
      `the data directory ${root} cannot be ${full ? 'filled: the disk is full' : `written: ${messageOf(error)}`}`,
      full ? 'Free some space, or give another --data-dir.' : 'Make it writable for you, or give another --data-dir.',
      { cause: error },
    );
  }
  return layout;
}

/** A folder with other things in it is somebody's: a cluster is not poured over them. */
function refuseForeignFolder(layout: Layout): void {
  if (!existsSync(layout.root) || existsSync(layout.clusterFile)) return;
  const foreign = readdirSync(layout.root).filter(
    (name) => !['pki', 'run', 'logs', 'members', 'removed', 'kubeconfig', 'kubeconfig.new'].includes(name),
  );
  if (foreign.length === 0) return;
  throw new UserError(
    `${layout.root} is not a cluster's data directory: it holds ${foreign.slice(0, 3).join(', ')}`,
    'Give --data-dir a folder of its own; it need not exist.',
  );
}

/** Half of the servers may be of the former cluster. */
function refuseInterruptedRecovery(layout: Layout): void {
  if (!existsSync(layout.recoveryFile)) return;
  throw new UserError(
    `a recovery of the cluster in ${layout.root} was interrupted`,
    'Run `quorate recover` with this --data-dir again: it goes on where it was.',
  );
}

/** Takes the directory for this process. Throws UserError when another supervisor runs on it. */
export function takeDataDirectory(layout: Layout): void {
  const holder = runningSupervisor(layout);
  if (holder !== undefined && holder.pid !== process.pid) {
    throw new UserError(
      `a cluster is already running on ${layout.root} (process ${holder.pid})`,
      'Use it (`quorate status`), stop it (`quorate down`), or give another --data-dir and --port.',
    );
  }
  const self = identify(process.pid);
  if (self !== undefined) recordProcess(layout.processFile(SUPERVISOR), self);
}

export function releaseDataDirectory(layout: Layout): void {
  forgetProcess(layout.processFile(SUPERVISOR));
}

export function runningSupervisor(layout: Layout): ProcessIdentity | undefined {
  return recordedProcess(layout.processFile(SUPERVISOR));
}

/** The cluster recorded in the directory, if any. Throws UserError when the record cannot be understood. */
export function readTopology(layout: Layout): Topology | undefined {
  if (!existsSync(layout.clusterFile)) return undefined;
  const remedy = `Restore ${layout.clusterFile}, or use another --data-dir.`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(layout.clusterFile, 'utf8'));
  } catch (error) {
    throw new UserError(`${layout.clusterFile} cannot be read: ${messageOf(error)}`, remedy, { cause: error });
  }
  const topology = topologyOf(value);
  if (topology === undefined)
    throw new UserError(`${layout.clusterFile} is of no format up to ${TOPOLOGY_FORMAT}`, remedy);
  return topology;
}

/** The cluster of a directory that must hold one. */
export function requireTopology(layout: Layout): Topology {
  const topology = readTopology(layout);
  if (topology !== undefined) return topology;
  throw new UserError(
    `there is no cluster in ${layout.root}`,
    'Start one with `quorate up`, or name its folder with --data-dir.',
  );
}

/** Replaces the record in one step: a crash leaves the old one or the new one. */
export function writeTopology(layout: Layout, topology: Topology): void {
  const draft = `${layout.clusterFile}.new`;
  writeFileSync(draft, `${JSON.stringify(topology, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(draft, layout.clusterFile);
}

function topologyOf(value: unknown): Topology | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const isCluster =
    'formatVersion' in value &&
    'clusterId' in value &&
    typeof value.clusterId === 'string' &&
    'servers' in value &&
    Array.isArray(value.servers) &&
    'workers' in value &&
    Array.isArray(value.workers);
  if (!isCluster) return undefined;
  if (value.formatVersion === 1) return upgradeTopology(value as unknown as Topology);
  const isCurrent = value.formatVersion === TOPOLOGY_FORMAT && 'founders' in value && 'nextServer' in value;
  return isCurrent ? (value as unknown as Topology) : undefined;
}
