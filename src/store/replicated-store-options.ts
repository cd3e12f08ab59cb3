// What a replicated store is made of: its log, its database, and what it needs of its process.
import type { Consensus } from '../../raft/node/index.ts';
import type { Clock, Fatal, Logger, Registry } from '../lib/index.ts';
import type { DiskSpace } from './disk/disk-space.ts';
import type { CheckpointInterval } from './integrity/comparison.ts';
import type { KeyValue } from './state/key-value.ts';

export interface ReplicatedStoreOptions {
  readonly consensus: Consensus;
  /** The state database; the store closes it. */
  readonly keyValue: KeyValue;
  /** What was damaged, if `keyValue` took the place of a database that was set aside because it could not be opened. */
  readonly stateDamage?: string | undefined;
  /** Closes the state database and keeps it elsewhere, and opens an empty one. Without it, damage ends the start. */
  readonly setStateAside?: (found: string) => Promise<KeyValue>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when this server must stop: a broken disk, state of a newer version, a broken invariant. */
  readonly fatal: Fatal;
  /** Names this process incarnation; never used before or again. */
  readonly origin: string;
  readonly metrics?: Registry;
  /** Bytes of records in one chunk of a snapshot; SNAPSHOT_CHUNK_BYTES unless given. */
  readonly snapshotChunkBytes?: number;
  /** Where the data directory is; without it no reserve is kept. */
  readonly diskSpace?: DiskSpace;
  /** Free bytes below which hardly anything is accepted; DISK_RESERVE_BYTES unless given. */
  readonly diskReserveBytes?: number;
  /** Superseded versions are kept until they take this much; HISTORY_LIMIT_BYTES unless given. */
  readonly historyLimitBytes?: number | undefined;
  /** How often states are compared; CHECKPOINT_INTERVAL unless given. */
  readonly checkpoints?: CheckpointInterval;
  /** FEATURE_LEVEL unless given: tests and the simulator play software that is older. */
  readonly featureLevel?: number;
  /** Runs something at the end of the turn (setImmediate by default), so that what one turn brings is sent together. */
  readonly defer?: (run: () => void) => void;
}
