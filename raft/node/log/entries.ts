// Where the entries of the log are: the recent ones in memory, all of them in their segments, the terms as runs.
// It answers the core synchronously, and grows and is cut exactly as the durable log does.

import { assert, defined } from '../../../src/lib/index.ts';
import type { Entry, LogIndex, LogPosition, Term } from '../../core/index.ts';

/** The place of one entry's record. */
export interface RecordPlace {
  readonly segment: number;
  readonly offset: number;
  readonly lengthBytes: number;
}

/** Entries that follow each other in one segment; offsets and lengths by position from `first`. */
interface Span {
  readonly segment: number;
  readonly first: number;
  readonly offsets: number[];
  readonly lengths: number[];
}

interface TermRun {
  readonly first: number;
  readonly term: Term;
}

/** Invariant: spans and term runs cover first … last without a hole; the recent entries end at last. */
export class EntryIndex {
  private readonly recentLimitBytes: number;
  /** The position before the first entry. */
  private base: LogPosition;
  private lastIndexValue: LogIndex;
  private spans: Span[] = [];
  private runs: TermRun[] = [];
  private recent: Entry[] = [];
  /** Few and small, and wanted whole. */
  private memberships: Entry[] = [];
  private recentBytes = 0;

  constructor(base: LogPosition, recentLimitBytes: number) {
    this.base = base;
    this.lastIndexValue = base.index;
    this.recentLimitBytes = recentLimitBytes;
  }

  get firstIndex(): LogIndex {
    return (this.base.index + 1) as LogIndex;
  }

  get lastIndex(): LogIndex {
    return this.lastIndexValue;
  }

  get last(): LogPosition {
    return { index: this.lastIndexValue, term: defined(this.term(this.lastIndexValue), 'the term of the last entry') };
  }

  /** Adds the next entry, which must follow the last one. */
  append(entry: Entry, place: RecordPlace): void {
    assert(entry.index === this.lastIndexValue + 1, `entry ${entry.index} follows ${this.lastIndexValue}`);
    let span = this.spans.at(-1);
    if (span === undefined || span.segment !== place.segment) {
      span = { segment: place.segment, first: entry.index, offsets: [], lengths: [] };
      this.spans.push(span);
    }
    span.offsets.push(place.offset);
    span.lengths.push(place.lengthBytes);
    if (this.runs.at(-1)?.term !== entry.term) this.runs.push({ first: entry.index, term: entry.term });
    this.lastIndexValue = entry.index;
    if (entry.kind === 'membership') this.memberships.push(entry);
    this.remember(entry);
  }

  /** Removes the entries from `from` on. A cut below the first entry empties the log, which then follows `from` − 1. */
  truncate(from: LogIndex, previousTerm: Term): void {
    if (from <= this.base.index) this.base = { index: (from - 1) as LogIndex, term: previousTerm };
    const kept = Math.min(this.lastIndexValue, from - 1);
    const removed = this.lastIndexValue - kept;
    this.lastIndexValue = kept as LogIndex;
    this.memberships = this.memberships.filter(({ index }) => index <= kept);
    while (this.spans.length > 0) {
      const span = defined(this.spans.at(-1), 'the last span');
      const keep = Math.max(0, kept + 1 - span.first);
      if (keep >= span.offsets.length) break;
      span.offsets.length = keep;
      span.lengths.length = keep;
      if (keep > 0) break;
      this.spans.pop();
    }
    while (this.runs.length > 0 && defined(this.runs.at(-1), 'the last run').first > kept) this.runs.pop();
    for (const entry of this.recent.splice(Math.max(0, this.recent.length - removed)))
      this.recentBytes -= entry.data.byteLength;
  }

  /** Everything goes; the log continues after `position`. */
  reset(position: LogPosition): void {
    this.base = { index: position.index, term: position.term };
    this.lastIndexValue = position.index;
    this.spans = [];
    this.runs = [];
    this.memberships = [];
    this.recent = [];
    this.recentBytes = 0;
  }

  /** The last entry that lies in the segments up to `segment`; undefined when none does. */
  lastThrough(segment: number): LogIndex | undefined {
    const span = this.spans.findLast((candidate) => candidate.segment <= segment);
    return span === undefined ? undefined : ((span.first + span.offsets.length - 1) as LogIndex);
  }

  /** Forgets the entries that lie in the segments up to `segment`. */
  dropThrough(segment: number): void {
    const last = this.lastThrough(segment);
    if (last === undefined) return;
    this.base = { index: last, term: defined(this.term(last), 'the term of an entry that is dropped') };
    this.spans = this.spans.filter((span) => span.segment > segment);
    this.memberships = this.memberships.filter(({ index }) => index > last);
    const next = this.runs.findLastIndex((run) => run.first <= last + 1);
    if (next > 0) this.runs.splice(0, next);
    const kept = this.lastIndexValue - last;
    for (const entry of this.recent.splice(0, Math.max(0, this.recent.length - kept)))
      this.recentBytes -= entry.data.byteLength;
  }

  term(index: LogIndex): Term | undefined {
    if (index === this.base.index) return this.base.term;
    if (index < this.base.index || index > this.lastIndexValue) return undefined;
    let low = 0;
    let high = this.runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (defined(this.runs[middle], 'a term run').first <= index) low = middle;
      else high = middle - 1;
    }
    return this.runs[low]?.term;
  }

  /** The membership entries that are there, ascending. */
  membershipEntries(): readonly Entry[] {
    return this.memberships;
  }

  /** The entry when it is in memory. */
  inMemory(index: LogIndex): Entry | undefined {
    return this.recent[index - (this.lastIndexValue - this.recent.length + 1)];
  }

  /** Where the record of an entry that is there lies. */
  place(index: LogIndex): RecordPlace {
    let low = 0;
    let high = this.spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (defined(this.spans[middle], 'a span').first <= index) low = middle;
      else high = middle - 1;
    }
    const span = defined(this.spans[low], `the span of entry ${index}`);
    return {
      segment: span.segment,
      offset: defined(span.offsets[index - span.first], `the offset of entry ${index}`),
      lengthBytes: defined(span.lengths[index - span.first], `the length of entry ${index}`),
    };
  }

  private remember(entry: Entry): void {
    this.recent.push(entry);
    this.recentBytes += entry.data.byteLength;
    if (this.recentBytes <= this.recentLimitBytes) return;
    // Half at once, so that the shift is paid for once in many appends.
    let dropped = 0;
    while (this.recentBytes > this.recentLimitBytes / 2 && dropped < this.recent.length - 1) {
      this.recentBytes -= defined(this.recent[dropped], 'a recent entry').data.byteLength;
      dropped += 1;
    }
    this.recent.splice(0, dropped);
  }
}
