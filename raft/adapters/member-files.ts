// A member's files on the real disk: its data directory, locked while the member runs, and the log in it.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, Logger } from '../../src/lib/index.ts';
import { LOG_LIMITS, type LogLimits, type NodeConfig, openLog, type RaftLog } from '../node/index.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { nodeDisk } from './node-disk.ts';
import { FolderQuarantine, quarantineLabel } from './quarantine.ts';

export class MemberFiles {
  /** The folder of the log. */
  readonly logDirectory: string;
  private readonly directory: string;
  private readonly config: NodeConfig;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly limits: LogLimits;
  private lock: FolderLock | undefined;

  /** `limits` of the log that differ from those of production. */
  constructor(
    directory: string,
    config: NodeConfig,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
    limits: Partial<LogLimits> = {},
  ) {
    this.clock = clock;
    this.logger = logger;
    this.limits = { ...LOG_LIMITS, ...limits };
    this.directory = directory;
    this.logDirectory = join(directory, 'log');
    this.config = config;
  }

  /**
   * Locks the directory, and opens or makes the log. A state machine that has applied something had a log (`mustExist`),
   * so then none is made. A damaged one is set aside, if it is known what it had promised. Throws UserError and DamageError.
   */
  async openLog(mustExist: boolean): Promise<RaftLog> {
    const { clusterId, id: nodeId } = this.config;
    const disk = nodeDisk(this.logDirectory);
    this.lock = await lockFolder(this.directory);
    const label = quarantineLabel(this.clock.now());
    const incarnation = randomUUID();
    const quarantine = new FolderQuarantine(this.directory, 'log');
    const repair = { quarantine, label, incarnation };
    const { limits } = this;
    const log = openLog(disk, { clusterId, nodeId }, { limits, mustExist, incarnation, repair });
    const { damage } = log;
    if (damage !== undefined) this.logger.error({ damage }, 'the Raft log was damaged: it is repaired from the peers');
    return log;
  }

  /** Unlocks the directory: when nothing is written any more. */
  async release(): Promise<void> {
    await this.lock?.release();
    this.lock = undefined;
  }
}
