// Hands committed entries to the state machine: in order, once, in batches, and never more than it keeps up with.
//
// Only what is durable here is handed out, although a majority may be ahead of this disk: so the state database, which
// is written behind, can never hold an entry that the log of its own node does not.

import { defined } from '../../src/lib/index.ts';
import type { LogIndex, LogPosition, LogView } from '../core/index.ts';
import { APPLY_BACKLOG_LIMIT_BYTES, DELIVERY_LIMIT_BYTES } from './limits.ts';
import type { CommittedEntry } from './ports.ts';

/** What an entry costs beside its data, so that empty ones count too. */
const ENTRY_OVERHEAD_BYTES = 64;

export class Delivery {
  private readonly log: LogView;
  private readonly deliver: (entries: readonly CommittedEntry[]) => void;
  private deliveredIndex: LogIndex;
  /** The committed position being delivered, and the newest known: what lies between is covered by the newest. */
  private target: LogPosition | undefined;
  private newest: LogPosition | undefined;
  /** Deliveries not applied yet, oldest first. */
  private readonly outstanding: { readonly last: LogIndex; readonly bytes: number }[] = [];
  private outstandingBytes = 0;

  constructor(log: LogView, appliedIndex: LogIndex, deliver: (entries: readonly CommittedEntry[]) => void) {
    this.log = log;
    this.deliveredIndex = appliedIndex;
    this.deliver = deliver;
  }

  /** Whether the state machine has something to apply. */
  get waiting(): boolean {
    return this.outstanding.length > 0;
  }

  /** Everything up to `position` is committed. */
  committed(position: LogPosition): void {
    this.newest = position;
    this.target ??= position;
  }

  /** A snapshot took the place of what was to be delivered up to `index`. */
  skip(index: LogIndex): void {
    if (index > this.deliveredIndex) this.deliveredIndex = index;
    this.applied(index);
  }

  /** The state machine has applied up to `index`. Returns whether that is news. */
  applied(index: LogIndex): boolean {
    const before = this.outstanding.length;
    while (this.outstanding.length > 0 && defined(this.outstanding[0], 'a delivery').last <= index)
      this.outstandingBytes -= this.outstanding.shift()?.bytes ?? 0;
    return this.outstanding.length < before;
  }

  /** Hands over what is committed, durable and within the limit. */
  pump(): void {
    // The state is lost, and a snapshot has yet to bring what the log no longer holds.
    if (this.deliveredIndex + 1 < this.log.firstIndex()) return;
    while (this.target !== undefined && this.outstandingBytes < APPLY_BACKLOG_LIMIT_BYTES) {
      if (this.target.index <= this.deliveredIndex) {
        this.target = this.newest === this.target ? undefined : this.newest;
        continue;
      }
      // The durable log may still hold another term's entries there: those are about to be truncated.
      if (this.log.term(this.target.index) !== this.target.term) return;
      const from = (this.deliveredIndex + 1) as LogIndex;
      const entries = this.log.entries(from, (this.target.index + 1) as LogIndex, DELIVERY_LIMIT_BYTES);
      const last = defined(entries.at(-1), 'a committed entry').index;
      const bytes = entries.reduce((sum, entry) => sum + entry.data.byteLength + ENTRY_OVERHEAD_BYTES, 0);
      this.deliveredIndex = last;
      this.outstanding.push({ last, bytes });
      this.outstandingBytes += bytes;
      this.deliver(entries);
    }
  }
}
