// Makes the data of every server of a new cluster from one state: all begin equal.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout, Topology } from '../../../cluster/index.ts';
import { nodeDisk } from '../../../raft/adapters/index.ts';
import type { NodeId } from '../../../raft/node/index.ts';
import {
  type OfflineState,
  openLevelKeyValue,
  RESTORED_REVISION_DISTANCE,
  type RebasedState,
  rebase,
  seedMember,
} from '../../store/index.ts';
import { syncFolder } from '../snapshot/archive-file.ts';
import type { Position } from './inspect.ts';

/** Random, so that nothing of another cluster is ever taken for this one's. */
export function newClusterId(): string {
  return randomBytes(6).toString('hex');
}

/** A state as a new cluster begins with it: its revisions raised beyond what any client has seen, its past compacted. */
export function beginning(machine: OfflineState['machine'], last: Position): RebasedState {
  // A log that begins after a position needs one.
  const position = { index: Math.max(1, last.index), term: Math.max(1, last.term) };
  return rebase(machine, RESTORED_REVISION_DISTANCE, position);
}

/** Everything is durable when it resolves. */
export async function seedServers(layout: Layout, topology: Topology, state: RebasedState): Promise<void> {
  const voters = topology.servers.map((server) => server.id as NodeId);
  for (const { id } of topology.servers) {
    const directory = layout.member(id);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const keyValue = await openLevelKeyValue(join(directory, 'state'));
    try {
      await seedMember({
        disk: nodeDisk(join(directory, 'log')),
        keyValue,
        identity: { clusterId: topology.clusterId, nodeId: id as NodeId },
        incarnation: randomUUID(),
        state,
        membership: { voters, learners: [] },
      });
    } finally {
      await keyValue.close();
    }
    await syncFolder(directory);
  }
  await syncFolder(layout.member(''));
}
