// The durable log of a node: it plans what a batch writes (prepare), and shows the batch once that is durable
// (completed). It never writes itself; openLog makes it from a folder that was verified.
//
// Invariant: what LogView shows is durable and, through the marker, promised.

import { assert, defined } from '../../../src/lib/index.ts';
import type {
  Entry,
  HardState,
  LogIndex,
  LogLife,
  LogPosition,
  LogView,
  PersistBatch,
  Term,
} from '../../core/index.ts';
import type { Disk, DiskFile } from '../ports.ts';
import { DamageError } from './damage.ts';
import type { EntryIndex } from './entries.ts';
import { identitySteps, type WrittenIdentity } from './identity.ts';
import type { DiskJob, DiskStep } from './job.ts';
import { encodeMarker, MARKER_FILE, type Marker } from './marker.ts';
import { decodeRecord, encodedBytes, encodeRecords, type LogRecord, RECORD_HEADER_BYTES } from './record.ts';
import { segmentFile } from './segment.ts';

/** Sizes of the log's files and memory; LOG_LIMITS holds the values in production. */
export interface LogLimits {
  readonly segmentLimitBytes: number;
  readonly segmentStepBytes: number;
  readonly recentLimitBytes: number;
  /** Closed segments that are kept although they could go: for members that lag a little. */
  readonly keptBytes: number;
  /** Closed segments that are kept while a follower that keeps up is being sent what is in them. */
  readonly laggardBytes: number;
}

/** Where the log stands: all that the next record depends on. */
export interface LogTail {
  readonly segment: number;
  /** Where the next record of the segment goes. */
  readonly offset: number;
  /** Bytes that the segment's file has. */
  readonly allocatedBytes: number;
  readonly sequence: number;
  readonly checksum: number;
  readonly hardState: HardState;
  readonly markerSequence: number;
  readonly firstSegment: number;
}

type Batch = Pick<PersistBatch, 'hardState' | 'entries'> & Partial<Pick<PersistBatch, 'reset' | 'endsRepair'>>;

/** A batch that a writer works on: what becomes true when it is durable. */
interface Prepared {
  readonly jobId: number;
  readonly tail: LogTail;
  readonly reset: LogPosition | undefined;
  readonly truncateFrom: LogIndex | undefined;
  readonly previousTerm: Term;
  readonly entries: readonly Entry[];
  /** Of each entry's record in the segment. */
  readonly offsets: readonly number[];
  readonly identity: WrittenIdentity;
}

export class RaftLog implements LogView {
  private identity: WrittenIdentity;
  private readonly disk: Disk;
  private readonly limits: LogLimits;
  private readonly index: EntryIndex;
  private tail: LogTail;
  private prepared: Prepared | undefined;
  private nextJobId = 1;
  /** Bytes of the closed segments, from tail.firstSegment on. */
  private readonly closed: number[];
  /** Entries up to here are in a durable state, and up to there nobody is being sent them. */
  private durable = 0 as LogIndex;
  private unneeded = 0 as LogIndex;
  /** The segment that older entries were read from last. */
  private reading: { readonly segment: number; readonly file: DiskFile } | undefined;

  constructor(
    disk: Disk,
    identity: WrittenIdentity,
    limits: LogLimits,
    index: EntryIndex,
    tail: LogTail,
    closed: number[],
  ) {
    this.disk = disk;
    this.identity = identity;
    this.limits = limits;
    this.index = index;
    this.tail = tail;
    this.closed = closed;
  }

  /** The name of this very log. A member that comes with another one has lost the log it had. */
  get incarnation(): string {
    return this.identity.incarnation;
  }

  /** The names of the logs that this one took the place of. */
  get former(): readonly string[] {
    return this.identity.former;
  }

  get life(): LogLife {
    return { generation: this.identity.generation, repairing: this.identity.repair !== undefined };
  }

  /** What was damaged, while the log does not hold yet what the lost one may have acknowledged. */
  get damage(): string | undefined {
    const { repair } = this.identity;
    return repair === undefined ? undefined : `${repair.file}: ${repair.found}`;
  }

  /** The durable hard state. */
  hardState(): HardState {
    return this.tail.hardState;
  }

  firstIndex(): LogIndex {
    return this.index.firstIndex;
  }

  lastIndex(): LogIndex {
    return this.index.lastIndex;
  }

  term(index: LogIndex): Term | undefined {
    return this.index.term(index);
  }

  /** Throws DamageError when an older entry cannot be read back as it was written. */
  entries(from: LogIndex, to: LogIndex, limitBytes: number): readonly Entry[] {
    assert(from >= this.firstIndex() && to <= this.lastIndex() + 1, `entries ${from} to ${to} are in the log`);
    const entries: Entry[] = [];
    let bytes = 0;
    for (let at = from; at < to; at = (at + 1) as LogIndex) {
      const entry = this.index.inMemory(at) ?? this.readEntry(at);
      if (entries.length > 0 && bytes + entry.data.byteLength > limitBytes) break;
      bytes += entry.data.byteLength;
      entries.push(entry);
    }
    return entries;
  }

  memberships(): readonly Entry[] {
    return this.index.membershipEntries();
  }

  /**
   * Entries up to `durable` are in a durable state, and those up to `unneeded` are being sent to nobody. Segments that hold
   * no others go with one of the next batches, the oldest first: unneeded ones as far as more than `keptBytes` are there,
   * others when more than `laggardBytes` are.
   */
  compact(durable: LogIndex, unneeded: LogIndex): void {
    if (durable > this.durable) this.durable = durable;
    this.unneeded = unneeded;
  }

  /**
   * Plans a batch: hard state, truncation if its entries begin within the log, entries; then the marker, and the end of a repair. The
   * buffers of the job belong to the writer. One job at a time: completed() comes first.
   */
  prepare(batch: Batch): DiskJob {
    assert(this.prepared === undefined, 'one batch is written at a time');
    const hardState = batch.hardState ?? this.tail.hardState;
    // First, so that a torn batch never leaves entries of a term that the hard state has not reached.
    const records: LogRecord[] = batch.hardState === undefined ? [] : [{ kind: 'hardState', hardState }];
    const { reset } = batch;
    if (reset !== undefined) records.push({ kind: 'reset', position: reset });
    const first = batch.entries[0]?.index;
    const truncateFrom = reset === undefined && first !== undefined && first <= this.lastIndex() ? first : undefined;
    const previousTerm = truncateFrom === undefined ? (0 as Term) : this.termBefore(truncateFrom);
    this.assertContinues(first, reset);
    if (truncateFrom !== undefined) records.push({ kind: 'truncation', from: truncateFrom, previousTerm });
    const firstEntryAt = records.length;
    for (const entry of batch.entries) records.push({ kind: 'entry', entry });

    const steps: DiskStep[] = [];
    const needed = records.reduce((sum, record) => sum + encodedBytes(record), 0);
    const rolls = this.tail.offset + needed > this.limits.segmentLimitBytes && this.tail.offset > RECORD_HEADER_BYTES;
    const headers = rolls ? this.roll(steps) : [];
    const segment = rolls ? this.tail.segment + 1 : this.tail.segment;
    const start = rolls ? 0 : this.tail.offset;
    const all = [...headers, ...records];
    const encoded = encodeRecords(all, this.tail.sequence, this.tail.checksum);
    const end = start + encoded.bytes.byteLength;
    const allocatedBytes = this.allocate(steps, segmentFile(segment), rolls ? 0 : this.tail.allocatedBytes, end);
    const offsets = encoded.offsets.slice(headers.length + firstEntryAt).map((offset) => start + offset);
    if (all.length > 0) {
      steps.push({ kind: 'write', file: segmentFile(segment), position: start, bytes: encoded.bytes });
      steps.push({ kind: 'sync', file: segmentFile(segment) });
    }
    const tail: LogTail = {
      segment,
      offset: end,
      allocatedBytes,
      sequence: encoded.lastSequence,
      checksum: encoded.lastChecksum,
      hardState,
      markerSequence: this.tail.markerSequence + 1,
      firstSegment: this.firstSegmentToKeep(),
    };
    const lastEntry = batch.entries.at(-1);
    steps.push(...markerSteps(markerOf(tail, lastEntry ?? reset ?? this.index.last)));
    // After the marker, which no longer promises them; a crash in between leaves files that the next opening removes.
    for (let number = this.tail.firstSegment; number < tail.firstSegment; number += 1)
      steps.push({ kind: 'remove', file: segmentFile(number) });
    const identity = batch.endsRepair === true ? { ...this.identity, repair: undefined } : this.identity;
    // Last: what the repair ends with is durable before its end is.
    if (identity !== this.identity) steps.push(...identitySteps(identity));
    const jobId = this.nextJobId;
    this.nextJobId += 1;
    this.prepared = { jobId, tail, reset, truncateFrom, previousTerm, entries: batch.entries, offsets, identity };
    return { id: jobId, steps };
  }

  /** The job is durable: its batch becomes visible. */
  completed(jobId: number): void {
    const prepared = defined(this.prepared, 'a batch under way');
    assert(prepared.jobId === jobId, `job ${jobId} is the one under way`);
    this.prepared = undefined;
    this.dropped(prepared.tail.firstSegment);
    if (prepared.tail.segment > this.tail.segment) this.closed.push(this.tail.allocatedBytes);
    if (prepared.reset !== undefined) this.index.reset(prepared.reset);
    if (prepared.truncateFrom !== undefined) this.index.truncate(prepared.truncateFrom, prepared.previousTerm);
    prepared.entries.forEach((entry, position) => {
      const offset = defined(prepared.offsets[position], 'the offset of an entry');
      const lengthBytes = RECORD_HEADER_BYTES + entry.data.byteLength;
      this.index.append(entry, { segment: prepared.tail.segment, offset, lengthBytes });
    });
    this.tail = prepared.tail;
    this.identity = prepared.identity;
  }

  /** Closes what was opened for reading. */
  close(): void {
    this.reading?.file.close();
    this.reading = undefined;
  }

  /** Before which segment everything can go. */
  private firstSegmentToKeep(): number {
    let bytes = this.closed.reduce((sum, size) => sum + size, 0);
    let first = this.tail.firstSegment;
    for (const size of this.closed) {
      const last = this.index.lastThrough(first);
      const isNeeded = last !== undefined && last > this.unneeded;
      if (bytes <= (isNeeded ? this.limits.laggardBytes : this.limits.keptBytes)) break;
      if (last !== undefined && last > this.durable) break;
      bytes -= size;
      first += 1;
    }
    return first;
  }

  private dropped(firstSegment: number): void {
    if (firstSegment === this.tail.firstSegment) return;
    this.closed.splice(0, firstSegment - this.tail.firstSegment);
    this.index.dropThrough(firstSegment - 1);
    if (this.reading === undefined || this.reading.segment >= firstSegment) return;
    this.reading.file.close();
    this.reading = undefined;
  }

  private assertContinues(first: LogIndex | undefined, reset: LogPosition | undefined): void {
    if (first === undefined) return;
    const last = reset?.index ?? this.lastIndex();
    assert(first <= last + 1 && (reset === undefined || first > last), `entry ${first} continues the log`);
  }

  private termBefore(index: LogIndex): Term {
    assert(index >= this.firstIndex() && index <= this.lastIndex() + 1, `entry ${index} continues the log`);
    return defined(this.term((index - 1) as LogIndex), `the term before entry ${index}`);
  }

  /** The next segment begins: its file must have its name for good before anything in it counts. */
  private roll(steps: DiskStep[]): readonly LogRecord[] {
    const number = this.tail.segment + 1;
    steps.push({ kind: 'create', file: segmentFile(number) });
    return [{ kind: 'segment', number, hardState: this.tail.hardState, previous: this.index.last }];
  }

  /** Makes room up to `end`, in steps, and says how large the file is then. */
  private allocate(steps: DiskStep[], file: string, allocatedBytes: number, end: number): number {
    if (end <= allocatedBytes) return allocatedBytes;
    const step = this.limits.segmentStepBytes;
    const bytes = Math.ceil(end / step) * step;
    steps.push({ kind: 'resize', file, bytes });
    if (allocatedBytes === 0) steps.push({ kind: 'sync', file }, { kind: 'syncDirectory' });
    return bytes;
  }

  private readEntry(index: LogIndex): Entry {
    const { segment, offset, lengthBytes } = this.index.place(index);
    const bytes = this.segmentFor(segment).read(offset, lengthBytes);
    const result = decodeRecord(bytes, 0);
    if (result.kind === 'record' && result.framed.record.kind === 'entry') {
      const { entry } = result.framed.record;
      if (entry.index === index && entry.term === this.term(index)) return entry;
    }
    const found = result.kind === 'bad' ? result.found : 'not the entry that was written';
    throw new DamageError(segmentFile(segment), `at byte ${offset}, where entry ${index} should be: ${found}`);
  }

  private segmentFor(segment: number): DiskFile {
    if (this.reading?.segment === segment) return this.reading.file;
    this.reading?.file.close();
    const file = this.disk.open(segmentFile(segment), 'existing');
    this.reading = { segment, file };
    return file;
  }
}

/** The marker that promises `tail`. */
export function markerOf(tail: LogTail, last: LogPosition): Marker {
  return {
    sequence: tail.markerSequence,
    hardState: tail.hardState,
    last: { index: last.index, term: last.term },
    recordSequence: tail.sequence,
    recordChecksum: tail.checksum,
    firstSegment: tail.firstSegment,
  };
}

/** What makes a marker durable. */
export function markerSteps(marker: Marker): readonly DiskStep[] {
  return [
    { kind: 'write', file: MARKER_FILE, ...encodeMarker(marker) },
    { kind: 'sync', file: MARKER_FILE },
  ];
}
