// A member's files on the real disk: its data directory, locked while the member runs, and the log in it.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LOG_LIMITS, type LogIndex, type LogLimits, type NodeConfig, openLog, type RaftLog } from '../node/index.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { nodeDisk } from './node-disk.ts';

export class MemberFiles {
  /** The folder of the log. */
  readonly logDirectory: string;
  private readonly directory: string;
  private readonly config: NodeConfig;
  private readonly limits: LogLimits;
  private lock: FolderLock | undefined;

  /** `limits` of the log that differ from those of production. */
  constructor(directory: string, config: NodeConfig, limits: Partial<LogLimits> = {}) {
    this.limits = { ...LOG_LIMITS, ...limits };
    this.directory = directory;
    this.logDirectory = join(directory, 'log');
    this.config = config;
  }

  /**
   * Locks the directory, and opens or makes the log. A state machine that has applied something had a log, so then none
   * is made. Throws UserError and DamageError.
   */
  async openLog(appliedIndex: LogIndex): Promise<RaftLog> {
    const { clusterId, id: nodeId } = this.config;
    const disk = nodeDisk(this.logDirectory);
    this.lock = await lockFolder(this.directory);
    return openLog(
      disk,
      { clusterId, nodeId },
      { limits: this.limits, mustExist: appliedIndex > 0, incarnation: randomUUID() },
    );
  }

  /** Unlocks the directory: when nothing is written any more. */
  async release(): Promise<void> {
    await this.lock?.release();
    this.lock = undefined;
  }
}
