// Makes the files of a member of a new cluster that begins with a state: its state database, and a log that begins
// after the position of that state. Every member of the cluster is seeded with the same state, so all are equal.
import type { LogPosition, Membership } from '../../../raft/core/index.ts';
import { type Disk, JobRunner, type LogIdentity, openLog } from '../../../raft/node/index.ts';
import { STATE_FLUSH_BYTES } from '../limits.ts';
import type { KeyValue, KeyValueOperation } from '../state/key-value.ts';
import { encodeMeta, META_KEY, type Meta, versionKey } from '../state/layout.ts';
import { sealRecord } from '../version.ts';
import type { RebasedState } from './rebase.ts';

export interface SeedParts {
  /** An empty folder for the log, and an empty database. */
  readonly disk: Disk;
  readonly keyValue: KeyValue;
  readonly identity: LogIdentity;
  /** Names the log that is made; never used before. */
  readonly incarnation: string;
  readonly state: RebasedState;
  /** Of the new cluster. */
  readonly membership: Membership;
}

/** Everything is durable when it resolves. */
export async function seedMember({
  disk,
  keyValue,
  identity,
  incarnation,
  state,
  membership,
}: SeedParts): Promise<void> {
  await seedState(keyValue, state, membership);
  const { appliedIndex, appliedTerm } = state.meta;
  seedLog(disk, identity, incarnation, { index: appliedIndex, term: appliedTerm } as LogPosition);
}

/** The summary comes last: without it, nothing is there. */
async function seedState(keyValue: KeyValue, state: RebasedState, membership: Membership): Promise<void> {
  let operations: KeyValueOperation[] = [];
  let bytes = 0;
  for (const { revision, record } of state.versions) {
    operations.push({ kind: 'put', key: versionKey(revision), value: sealRecord(record) });
    bytes += record.length;
    if (bytes < STATE_FLUSH_BYTES) continue;
    await keyValue.batch(operations);
    operations = [];
    bytes = 0;
  }
  operations.push({ kind: 'put', key: META_KEY, value: encodeMeta(metaOf(state.meta, membership)) });
  await keyValue.batch(operations);
}

/** The summary with the members of the new cluster. */
function metaOf(meta: Meta, membership: Membership): Meta {
  return { ...meta, membership };
}

/** A log that holds nothing and goes on after `position`, in its term. */
function seedLog(disk: Disk, identity: LogIdentity, incarnation: string, position: LogPosition): void {
  const log = openLog(disk, identity, { incarnation });
  const job = log.prepare({ hardState: { term: position.term, votedFor: undefined }, entries: [], reset: position });
  const runner = new JobRunner(disk);
  runner.run(job);
  runner.close();
  log.completed(job.id);
  log.close();
}
