// The store's figures for /metrics: read when asked for, so that they cost nothing between.
import { Counter, Gauge, type Registry } from '../lib/index.ts';
import type { DiskCare } from './disk/disk-care.ts';
import type { StateComparison } from './integrity/comparison.ts';
import type { PendingCommits } from './pending-commits.ts';
import type { ReadBarriers } from './read-barriers.ts';
import type { StateRebuild } from './rebuild.ts';
import type { StateDatabase } from './state/state-database.ts';
import type { StateMachine } from './state-machine.ts';
import type { WatchHub } from './watch-hub.ts';

/** The parts of a store as they are now: a snapshot exchanges some of them. */
export interface MeasuredStore {
  readonly machine: StateMachine;
  readonly hub: WatchHub;
  readonly pending: PendingCommits;
  readonly barriers: ReadBarriers;
  readonly database: StateDatabase;
  readonly comparison: StateComparison;
  readonly disk: DiskCare;
  readonly rebuild: StateRebuild;
  featureLevel(): number;
}

export function registerStoreMetrics(registry: Registry, store: () => MeasuredStore): void {
  const gauge = (name: string, help: string, read: (store: MeasuredStore) => number): void => {
    new Gauge({
      name: `quorate_store_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read(store()));
      },
    });
  };
  const count = (name: string, help: string, read: (store: MeasuredStore) => number): void => {
    new Counter({
      name: `quorate_store_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read(store()));
      },
    });
  };
  gauge('revision', 'The newest revision applied here.', ({ machine }) => machine.revision);
  gauge('objects', 'Objects stored, internal records included.', ({ machine }) => machine.size);
  gauge(
    'superseded_bytes',
    'Bytes of older versions that are kept for reads and watches of the past.',
    ({ machine }) => machine.history.supersededBytes,
  );
  gauge('watches', 'Watches that are open.', ({ hub }) => hub.size);
  gauge('pending_commits', 'Commits accepted here whose outcome is not known yet.', ({ pending }) => pending.size);
  gauge(
    'unwritten_bytes',
    'Applied changes that the state database has not taken yet.',
    ({ database }) => database.unwrittenBytes,
  );
  gauge('feature_level', 'The newest commands that every member knows.', ({ featureLevel }) => featureLevel());
  gauge(
    'agreed_index',
    'The newest entry at which a majority was found to hold the state that this server holds.',
    ({ comparison }) => comparison.checkpoints.findLast((checkpoint) => checkpoint.agreed)?.index ?? 0,
  );
  gauge(
    'disk_free_bytes',
    'Bytes that can still be written on the disk of the data directory; -1 while unknown.',
    ({ disk }) => disk.status?.freeBytes ?? -1,
  );
  gauge('disk_low', '1 while only deletions, leases and internal entries are accepted here.', ({ disk }) =>
    disk.isLow ? 1 : 0,
  );
  gauge('repairing', '1 while the log or the state of this server is repaired after damage.', ({ rebuild }) =>
    rebuild.progress === undefined ? 0 : 1,
  );
  gauge('divided', '1 while the servers hold different states and none has a majority.', ({ comparison }) =>
    comparison.divided === undefined ? 0 : 1,
  );
  count('commits', 'Commits accepted here.', ({ pending }) => pending.accepted);
  count('commit_batches', 'Batches in which commits were sent to the leader.', ({ pending }) => pending.batchesSent);
  count('reads', 'Current reads accepted here.', ({ barriers }) => barriers.accepted);
  count('read_questions', 'Questions to the leader that current reads shared.', ({ barriers }) => barriers.questions);
}
