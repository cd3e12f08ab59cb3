// Drives a log through random batches beside a naive model of what it must hold, for the property tests of the log.

import type { Entry, HardState, LogIndex, NodeId, Term } from '../../../raft/core/index.ts';
import type { Disk } from '../../../raft/node/index.ts';
import { JobRunner, type LogIdentity, type LogLimits, openLog, type RaftLog } from '../../../raft/node/index.ts';
import { assert, type Prng } from '../../../src/lib/index.ts';

export const IDENTITY: LogIdentity = { clusterId: 'cluster', nodeId: 'n1' as NodeId };
/** Small, so that a short test rolls many segments and reads many entries back from them. */
export const SMALL: LogLimits = {
  segmentLimitBytes: 2048,
  segmentStepBytes: 512,
  recentLimitBytes: 700,
  keptBytes: 0,
  laggardBytes: 0,
};

/** What a log holds. */
export interface Held {
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
}

export interface Batch {
  readonly entries: readonly Entry[];
  readonly hardState: HardState | undefined;
  readonly endsRepair?: boolean;
}

export const NOTHING: Held = { entries: [], hardState: { term: 0 as Term, votedFor: undefined } };

/** A batch that a core could ask for: appends, sometimes over a tail of older terms, sometimes a vote. */
export function randomBatch(random: Prng, held: Held): Batch {
  const raises = random.chance(0.3);
  const term = (held.hardState.term + (raises || held.hardState.term === 0 ? 1 : 0)) as Term;
  const hardState =
    raises || held.hardState.term === 0
      ? { term, votedFor: random.pick([undefined, 'n1', 'n2']) as NodeId }
      : undefined;
  const last = held.entries.length;
  const from = raises && last > 0 && random.chance(0.5) ? last - random.int(Math.min(last, 6)) : last + 1;
  const count = hardState !== undefined && random.chance(0.4) ? 0 : 1 + random.int(5);
  const entries = Array.from({ length: count }, (_, position): Entry => {
    const index = (from + position) as LogIndex;
    const data = Uint8Array.from({ length: random.chance(0.03) ? 3000 : random.int(120) }, () => random.int(256));
    return { index, term, kind: random.pick(['command', 'noop', 'membership'] as const), data };
  });
  return { entries, hardState };
}

export function apply(held: Held, batch: Batch): Held {
  const first = batch.entries[0]?.index;
  const kept = first === undefined ? held.entries : held.entries.slice(0, first - 1);
  return { entries: [...kept, ...batch.entries], hardState: batch.hardState ?? held.hardState };
}

/** Everything that may be on the disk when a batch was interrupted: any number of its records, in their order. */
export function interrupted(held: Held, batch: Batch): readonly Held[] {
  const hardState = batch.hardState ?? held.hardState;
  const states: Held[] = [held, { entries: held.entries, hardState }];
  const first = batch.entries[0]?.index ?? 1;
  for (let count = 0; count <= batch.entries.length && batch.entries.length > 0; count += 1)
    states.push({ entries: [...held.entries.slice(0, first - 1), ...batch.entries.slice(0, count)], hardState });
  return states;
}

/** Does a batch in full. */
export function write(disk: Disk, log: RaftLog, batch: Batch): void {
  const job = log.prepare(batch);
  const runner = new JobRunner(disk);
  runner.run(job);
  runner.close();
  log.completed(job.id);
}

export function read(log: RaftLog): Held {
  const from = log.firstIndex();
  const end = (log.lastIndex() + 1) as LogIndex;
  const entries = end > from ? log.entries(from, end, Number.MAX_SAFE_INTEGER) : [];
  const memberships = entries.filter(({ kind }) => kind === 'membership').map(({ index }) => index);
  assert(
    memberships.join() ===
      log
        .memberships()
        .map(({ index }) => index)
        .join(),
    'the log knows its membership entries',
  );
  return { entries, hardState: log.hardState() };
}

export function open(disk: Disk, limits = SMALL): RaftLog {
  return openLog(disk, IDENTITY, { limits });
}

/** One text for what is held: equal texts, equal logs. */
export function textOf(held: Held): string {
  const entries = held.entries.map(
    ({ index, term, kind, data }) => `${index}:${term}:${kind}:${Buffer.from(data).toString('base64')}`,
  );
  return [`${held.hardState.term}/${held.hardState.votedFor ?? '-'}`, ...entries].join('\n');
}
