// Opens a log: makes a new one, or verifies every byte of an old one. A torn tail, which was never acknowledged, is cut;
// anything else that is not as it was acknowledged is damage: repaired (repair.ts), or a DamageError that changes nothing in the folder.

import { assert, UserError } from '../../../src/lib/index.ts';
import type { HardState } from '../../core/index.ts';
import {
  KEPT_LIMIT_BYTES,
  LAGGARD_LIMIT_BYTES,
  RECENT_LIMIT_BYTES,
  SEGMENT_LIMIT_BYTES,
  SEGMENT_STEP_BYTES,
} from '../limits.ts';
import type { Disk } from '../ports.ts';
import { createLog, FIRST_MARKER_SEQUENCE, LOG_START, NO_HARD_STATE } from './create.ts';
import { DamageError } from './damage.ts';
import { EntryIndex } from './entries.ts';
import {
  checkIdentity,
  firstIdentity,
  IDENTITY_DRAFT_FILE,
  IDENTITY_FILE,
  type LogIdentity,
  verifyIdentity,
  type WrittenIdentity,
} from './identity.ts';
import { JobRunner } from './job.ts';
import { type LogLimits, type LogTail, markerOf, markerSteps, RaftLog } from './log.ts';
import { decodeMarker, isWholeMarker, MARKER_FILE, type Marker } from './marker.ts';
import { CHAIN_START, decodeRecord, type FramedRecord } from './record.ts';
import { beginRepair, continueRepair, type RepairMeans } from './repair.ts';
import { readWhole, type SegmentEnd, scanSegment, segmentFile, segmentNumber } from './segment.ts';

/** The sizes in production. */
export const LOG_LIMITS: LogLimits = {
  segmentLimitBytes: SEGMENT_LIMIT_BYTES,
  segmentStepBytes: SEGMENT_STEP_BYTES,
  recentLimitBytes: RECENT_LIMIT_BYTES,
  keptBytes: KEPT_LIMIT_BYTES,
  laggardBytes: LAGGARD_LIMIT_BYTES,
};

/** For whoever makes one log only. */
const FIRST_INCARNATION = 'first';

export interface OpenOptions {
  readonly limits?: LogLimits;
  /** It is known that this member had a log, so none is made. */
  readonly mustExist?: boolean;
  /** Names a log that is made now; in production nothing that was ever used before. */
  readonly incarnation?: string;
  /** Given: a damaged log whose promises are known is set aside, and a fresh one begun in its place. */
  readonly repair?: RepairMeans;
}

/**
 * Opens the log of `identity` in a folder, or makes it when the folder is empty. Throws DamageError, and UserError for
 * a log that is foreign, newer, or gone.
 */
export function openLog(disk: Disk, identity: LogIdentity, options: OpenOptions = {}): RaftLog {
  checkIdentity(identity);
  const limits = options.limits ?? LOG_LIMITS;
  const names = disk.list();
  if (names.includes(IDENTITY_FILE)) {
    return reopen(disk, verifyIdentity(disk, identity), limits, options.repair);
  }
  if (options.mustExist === true) {
    throw new UserError(
      `the Raft log of member ${identity.nodeId} is gone: its folder has no ${IDENTITY_FILE} file`,
      'Restore the data directory of this member, or replace the member by a new one with a new id.',
    );
  }
  if (holdsAcknowledged(disk, names)) throw new DamageError(IDENTITY_FILE, 'the file is missing beside a log in use');
  for (const name of names) disk.remove(name);
  const written = firstIdentity(identity, options.incarnation ?? FIRST_INCARNATION);
  return createLog(disk, written, limits, NO_HARD_STATE);
}

/**
 * Recovers a log that is there. Damage is repaired if the marker is whole: then it says, to the last one acknowledged, what the
 * log had promised. Otherwise it is not known, and the member may not go on under its id (house.md, decision 10).
 */
function reopen(disk: Disk, written: WrittenIdentity, limits: LogLimits, means: RepairMeans | undefined): RaftLog {
  const { repair } = written;
  if (repair?.stage === 'begun') {
    if (means === undefined) throw new DamageError(repair.file, repair.found);
    return continueRepair(disk, written, repair, limits, means);
  }
  try {
    const log = recover(disk, written, limits);
    // What a crash left behind.
    if (disk.list().includes(IDENTITY_DRAFT_FILE)) disk.remove(IDENTITY_DRAFT_FILE);
    return log;
  } catch (error) {
    if (!(error instanceof DamageError) || means === undefined) throw error;
    const promised = wholeMarker(disk);
    if (promised === undefined) throw error;
    return beginRepair(disk, written, { damage: error, hardState: promised.hardState }, limits, means);
  }
}

function wholeMarker(disk: Disk): Marker | undefined {
  if (!disk.list().includes(MARKER_FILE)) return undefined;
  const bytes = readWhole(disk, MARKER_FILE);
  return isWholeMarker(bytes) ? decodeMarker(bytes) : undefined;
}

/** Whether a folder without identity holds more than the remains of a creation that was interrupted. */
function holdsAcknowledged(disk: Disk, names: readonly string[]): boolean {
  return names.some((name) => {
    if (name === IDENTITY_DRAFT_FILE) return false;
    if (name === MARKER_FILE) {
      const marker = decodeMarker(readWhole(disk, name));
      return marker !== undefined && (marker.sequence > FIRST_MARKER_SEQUENCE || promises(marker.hardState));
    }
    const number = segmentNumber(name);
    if (number === undefined)
      throw new UserError(`the folder of the Raft log holds a foreign file: ${name}`, 'Use an empty data directory.');
    let records = 0;
    let isInUse = number > 1;
    scanSegment(readWhole(disk, name), { sequence: 0, checksum: CHAIN_START }, ({ record }) => {
      records += 1;
      isInUse ||= records > 1 || (record.kind === 'segment' && promises(record.hardState));
      return undefined;
    });
    return isInUse;
  });
}

/** A log that took the place of a lost one begins with what that one had promised. */
function promises({ term }: HardState): boolean {
  return term > NO_HARD_STATE.term;
}

function recover(disk: Disk, identity: WrittenIdentity, limits: LogLimits): RaftLog {
  const marker = readMarker(disk);
  const isWhole = wholeMarker(disk) !== undefined;
  const segments = presentSegments(disk, marker);
  const recovery = new Recovery(marker, limits);
  segments.forEach((number, position) => {
    const isLast = position === segments.length - 1;
    recovery.segment(number, readWhole(disk, segmentFile(number)), isLast);
  });
  // A slot is written after its batch, and the next batch after the slot. A crash that tears a slot therefore leaves a log
  // that ends with a whole record, and holds what the slot was to promise; so does one whose slot rotted, if it is whole to
  // its end. But a torn tail beside a torn slot is no crash: how much of the tail was promised is not known.
  if (!isWhole && (recovery.torn || recovery.unborn !== undefined))
    throw new DamageError(
      MARKER_FILE,
      'one of its slots is not intact, and the log breaks off behind what the other promises',
    );
  const tail = recovery.finish();
  cutTail(disk, tail, recovery.torn, recovery.unborn);
  const runner = new JobRunner(disk);
  runner.run({ id: 0, steps: markerSteps(markerOf(tail, recovery.index.last)) });
  runner.close();
  removeDropped(disk, marker.firstSegment);
  return new RaftLog(
    disk,
    identity,
    limits,
    recovery.index,
    tail,
    recovery.closed.slice(0, tail.segment - marker.firstSegment),
  );
}

function readMarker(disk: Disk): Marker {
  if (!disk.list().includes(MARKER_FILE)) throw new DamageError(MARKER_FILE, 'the file is missing');
  const marker = decodeMarker(readWhole(disk, MARKER_FILE));
  if (marker === undefined) throw new DamageError(MARKER_FILE, 'neither of its slots is intact');
  return marker;
}

/** The numbers of the segments, which must begin where the marker says and have no hole. */
function presentSegments(disk: Disk, marker: Marker): readonly number[] {
  const numbers = disk
    .list()
    .map(segmentNumber)
    .filter((number) => number !== undefined)
    .filter((number) => number >= marker.firstSegment)
    .sort((a, b) => a - b);
  numbers.forEach((number, position) => {
    const expected = marker.firstSegment + position;
    if (number !== expected) throw new DamageError(segmentFile(expected), 'the file is missing');
  });
  if (numbers.length === 0) throw new DamageError(segmentFile(marker.firstSegment), 'the file is missing');
  return numbers;
}

/** Segments that the marker no longer promises: a crash came before their removal. */
function removeDropped(disk: Disk, firstSegment: number): void {
  const dropped = disk.list().filter((name) => (segmentNumber(name) ?? firstSegment) < firstSegment);
  for (const name of dropped) disk.remove(name);
  if (dropped.length > 0) disk.syncDirectory();
}

/** Zeroes what follows the last record and removes a segment that never got its first one. */
function cutTail(disk: Disk, tail: LogTail, torn: boolean, unborn: string | undefined): void {
  if (torn) {
    const file = disk.open(segmentFile(tail.segment), 'existing');
    file.resize(tail.offset);
    file.resize(tail.allocatedBytes);
    file.sync();
    file.close();
  }
  if (unborn === undefined) return;
  disk.remove(unborn);
  disk.syncDirectory();
}

/** Replays the records of all segments into an index, holding each against the marker's promise. */
class Recovery {
  readonly index: EntryIndex;
  /** The last segment has bytes behind its last record. */
  torn = false;
  /** A segment's file whose first record was never completed. */
  unborn: string | undefined;
  /** Bytes of each segment's file, in order. */
  readonly closed: number[] = [];
  private readonly marker: Marker;
  private tail: LogTail | undefined;
  private sequence = 0;
  private checksum = CHAIN_START;
  private hardState: HardState = NO_HARD_STATE;

  constructor(marker: Marker, limits: LogLimits) {
    this.marker = marker;
    this.index = new EntryIndex(LOG_START, limits.recentLimitBytes);
  }

  segment(number: number, bytes: Uint8Array, isLast: boolean): void {
    const name = segmentFile(number);
    this.closed.push(bytes.byteLength);
    if (number > 1 && number === this.marker.firstSegment) this.beginAt(bytes);
    let seenHeader = false;
    const end = scanSegment(bytes, { sequence: this.sequence, checksum: this.checksum }, (framed) => {
      if (framed.record.kind === 'segment' ? seenHeader || framed.record.number !== number : !seenHeader)
        return 'a record that does not belong there';
      seenHeader = true;
      return this.replay(number, framed);
    });
    if (!isLast && end.found !== undefined) throw this.damage(name, end, end.found);
    if (isLast && this.sequence < this.marker.recordSequence) throw this.damage(name, end, end.found ?? 'the log ends');
    if (!seenHeader) {
      if (!isLast || this.tail === undefined) throw this.damage(name, end, 'no first record');
      this.unborn = name;
      return;
    }
    this.torn = end.found !== undefined;
    this.tail = {
      segment: number,
      offset: end.offset,
      allocatedBytes: end.sizeBytes,
      sequence: this.sequence,
      checksum: this.checksum,
      hardState: this.hardState,
      markerSequence: this.marker.sequence,
      firstSegment: this.marker.firstSegment,
    };
  }

  /** Older segments are gone: the first record of this one says what they led to. The marker vouches for what follows. */
  private beginAt(bytes: Uint8Array): void {
    const result = decodeRecord(bytes, 0);
    if (result.kind !== 'record' || result.framed.record.kind !== 'segment') return;
    this.sequence = result.framed.sequence - 1;
    this.checksum = result.framed.previousChecksum;
    this.index.reset(result.framed.record.previous);
  }

  /** Where the log ends; the newer of the two hard states, for the marker and the segment are not written at once. */
  finish(): LogTail {
    assert(this.tail !== undefined, 'a log has a segment');
    const hardState = newer(this.tail.hardState, this.marker.hardState);
    return { ...this.tail, hardState, markerSequence: this.marker.sequence + 1 };
  }

  /** Takes over one record, or says why it cannot be true. */
  private replay(segment: number, framed: FramedRecord): string | undefined {
    const { record } = framed;
    if (framed.sequence === this.marker.recordSequence && framed.checksum !== this.marker.recordChecksum)
      return 'a record other than the one the marker knows';
    switch (record.kind) {
      case 'entry': {
        if (record.entry.index !== this.index.lastIndex + 1) return `entry ${record.entry.index} out of order`;
        if (record.entry.term < this.index.last.term) return `entry ${record.entry.index} of a term that has passed`;
        // Copied: a recent entry must not keep the whole segment in memory.
        const entry = { ...record.entry, data: new Uint8Array(record.entry.data) };
        this.index.append(entry, { segment, offset: framed.offset, lengthBytes: framed.lengthBytes });
        break;
      }
      case 'hardState':
        this.hardState = record.hardState;
        break;
      case 'truncation':
        this.index.truncate(record.from, record.previousTerm);
        break;
      case 'reset':
        this.index.reset(record.position);
        break;
      case 'segment':
        if (record.previous.index !== this.index.lastIndex || record.previous.term !== this.index.last.term)
          return 'the beginning of another log';
        this.hardState = record.hardState;
    }
    this.sequence = framed.sequence;
    this.checksum = framed.checksum;
    return undefined;
  }

  private damage(file: string, end: SegmentEnd, found: string): DamageError {
    const { recordSequence, last } = this.marker;
    return new DamageError(
      file,
      `at byte ${end.offset}: ${found}, after record ${this.sequence} (entry ${this.index.lastIndex}); ` +
        `the marker promises ${recordSequence} records (up to entry ${last.index})`,
    );
  }
}

function newer(a: HardState, b: HardState): HardState {
  if (a.term !== b.term) return a.term > b.term ? a : b;
  return a.votedFor === undefined ? b : a;
}
