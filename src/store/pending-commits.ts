// The commits that this process has accepted and not yet seen applied: the origin's side of a session (house.md,
// decision 1). The story of one that meets trouble:
//
// 1. It gets the next sequence, is encoded once, and is sent with the others of its turn.
// 2. The leader dies. Whether it was appended is unknown, so when another leads, everything pending is sent again, in order.
// 3. If it had been appended, the second copy is a duplicate; if one before it was lost, it is a gap, which the state
//    machine refuses; the gap is seen here, and everything pending is sent once more. `pass` tells the copies apart, so
//    that the gaps of one pass cause one new pass and not one each.
// 4. Its caller may give up. It stays here all the same: the session cannot go on without its sequence.
//
// Invariant: the pending sequences are consecutive, and all before them are known here: that is the low-water mark.
import { assert, type CancelSignal, type Clock, defined } from '../lib/index.ts';
import { encodeCommit, type PackedCommand, withPass } from './command.ts';
import { Company } from './company.ts';
import { PENDING_LIMIT_BYTES, PENDING_LIMIT_COMMANDS, SEND_WINDOW_BATCHES, SEND_WINDOW_BYTES } from './limits.ts';
import { type CommitOutcome, type Revision, type StoredObject, StoreTimeoutError } from './port.ts';
import { recallOutcome, type Session } from './session.ts';

interface Pending {
  encoded: Uint8Array;
  /** The pass it was last sent in; −1 while it was never sent. */
  sentInPass: number;
  sentAtMs: number;
  /** Undefined when the caller has given up. */
  caller: Caller | undefined;
}

interface Caller {
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: Error) => void;
}

/** For a caller that has been told otherwise. */
const UNTOLD: CommitOutcome = { kind: 'committed', revision: 0 as Revision, objects: [] };
const NOTHING: PackedCommand = { conditions: [], writes: [], sizeBytes: 0 };

export class PendingCommits {
  readonly #origin: string;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #company: Company;
  readonly #pending = new Map<number, Pending>();
  #pendingBytes = 0;
  #lastSequence = 0;
  /** The last sequence whose outcome is known. */
  #resolved = 0;
  #nextToSend = 1;
  #inFlightBytes = 0;
  /** What was sent in this pass and is not applied yet, oldest first. */
  #batches: { readonly last: number; readonly size: number; readonly sentAtMs: number }[] = [];
  /** When the first came that was not sent yet. */
  #gatheredAtMs = 0;
  #pass = 0;
  #batchesSent = 0;

  constructor(origin: string, clock: Pick<Clock, 'monotonic'>) {
    this.#origin = origin;
    this.#clock = clock;
    this.#company = new Company(clock);
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Since the start. */
  get accepted(): number {
    return this.#lastSequence;
  }

  /** Since the start. */
  get batchesSent(): number {
    return this.#batchesSent;
  }

  /** Takes a command in; the promise tells its outcome. It is not sent yet. */
  add(command: PackedCommand, signal: CancelSignal): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) throw new StoreTimeoutError('given up before the command was sent');
      const full = this.#pending.size >= PENDING_LIMIT_COMMANDS || this.#pendingBytes >= PENDING_LIMIT_BYTES;
      if (full) throw new StoreTimeoutError('not sent: too many commits wait for their outcome');
      if (!this.hasUnsent) this.#gatheredAtMs = this.#clock.monotonic();
      this.#lastSequence += 1;
      const sequence = this.#lastSequence;
      const encoded = encodeCommit(this.#origin, sequence, this.#resolved, command, this.#pass);
      const aborted = (): void => this.#giveUp(sequence);
      const settled = (): void => signal.removeEventListener('abort', aborted);
      const caller = {
        resolve(outcome: CommitOutcome) {
          settled();
          resolve(outcome);
        },
        reject(error: Error) {
          settled();
          reject(error);
        },
      };
      signal.addEventListener('abort', aborted, { once: true });
      this.#pending.set(sequence, { encoded, sentInPass: -1, sentAtMs: 0, caller });
      this.#pendingBytes += encoded.length;
    });
  }

  /**
   * What may be sent now, in order: as much as the window allows. A batch goes while another one is under way only when as
   * much has gathered as is in that one, and never while SEND_WINDOW_BATCHES are; while none is, it waits for company (company.ts).
   */
  takeToSend(): Uint8Array[] {
    const commands: Uint8Array[] = [];
    if (!this.#mayBeginBatch() || this.waitsMs > 0) return commands;
    const sentAtMs = this.#clock.monotonic();
    for (; this.#nextToSend <= this.#lastSequence; this.#nextToSend++) {
      const entry = this.#pending.get(this.#nextToSend);
      assert(entry !== undefined, 'pending sequences are consecutive');
      if (this.#inFlightBytes > 0 && this.#inFlightBytes + entry.encoded.length > SEND_WINDOW_BYTES) break;
      if (entry.sentInPass !== -1 || this.#pass > 0) entry.encoded = withPass(entry.encoded, this.#pass);
      entry.sentInPass = this.#pass;
      entry.sentAtMs = sentAtMs;
      this.#inFlightBytes += entry.encoded.length;
      commands.push(entry.encoded);
    }
    if (commands.length > 0) {
      this.#batchesSent += 1;
      this.#batches.push({ last: this.#nextToSend - 1, size: commands.length, sentAtMs });
    }
    return commands;
  }

  /** How long those that were not sent yet still wait for company; 0 when they do not. */
  get waitsMs(): number {
    if (this.#batches.length > 0 || !this.hasUnsent) return 0;
    return this.#company.waitMs(this.#lastSequence - this.#nextToSend + 1, this.#gatheredAtMs);
  }

  #mayBeginBatch(): boolean {
    const newest = this.#batches.at(-1);
    if (newest === undefined) return true;
    if (this.#batches.length >= SEND_WINDOW_BATCHES) return false;
    return this.#lastSequence - newest.last >= newest.last - this.#resolved;
  }

  get hasUnsent(): boolean {
    return this.#nextToSend <= this.#lastSequence;
  }

  /** What was sent may be lost: everything pending is to be sent again. */
  beginPass(): void {
    this.#pass += 1;
    this.#nextToSend = this.#resolved + 1;
    this.#inFlightBytes = 0;
    this.#batches = [];
  }

  /** Whether a gap that was seen in the log calls for a new pass: only one of the newest pass does. */
  isCurrentPass(pass: number): boolean {
    return pass === this.#pass;
  }

  /** When the oldest that is in flight was sent; undefined when none is. */
  oldestSentAtMs(): number | undefined {
    const sequence = this.#resolved + 1;
    return sequence < this.#nextToSend ? this.#pending.get(sequence)?.sentAtMs : undefined;
  }

  /** The command was applied here. */
  resolve(sequence: number, outcome: CommitOutcome): void {
    const entry = this.#pending.get(sequence);
    assert(entry !== undefined && sequence === this.#resolved + 1, 'a session is applied in sequence');
    this.#pending.delete(sequence);
    this.#resolved = sequence;
    const [batch] = this.#batches;
    if (batch?.last === sequence) {
      this.#batches.shift();
      this.#company.back(batch.size, batch.sentAtMs);
    }
    this.#pendingBytes -= entry.encoded.length;
    // It may be applied by an earlier copy before this pass came to send it.
    if (sequence < this.#nextToSend) this.#inFlightBytes = Math.max(0, this.#inFlightBytes - entry.encoded.length);
    else this.#nextToSend = sequence + 1;
    entry.caller?.resolve(outcome);
  }

  /**
   * A snapshot has brought `session` as it is now: everything up to its applied sequence has an outcome, which is told.
   * `written` gives an object back by its revision, as far as it is kept.
   */
  caughtUp(session: Session, written: (revision: Revision) => StoredObject | undefined): void {
    while (this.#resolved < session.applied) {
      const sequence = this.#resolved + 1;
      const caller = this.#pending.get(sequence)?.caller;
      const kept = defined(session.outcomes.get(sequence), 'an outcome that its origin does not know yet');
      try {
        this.resolve(sequence, recallOutcome(kept, written));
      } catch (error) {
        if (!(error instanceof StoreTimeoutError)) throw error;
        caller?.reject(error);
        this.resolve(sequence, UNTOLD);
      }
    }
  }

  rejectAll(error: Error): void {
    for (const entry of this.#pending.values()) {
      entry.caller?.reject(error);
      entry.caller = undefined;
    }
  }

  #giveUp(sequence: number): void {
    const entry = this.#pending.get(sequence);
    if (entry?.caller === undefined) return;
    const { caller } = entry;
    entry.caller = undefined;
    if (entry.sentInPass !== -1) {
      caller.reject(
        new StoreTimeoutError('the outcome of the command is unknown: it was sent, and not seen applied in time'),
      );
      return;
    }
    // Nobody else has seen it: its sequence goes on without its content.
    this.#pendingBytes -= entry.encoded.length;
    entry.encoded = encodeCommit(this.#origin, sequence, this.#resolved, NOTHING, this.#pass);
    this.#pendingBytes += entry.encoded.length;
    caller.reject(new StoreTimeoutError('no leader took the command in time; it was not applied'));
  }
}
