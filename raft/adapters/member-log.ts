// A member's log in its folder on the real disk.
import { type LogIndex, type NodeConfig, openLog, type RaftLog } from '../node/index.ts';
import { nodeDisk } from './node-disk.ts';

/** Opens or makes the log. A state machine that has applied something had a log, so then none is made. */
export function openMemberLog(directory: string, config: NodeConfig, appliedIndex: LogIndex): RaftLog {
  return openLog(
    nodeDisk(directory),
    { clusterId: config.clusterId, nodeId: config.id },
    { mustExist: appliedIndex > 0 },
  );
}
