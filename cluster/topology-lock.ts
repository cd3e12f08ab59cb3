// One change of cluster.json at a time: `up` and the `quorate member` commands read it, decide, and write it. The lock is a
// file that names its holder (pid and start time), so that a killed holder holds nothing.
import { linkSync, renameSync, rmSync } from 'node:fs';
import { type Clock, codeOf, sleep, UserError } from '../src/lib/index.ts';
import { requireTopology, writeTopology } from './data-directory.ts';
import type { Layout } from './layout.ts';
import { TOPOLOGY_LOCK_POLL_MS, TOPOLOGY_LOCK_TIMEOUT_MS } from './limits.ts';
import { identify, recordedProcess, recordProcess } from './process-identity.ts';
import type { Topology } from './topology.ts';

/** Runs `work` while nobody else changes the topology. Throws UserError when somebody does for too long. */
export async function withTopologyLock<T>(layout: Layout, clock: Clock, work: () => Promise<T>): Promise<T> {
  const file = layout.processFile('cluster-change');
  const deadline = clock.monotonic() + TOPOLOGY_LOCK_TIMEOUT_MS;
  while (!tryLock(file)) {
    const holder = recordedProcess(file);
    if (holder === undefined) breakLock(file);
    else if (clock.monotonic() > deadline) {
      throw new UserError(
        `process ${holder.pid} has been changing the cluster in ${layout.root} for too long`,
        'Wait until it has ended, or end it, and try again.',
      );
    } else await sleep(clock, TOPOLOGY_LOCK_POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Reads the topology, changes it and records the result. `change` may choose ports, but not wait for anybody. */
export function changeTopology(
  layout: Layout,
  clock: Clock,
  change: (topology: Topology) => Topology | Promise<Topology>,
): Promise<Topology> {
  return withTopologyLock(layout, clock, async () => {
    const before = requireTopology(layout);
    const after = await change(before);
    if (after !== before) writeTopology(layout, after);
    return after;
  });
}

/** A link appears with its content or not at all. */
function tryLock(file: string): boolean {
  const draft = `${file}.${process.pid}`;
  const self = identify(process.pid);
  if (self === undefined) return true;
  recordProcess(draft, self);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes the lock of a process that has ended, unless somebody else has taken its place meanwhile. */
function breakLock(file: string): void {
  const stale = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, stale);
    if (recordedProcess(stale) !== undefined) linkSync(stale, file);
  } catch (error) {
    // Somebody else was faster.
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  }
  rmSync(stale, { force: true });
}
