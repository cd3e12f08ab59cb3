// Looks at what each server of a stopped cluster holds, with the production readers of log and state. The log is not
// touched; opening the state database does no more than any start does.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout, Topology } from '../../../cluster/index.ts';
import { readOnlyDisk } from '../../../raft/adapters/index.ts';
import { type Membership, type NodeId, openLog, type RaftLog } from '../../../raft/node/index.ts';
import { type Clock, messageOf } from '../../lib/index.ts';
import { memoryKeyValue, type OfflineState, openLevelKeyValue, readOffline } from '../../store/index.ts';

/** Where a log or state ends: the pair that Raft compares. */
export interface Position {
  readonly index: number;
  readonly term: number;
}

export interface FoundServer {
  readonly id: string;
  readonly health: 'intact' | 'damaged' | 'missing';
  /** What is wrong, when something is. */
  readonly problem: string | undefined;
  /** What can be used of it, if anything. */
  readonly usable: UsableState | undefined;
}

export interface UsableState {
  /** The last entry that is in it. */
  readonly last: Position;
  /** What its state had applied: known to be committed. */
  readonly appliedIndex: number;
  readonly revision: number;
  readonly objects: number;
  /** The newest membership that it knows; undefined: that of the founders. */
  readonly membership: Membership | undefined;
}

/** One server after another: no more than one state is in memory. */
export async function inspectServers(
  layout: Layout,
  topology: Topology,
  clock: Clock,
): Promise<readonly FoundServer[]> {
  const found: FoundServer[] = [];
  for (const { id } of topology.servers) found.push(await inspectServer(layout, topology, id, clock));
  return found;
}

async function inspectServer(layout: Layout, topology: Topology, id: string, clock: Clock): Promise<FoundServer> {
  const directory = layout.member(id);
  if (!existsSync(join(directory, 'log')) && !existsSync(join(directory, 'state')))
    return { id, health: 'missing', problem: 'its folder holds no data', usable: undefined };
  const { state, problem } = await readServer(layout, topology, id, clock);
  if (state === undefined) return { id, health: 'damaged', problem, usable: undefined };
  const { machine, appliedIndex, last, membership } = state;
  const usable = { last, appliedIndex, revision: machine.revision, objects: machine.size, membership };
  return { id, health: problem === undefined ? 'intact' : 'damaged', problem, usable };
}

export interface ReadServer {
  /** undefined: nothing can be used. */
  readonly state: OfflineState | undefined;
  readonly problem: string | undefined;
}

/**
 * Everything that a server holds: its state with its log after it; where one of them is damaged, what the other gives.
 * Never throws for what it finds.
 */
export async function readServer(layout: Layout, topology: Topology, id: string, clock: Clock): Promise<ReadServer> {
  const directory = layout.member(id);
  const log = await attempt(() => openServerLog(directory, topology.clusterId, id));
  try {
    const whole = await attempt(() => readState(directory, log.value, clock));
    if (log.problem === undefined && whole.problem === undefined) return { state: whole.value, problem: undefined };
    if (log.problem !== undefined) {
      const problem = [log.problem, whole.problem].filter((text) => text !== undefined).join('; ');
      return { state: whole.value, problem };
    }
    // The state alone, should it be the log that does not fit it; or the log alone, should it begin at the beginning.
    const state = await attempt(() => readState(directory, undefined, clock));
    if (state.value !== undefined) return { state: state.value, problem: whole.problem };
    if (log.value?.firstIndex() !== 1) return { state: undefined, problem: whole.problem };
    const replayed = await attempt(() => readOffline(memoryKeyValue(), log.value, clock));
    return { state: replayed.value, problem: whole.problem };
  } finally {
    log.value?.close();
  }
}

async function attempt<T>(work: () => T | Promise<T>): Promise<{ value: T | undefined; problem: string | undefined }> {
  try {
    return { value: await work(), problem: undefined };
  } catch (error) {
    return { value: undefined, problem: messageOf(error) };
  }
}

function openServerLog(directory: string, clusterId: string, id: string): RaftLog {
  return openLog(readOnlyDisk(join(directory, 'log')), { clusterId, nodeId: id as NodeId }, { mustExist: true });
}

async function readState(directory: string, log: RaftLog | undefined, clock: Clock): Promise<OfflineState> {
  const path = join(directory, 'state');
  // Opening one would make it.
  if (!existsSync(path)) throw new Error('its state database is gone');
  return readOffline(await openLevelKeyValue(path), log, clock);
}

/** The one that holds most, in Raft's order (§5.4.1); of equals the intact, then the first. undefined: none holds anything. */
export function mostAdvanced(found: readonly FoundServer[]): (FoundServer & { usable: UsableState }) | undefined {
  const usable = found.filter((server): server is FoundServer & { usable: UsableState } => server.usable !== undefined);
  return [...usable].sort(byAdvance)[0];
}

function byAdvance(a: FoundServer & { usable: UsableState }, b: FoundServer & { usable: UsableState }): number {
  const order = b.usable.last.term - a.usable.last.term || b.usable.last.index - a.usable.last.index;
  if (order !== 0 || a.health === b.health) return order;
  return a.health === 'intact' ? -1 : 1;
}
