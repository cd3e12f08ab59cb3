// Makes the files of a log that holds nothing yet: for a new member, and in place of a log that was lost to damage.

import type { HardState, LogIndex, LogPosition, Term } from '../../core/index.ts';
import type { Disk } from '../ports.ts';
import { EntryIndex } from './entries.ts';
import { identitySteps, type WrittenIdentity } from './identity.ts';
import { JobRunner } from './job.ts';
import { type LogLimits, type LogTail, markerOf, markerSteps, RaftLog } from './log.ts';
import { MARKER_BYTES, MARKER_FILE } from './marker.ts';
import { CHAIN_START, encodeRecords } from './record.ts';
import { segmentFile } from './segment.ts';

export const NO_HARD_STATE: HardState = { term: 0 as Term, votedFor: undefined };
export const LOG_START: LogPosition = { index: 0 as LogIndex, term: 0 as Term };
/** The sequence of the marker that a new log begins with; a greater one says that something was acknowledged. */
export const FIRST_MARKER_SEQUENCE = 1;

/** The folder holds no file of a log but, perhaps, an identity. The new one comes last: with it, all else is known to be there. */
export function createLog(disk: Disk, identity: WrittenIdentity, limits: LogLimits, hardState: HardState): RaftLog {
  const first = encodeRecords([{ kind: 'segment', number: 1, hardState, previous: LOG_START }], 0, CHAIN_START);
  const tail: LogTail = {
    segment: 1,
    offset: first.bytes.byteLength,
    allocatedBytes: limits.segmentStepBytes,
    sequence: first.lastSequence,
    checksum: first.lastChecksum,
    hardState,
    markerSequence: FIRST_MARKER_SEQUENCE,
    firstSegment: 1,
  };
  const file = segmentFile(1);
  const runner = new JobRunner(disk);
  runner.run({
    id: 0,
    steps: [
      { kind: 'create', file },
      { kind: 'resize', file, bytes: tail.allocatedBytes },
      { kind: 'write', file, position: 0, bytes: first.bytes },
      { kind: 'sync', file },
      { kind: 'create', file: MARKER_FILE },
      { kind: 'resize', file: MARKER_FILE, bytes: MARKER_BYTES },
      // Both slots, so that a marker with one is known to have lost the other.
      ...markerSteps(markerOf({ ...tail, markerSequence: FIRST_MARKER_SEQUENCE - 1 }, LOG_START)),
      ...markerSteps(markerOf(tail, LOG_START)),
      { kind: 'syncDirectory' },
      ...identitySteps(identity),
    ],
  });
  runner.close();
  return new RaftLog(disk, identity, limits, new EntryIndex(LOG_START, limits.recentLimitBytes), tail, []);
}
