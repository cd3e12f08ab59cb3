// One queue of a priority level, and what its requests have had of the seats, in seat-milliseconds.
import { assert } from '../../lib/index.ts';

/** How long a request is guessed to take, until it has taken longer. */
export const SERVICE_GUESS_MS = 3;
/** Each is charged at least this: clocks are coarse. */
const SERVICE_MIN_MS = 0.05;

/** What a queue has to know of a turn. */
export interface Queued {
  readonly width: number;
  readonly seats: number;
  readonly dispatchedMs: number;
}

export class Queue<T extends Queued> {
  readonly index: number;
  readonly waiting: T[] = [];
  /** Of all that wait. */
  waitingSeats = 0;
  #executing = 0;
  #seatsInUse = 0;
  /** Seats in use times the moments since when. */
  #seatsSinceMs = 0;
  /** For what has finished. */
  #charged = 0;

  constructor(index: number) {
    this.index = index;
  }

  get isIdle(): boolean {
    return this.#executing === 0 && this.waiting.length === 0;
  }

  /** What it has had until now; those under way count with a guess, or what they took so far where that is more. */
  had(nowMs: number): number {
    const soFar = this.#seatsInUse * nowMs - this.#seatsSinceMs;
    return this.#charged + Math.max(this.#seatsInUse * SERVICE_GUESS_MS, soFar);
  }

  /** It is taken to have had at least so much. */
  raiseTo(least: number, nowMs: number): void {
    this.#charged += Math.max(0, least - this.had(nowMs));
  }

  join(turn: T): void {
    this.waiting.push(turn);
    this.waitingSeats += turn.width;
  }

  /** One that waits no more: the first, unless another is named. */
  leave(turn: T | undefined = this.waiting[0]): T {
    const at = turn === undefined ? -1 : this.waiting.indexOf(turn);
    assert(turn !== undefined && at >= 0, 'a turn that waits is in its queue');
    this.waiting.splice(at, 1);
    this.waitingSeats -= turn.width;
    return turn;
  }

  began({ seats, dispatchedMs }: T): void {
    this.#executing++;
    this.#seatsInUse += seats;
    this.#seatsSinceMs += seats * dispatchedMs;
  }

  finished({ seats, dispatchedMs }: T, nowMs: number): void {
    this.#charged += seats * Math.max(SERVICE_MIN_MS, nowMs - dispatchedMs);
    this.#executing--;
    this.#seatsInUse -= seats;
    // What rounding leaves ends with the last of them.
    this.#seatsSinceMs = this.#executing === 0 ? 0 : this.#seatsSinceMs - seats * dispatchedMs;
  }
}
