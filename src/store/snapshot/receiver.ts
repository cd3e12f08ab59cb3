// Receives the state from a leader whose log no longer serves this member. Chunks are written, each durably, beside the
// state in use; when all are there they are verified like a state that is loaded, and only then take its place.
//
// Nothing here waits for ever: what does not come is asked for again, and after a while the transfer is given up.
import type { LogIndex, NodeId, SnapshotPosition } from '../../../raft/core/index.ts';
import { type Clock, every, type Logger, messageOf, type Timer } from '../../lib/index.ts';
import { SNAPSHOT_ASK_LIMIT, SNAPSHOT_RETRY_MS } from '../limits.ts';
import type { KeyValueEntry } from '../state/key-value.ts';
import { encodeSnapshotFrame, type SnapshotFrame } from './frames.ts';

export interface ReceiverOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What this member has applied. */
  appliedIndex(): number;
  /** Makes room for a state beside the one in use. */
  clear(): Promise<void>;
  write(records: readonly KeyValueEntry[]): Promise<void>;
  /** Verifies what was written and lets it take the place of the state, durably. Rejects if it is not as it was sent. */
  install(snapshot: SnapshotPosition): Promise<void>;
  send(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void;
}

/** Questions in a row that were not answered: the sender may be gone. */
const SILENT_QUESTIONS = 2;

interface Incoming {
  readonly peer: NodeId;
  readonly transfer: string;
  readonly snapshot: SnapshotPosition;
  readonly records: number;
  received: number;
  /** The chunk to ask for next. */
  next: number;
  /** `asking` waits for a chunk; `working` for a disk. */
  phase: 'asking' | 'working';
  asked: number;
  readonly timer: Timer;
}

export class SnapshotReceiver {
  readonly #options: ReceiverOptions;
  #incoming: Incoming | undefined;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** What a person may know of a transfer under way. */
  get progress(): string | undefined {
    if (this.#incoming === undefined) return undefined;
    const { peer, received, records } = this.#incoming;
    return `receiving a snapshot from ${peer}, ${received} of ${records} records`;
  }

  /** Asks for a state; the answer is an offer, which is received like any other. */
  want(peer: NodeId, index: LogIndex): void {
    if (this.#incoming === undefined) this.#send(peer, { kind: 'want', transfer: '', index });
  }

  receive(peer: NodeId, frame: SnapshotFrame & { kind: 'offer' | 'chunk' | 'gone' }): void {
    const incoming = this.#incoming;
    const isCurrent = incoming !== undefined && incoming.peer === peer && incoming.transfer === frame.transfer;
    switch (frame.kind) {
      case 'offer':
        if (!isCurrent) this.#offered(peer, frame);
        else if (incoming.phase === 'asking') this.#ask(incoming);
        break;
      case 'chunk':
        if (isCurrent && incoming.phase === 'asking' && frame.number === incoming.next) this.#take(incoming, frame);
        break;
      case 'gone':
        if (isCurrent && incoming.phase === 'asking') this.#abandon(incoming, 'the sender has given it up');
    }
  }

  stop(): void {
    this.#incoming?.timer.cancel();
    this.#incoming = undefined;
  }

  #offered(peer: NodeId, { transfer, snapshot, records }: SnapshotFrame & { kind: 'offer' }): void {
    if (snapshot.index <= this.#options.appliedIndex()) {
      this.#send(peer, { kind: 'done', transfer, index: snapshot.index });
      return;
    }
    const older = this.#incoming;
    // One at a time. The offer that is passed over is repeated.
    if (older !== undefined) {
      if (!givesWay(older, peer, snapshot)) return;
      older.timer.cancel();
    }
    const { clock, logger } = this.#options;
    const timer = every(clock, SNAPSHOT_RETRY_MS, () => this.#look(incoming));
    const incoming: Incoming = {
      peer,
      transfer,
      snapshot,
      records,
      received: 0,
      next: 0,
      phase: 'working',
      asked: 0,
      timer,
    };
    this.#incoming = incoming;
    logger.info(
      { peer, index: snapshot.index, records },
      'this member lacks too much of the log: it receives a snapshot',
    );
    this.#work(incoming, async () => {
      await this.#options.clear();
      this.#ask(incoming);
    });
  }

  #take(incoming: Incoming, { records, isLast }: SnapshotFrame & { kind: 'chunk' }): void {
    incoming.phase = 'working';
    this.#work(incoming, async () => {
      await this.#options.write(records);
      incoming.received += records.length;
      incoming.next += 1;
      incoming.asked = 0;
      if (!isLast) this.#ask(incoming);
      else await this.#install(incoming);
    });
  }

  async #install(incoming: Incoming): Promise<void> {
    const { peer, transfer, snapshot } = incoming;
    await this.#options.install(snapshot);
    if (this.#incoming !== incoming) return;
    this.stop();
    this.#send(peer, { kind: 'done', transfer, index: snapshot.index });
  }

  #work(incoming: Incoming, work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#abandon(incoming, messageOf(error)));
  }

  #ask(incoming: Incoming): void {
    if (this.#incoming !== incoming) return;
    incoming.phase = 'asking';
    this.#send(incoming.peer, { kind: 'ask', transfer: incoming.transfer, number: incoming.next });
  }

  #look(incoming: Incoming): void {
    if (incoming.phase === 'working') {
      this.#send(incoming.peer, { kind: 'busy', transfer: incoming.transfer });
      return;
    }
    incoming.asked += 1;
    if (incoming.asked > SNAPSHOT_ASK_LIMIT) this.#abandon(incoming, 'the sender is silent');
    else this.#ask(incoming);
  }

  #abandon(incoming: Incoming, trouble: string): void {
    if (this.#incoming !== incoming) return;
    this.stop();
    this.#options.logger.warn({ peer: incoming.peer, trouble }, 'a snapshot was not received');
    this.#send(incoming.peer, { kind: 'gone', transfer: incoming.transfer });
  }

  #send(peer: NodeId, frame: SnapshotFrame): void {
    this.#options.send(peer, encodeSnapshotFrame(frame));
  }
}

/**
 * Whether a transfer under way is given up for another one. What a disk is working on is finished first. The newest leader's counts;
 * of two in one term (the leader's, and one that was asked for) the one under way, while it is answered: each repeats its offer, so
 * they would take turns.
 */
function givesWay(older: Incoming, peer: NodeId, { leaderTerm }: SnapshotPosition): boolean {
  if (older.phase === 'working') return false;
  if (leaderTerm !== older.snapshot.leaderTerm) return leaderTerm > older.snapshot.leaderTerm;
  return peer === older.peer || older.asked >= SILENT_QUESTIONS;
}
