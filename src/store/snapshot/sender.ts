// Sends the state to followers that the log can no longer serve. What is sent is the state database as it was at one
// moment, read as it is asked for: each transfer holds one chunk in memory, the one that may have to be repeated.
//
// Whatever happens, a transfer ends and its end is told: the leader sends that follower nothing else meanwhile.
import type { LogIndex, Membership, NodeId, SnapshotPosition, Term } from '../../../raft/core/index.ts';
import { type Clock, every, type Logger, messageOf, type Timer } from '../../lib/index.ts';
import { SNAPSHOT_IDLE_LIMIT_MS, SNAPSHOT_RETRY_MS } from '../limits.ts';
import { StateDamageError } from '../state/damage.ts';
import type { KeyValueEntry } from '../state/key-value.ts';
import { decodeMeta } from '../state/layout.ts';
import { encodeSnapshotFrame, type SnapshotFrame } from './frames.ts';

export interface SenderOptions {
  /** Names this process in the transfers' names. */
  readonly origin: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly chunkBytes: number;
  /** Every record of the state as of now, its summary first. */
  read(): AsyncIterable<KeyValueEntry>;
  /** Of a state that an earlier version wrote: the members it began with. */
  founding(): Membership;
  /** The term of this member now. */
  term(): Term;
  send(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void;
  /** The state cannot be read as it was written. */
  damaged(error: StateDamageError): void;
  /** The peer holds the state up to `index`, or (undefined) does not. */
  ended(peer: NodeId, index: LogIndex | undefined): void;
}

interface Outgoing {
  readonly peer: NodeId;
  readonly name: string;
  readonly source: AsyncIterator<KeyValueEntry>;
  snapshot: SnapshotPosition | undefined;
  records: number;
  /** Read and not sent: the first record of the next chunk. */
  ahead: KeyValueEntry | undefined;
  /** The newest chunk, for repetitions. */
  chunk: { readonly number: number; readonly frame: Uint8Array<ArrayBuffer> } | undefined;
  reading: boolean;
  heardAtMs: number;
  asked: boolean;
  /** It was offered again after a silence: a question for the beginning then is one of a receiver that has begun anew. */
  offeredAgain: boolean;
  timer: Timer | undefined;
}

export class SnapshotSender {
  readonly #options: SenderOptions;
  readonly #transfers = new Map<NodeId, Outgoing>();
  #count = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Offers the state to `peer`. An older transfer to it is of a former leadership: the peer may have turned to another. */
  begin(peer: NodeId, leaderTerm: Term, atLeast = 0): void {
    const older = this.#transfers.get(peer);
    if (older !== undefined) this.#close(older);
    const { origin, clock } = this.#options;
    this.#count += 1;
    const transfer: Outgoing = {
      peer,
      name: `${origin}/${this.#count}`,
      source: this.#options.read()[Symbol.asyncIterator](),
      snapshot: undefined,
      records: 0,
      ahead: undefined,
      chunk: undefined,
      reading: true,
      heardAtMs: clock.monotonic(),
      asked: false,
      offeredAgain: false,
      timer: undefined,
    };
    this.#transfers.set(peer, transfer);
    this.#open(transfer, leaderTerm, atLeast).catch((error: unknown) => this.#failed(transfer, error));
  }

  /**
   * A peer has lost its state. Whoever is asked may send its own, leader or not: what the database holds is committed. One
   * that ends before `index` would not help; there will be more in it when the peer asks again.
   */
  wanted(peer: NodeId, index: LogIndex): void {
    if (!this.#transfers.has(peer)) this.begin(peer, this.#options.term(), index);
  }

  receive(peer: NodeId, frame: SnapshotFrame & { kind: 'ask' | 'busy' | 'done' | 'gone' }): void {
    const transfer = this.#transfers.get(peer);
    if (transfer === undefined || transfer.name !== frame.transfer) {
      if (frame.kind === 'ask') this.#send(peer, { kind: 'gone', transfer: frame.transfer });
      return;
    }
    transfer.heardAtMs = this.#options.clock.monotonic();
    switch (frame.kind) {
      case 'ask':
        transfer.asked = true;
        this.#answer(transfer, frame.number);
        break;
      case 'busy':
        break;
      case 'done':
        this.#options.logger.info({ peer, index: frame.index }, 'a snapshot was installed by a follower');
        this.#end(transfer, frame.index);
        break;
      case 'gone':
        this.#fail(transfer, 'the follower gave it up');
    }
  }

  /** Ends all transfers; nothing is told any more. */
  stop(): void {
    for (const transfer of this.#transfers.values()) this.#close(transfer);
    this.#transfers.clear();
  }

  async #open(transfer: Outgoing, leaderTerm: Term, atLeast: number): Promise<void> {
    const first = await transfer.source.next();
    if (this.#transfers.get(transfer.peer) !== transfer) return;
    if (first.done === true) throw new Error('the state database is empty');
    const meta = decodeMeta(first.value.value);
    if (meta.appliedTerm === undefined) throw new Error('the state was written by a version without snapshots');
    if (meta.appliedIndex < atLeast) throw new Error(`the state here ends at entry ${meta.appliedIndex}`);
    const { founding, term, clock, logger } = this.#options;
    transfer.ahead = first.value;
    transfer.records = 1 + meta.count + meta.sessions;
    transfer.snapshot = {
      index: meta.appliedIndex as LogIndex,
      term: meta.appliedTerm as Term,
      membership: meta.membership ?? founding(),
      // A member that has just started does not know the term yet, in which it may have applied what is in its state.
      leaderTerm: Math.max(leaderTerm, term(), meta.appliedTerm) as Term,
    };
    transfer.reading = false;
    logger.info(
      { peer: transfer.peer, index: meta.appliedIndex, records: transfer.records },
      'a follower lacks entries that the log no longer has: it is offered a snapshot',
    );
    transfer.timer = every(clock, SNAPSHOT_RETRY_MS, () => this.#look(transfer));
    this.#offer(transfer);
  }

  #offer({ peer, name, snapshot, records }: Outgoing): void {
    if (snapshot !== undefined) this.#send(peer, { kind: 'offer', transfer: name, snapshot, records });
  }

  /** Now and then: the offer may have been lost, or the follower may be gone. */
  #look(transfer: Outgoing): void {
    const silentMs = this.#options.clock.monotonic() - transfer.heardAtMs;
    if (silentMs >= SNAPSHOT_IDLE_LIMIT_MS) this.#fail(transfer, 'the follower is silent');
    else if (!transfer.asked || silentMs >= SNAPSHOT_RETRY_MS) {
      transfer.offeredAgain = transfer.asked;
      this.#offer(transfer);
    }
  }

  #answer(transfer: Outgoing, number: number): void {
    const { chunk } = transfer;
    if (chunk?.number === number) {
      this.#options.send(transfer.peer, chunk.frame.slice());
      return;
    }
    if (number === 0 && transfer.offeredAgain) {
      this.#fail(transfer, 'the follower has begun anew');
      return;
    }
    // What is being read is sent when it is there; any other number is a question that comes late.
    if (transfer.reading || number !== (chunk?.number ?? -1) + 1) return;
    transfer.reading = true;
    transfer.offeredAgain = false;
    this.#read(transfer, number).catch((error: unknown) => this.#failed(transfer, error));
  }

  async #read(transfer: Outgoing, number: number): Promise<void> {
    const records: KeyValueEntry[] = [];
    let bytes = 0;
    let next = transfer.ahead;
    while (next !== undefined && (records.length === 0 || bytes + next.value.length <= this.#options.chunkBytes)) {
      records.push(next);
      bytes += next.key.length + next.value.length;
      const result = await transfer.source.next();
      next = result.done === true ? undefined : result.value;
    }
    if (this.#transfers.get(transfer.peer) !== transfer) return;
    transfer.ahead = next;
    const isLast = next === undefined;
    const frame = encodeSnapshotFrame({ kind: 'chunk', transfer: transfer.name, number, isLast, records });
    transfer.chunk = { number, frame };
    transfer.reading = false;
    this.#options.send(transfer.peer, frame.slice());
  }

  #failed(transfer: Outgoing, error: unknown): void {
    this.#fail(transfer, messageOf(error));
    if (error instanceof StateDamageError) this.#options.damaged(error);
  }

  #fail(transfer: Outgoing, trouble: string): void {
    if (this.#transfers.get(transfer.peer) !== transfer) return;
    this.#options.logger.warn({ peer: transfer.peer, trouble }, 'a snapshot was not sent to its end');
    this.#send(transfer.peer, { kind: 'gone', transfer: transfer.name });
    this.#end(transfer, undefined);
  }

  #end(transfer: Outgoing, index: LogIndex | undefined): void {
    this.#transfers.delete(transfer.peer);
    this.#close(transfer);
    this.#options.ended(transfer.peer, index);
  }

  #close(transfer: Outgoing): void {
    transfer.timer?.cancel();
    transfer.source.return?.().catch((error: unknown) => {
      this.#options.logger.warn({ error: messageOf(error) }, 'the reading of a snapshot did not end cleanly');
    });
  }

  #send(peer: NodeId, frame: SnapshotFrame): void {
    this.#options.send(peer, encodeSnapshotFrame(frame));
  }
}
