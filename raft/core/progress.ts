// What a leader knows of one follower: how far its log matches, and what is on its way. Three states: `probe` sends one
// message and waits for its answer, to find where the logs agree; `replicate` keeps a window of messages in flight;
// `snapshot` sends nothing, because what the follower needs is compacted: it waits until a snapshot was sent.
import { assert } from '../../src/lib/index.ts';
import { larger, ORIGIN, plus, smaller } from './numbers.ts';
import type { CoreLimits, LogIndex, LogLife, NodeId } from './types.ts';

const FIRST_LIFE: LogLife = { generation: 0, repairing: false };

interface Inflight {
  readonly last: LogIndex;
  readonly bytes: number;
}

export class Progress {
  readonly id: NodeId;
  /** Durable in this log of the follower. Invariant: never goes back within a term, and match < next. */
  match: LogIndex = ORIGIN;
  /** How many logs the follower lost before this one, and whether it makes good what was in them. */
  generation = 0;
  repairing = false;
  /** The next entry to send. */
  next: LogIndex;
  state: 'probe' | 'replicate' | 'snapshot' = 'probe';
  /** In probe: an unanswered message is on its way. */
  paused = false;
  /** The tick at which it was heard last. */
  heardAtTick: number;
  /** The tick at which it ceased to be a member; from then on it is only told so. */
  departedAtTick: number | undefined;
  /** The newest read round that it confirmed. */
  readRound = 0;
  /** The commit index that it was told last. A hint only: heartbeats repeat it. */
  commitTold: LogIndex = ORIGIN;
  #inflight: Inflight[] = [];
  #inflightBytes = 0;
  /** The tick of the first heartbeat answer since something in flight was acknowledged. */
  #unansweredSinceTick: number | undefined;

  constructor(id: NodeId, next: LogIndex, tick: number) {
    this.id = id;
    this.next = next;
    this.heardAtTick = tick;
  }

  get inflightMessages(): number {
    return this.#inflight.length;
  }

  /** Invariant: the sum of what is in flight. */
  get inflightBytes(): number {
    return this.#inflightBytes;
  }

  /**
   * It has spoken, of its log. Another log than the one known begins anew here, as `lastIndex` at the leader: all that was known
   * is of a log that is lost. Returns false for what was said of a log that is known to be lost.
   */
  speaks(life: LogLife | undefined, lastIndex: LogIndex): boolean {
    const { generation, repairing } = life ?? FIRST_LIFE;
    if (generation < this.generation) return false;
    this.repairing = repairing;
    if (generation === this.generation) return true;
    this.generation = generation;
    this.match = ORIGIN;
    this.commitTold = ORIGIN;
    this.readRound = 0;
    this.probe();
    // Not from the beginning: its state may be as it was, and its log go on after that.
    this.next = plus(lastIndex, 1);
    return true;
  }

  canSend(limits: CoreLimits): boolean {
    if (this.state === 'snapshot') return false;
    if (this.state === 'probe') return !this.paused;
    return this.#inflight.length < limits.inflightLimitMessages && this.#inflightBytes < limits.inflightLimitBytes;
  }

  /** Entries up to `last` (or none: last is next − 1) have left. */
  sent(last: LogIndex, bytes: number): void {
    if (this.state === 'probe') {
      this.paused = true;
      return;
    }
    if (last < this.next) return;
    this.next = plus(last, 1);
    this.#inflight.push({ last, bytes });
    this.#inflightBytes += bytes;
  }

  /** The follower holds everything up to `match`. Late answers change nothing. */
  accepted(match: LogIndex): void {
    this.#free(match);
    if (match > this.match) this.match = match;
    else if (match < this.match) return;
    this.next = larger(this.next, plus(this.match, 1));
    if (this.state !== 'probe') return;
    this.#clear();
    this.state = 'replicate';
    this.next = plus(this.match, 1);
  }

  /** The follower does not hold `previous`; try after `candidate`. Returns false for an answer that came too late. */
  rejected(previous: LogIndex, candidate: LogIndex): boolean {
    if (this.state === 'snapshot') return false;
    if (this.state === 'replicate') {
      if (previous <= this.match) return false;
      this.probe();
      return true;
    }
    if (plus(this.next, -1) !== previous) return false;
    this.next = larger(smaller(previous, plus(candidate, 1)), plus(this.match, 1));
    this.paused = false;
    return true;
  }

  /** Whatever was in flight may be lost: begin again after what is known to match. */
  probe(): void {
    this.#clear();
    this.state = 'probe';
    this.paused = false;
    this.next = plus(this.match, 1);
  }

  /** What it needs next is not in the log any more. */
  awaitSnapshot(): void {
    this.#clear();
    this.state = 'snapshot';
  }

  /** It holds the state up to `index`; or the sending failed, and is tried again when it is heard. */
  snapshotEnded(index: LogIndex | undefined): void {
    if (this.state !== 'snapshot') return;
    this.probe();
    if (index === undefined) this.paused = true;
    else this.next = larger(this.next, plus(index, 1));
  }

  /**
   * A heartbeat was answered. Returns true when nothing in flight has been for `limitTicks`. Time, not answers, is counted:
   * every read round brings answers, and a busy leader has hundreds of them while a follower's disk works.
   */
  heartbeatAnswered(tick: number, limitTicks: number): boolean {
    if (this.#inflight.length === 0) return false;
    this.#unansweredSinceTick ??= tick;
    return tick - this.#unansweredSinceTick >= limitTicks;
  }

  #free(match: LogIndex): void {
    let freed = 0;
    for (const message of this.#inflight) {
      if (message.last > match) break;
      this.#inflightBytes -= message.bytes;
      freed += 1;
    }
    if (freed === 0) return;
    this.#inflight.splice(0, freed);
    this.#unansweredSinceTick = undefined;
    assert(this.#inflightBytes >= 0, 'bytes in flight are never negative');
  }

  #clear(): void {
    this.#inflight = [];
    this.#inflightBytes = 0;
    this.#unansweredSinceTick = undefined;
  }
}
