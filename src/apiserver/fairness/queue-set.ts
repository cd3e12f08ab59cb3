// The queues and seats of one priority level, as a deterministic machine: time is what its callers say, hands are dealt elsewhere.
//
// Fair queuing over seat-milliseconds (Demers, Keshav and Shenker 1989, as Kubernetes adapted it to servers, KEP-1040):
// 1. `#progress` is what each queue with work was entitled to since the start: it grows by the seats that can be used, divided by
//    the queues that have something waiting or executing.
// 2. A queue's `start` is what it was charged. A dispatch charges a guess at once; the end of the request replaces it by the seats
//    it held times how long, and never by less than a minimum: so every dispatch moves its queue behind, and nobody waits for ever.
// 3. Of the heads of all queues the one goes first that would be done first: least `start` plus its own guess. A wide one that does
//    not fit yet holds the others back, or it would never fit.
// 4. Nobody saves up: `start` is never before the progress at which the head of the queue arrived.
//
// Invariant: each turn ends exactly once, as rejected, cancelled or finished. While the limit is not lowered, seats in use ≤ limit.
import { assert } from '../../lib/index.ts';
import { type Demand, DemandMeter } from './demand.ts';
import type { Hand } from './shuffle.ts';

/** What becomes of requests that find no seat. */
export type LimitRule =
  /** They need none: all are executed at once, and only counted. */
  | { readonly kind: 'exempt' }
  | { readonly kind: 'reject' }
  | { readonly kind: 'queue'; readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number };

/** How long a request is guessed to take, until it is known. */
export const SERVICE_GUESS_MS = 3;
/** Each is charged at least this: clocks are coarse. */
export const SERVICE_MIN_MS = 0.05;

export type TurnState = 'executing' | 'waiting' | 'rejected' | 'cancelled' | 'finished';

/** One request at a queue set. */
export interface Turn<T> {
  readonly of: T;
  /** Seats asked for. */
  readonly width: number;
  readonly state: TurnState;
  /** Seats held: never more than the limit was when it got them. */
  readonly seats: number;
}

interface OwnTurn<T> extends Turn<T> {
  state: TurnState;
  seats: number;
  queue: Queue<T> | undefined;
  arrivedAt: number;
  dispatchedMs: number;
}

interface Queue<T> {
  readonly index: number;
  readonly waiting: OwnTurn<T>[];
  waitingSeats: number;
  executing: number;
  start: number;
}

const NONE: readonly never[] = [];

export class QueueSet<T> {
  #rule: LimitRule;
  #limit: number;
  /** Queues that have anything waiting or executing, by index. */
  readonly #active = new Map<number, Queue<T>>();
  /** Those of them with anything waiting. */
  readonly #backlogged = new Set<Queue<T>>();
  readonly #demand: DemandMeter;
  #progress = 0;
  #progressMs: number;
  #executing = 0;
  #seatsInUse = 0;
  #waiting = 0;
  #seatsWaiting = 0;
  /** Turns the hand, so that idle queues are used evenly. */
  #arrivals = 0;
  /** The queue that was served last: others go first where all else is equal. */
  #lastServed = -1;

  constructor(rule: LimitRule, limit: number, nowMs: number) {
    this.#rule = rule;
    this.#limit = limit;
    this.#progressMs = nowMs;
    this.#demand = new DemandMeter(nowMs);
  }

  get limit(): number {
    return this.#limit;
  }
  get executing(): number {
    return this.#executing;
  }
  get seatsInUse(): number {
    return this.#seatsInUse;
  }
  get waiting(): number {
    return this.#waiting;
  }

  /** A request comes. Its turn is executing, waiting or rejected when this returns; no other turn changes. */
  arrive(of: T, width: number, hand: Hand, nowMs: number): Turn<T> {
    this.#advance(nowMs);
    const turn = {
      of,
      width,
      state: 'rejected',
      seats: 0,
      queue: undefined,
      arrivedAt: this.#progress,
      dispatchedMs: 0,
    };
    return this.#place(turn as OwnTurn<T>, hand, nowMs);
  }

  /** A request was answered. Returns the turns that begin to execute by that. */
  finish(turn: Turn<T>, nowMs: number): readonly Turn<T>[] {
    const own = turn as OwnTurn<T>;
    assert(own.state === 'executing', 'only a turn that executes can finish');
    this.#advance(nowMs);
    own.state = 'finished';
    this.#executing--;
    this.#seatsInUse -= own.seats;
    const { queue } = own;
    if (queue !== undefined) {
      const tookMs = Math.max(SERVICE_MIN_MS, nowMs - own.dispatchedMs);
      queue.start += own.seats * (tookMs - SERVICE_GUESS_MS);
      queue.executing--;
      this.#settle(queue);
    }
    return this.#dispatchAll(nowMs);
  }

  /** Whoever waited for it waits no more. Returns the turns that begin to execute by that. */
  cancel(turn: Turn<T>, nowMs: number): readonly Turn<T>[] {
    const own = turn as OwnTurn<T>;
    const { queue } = own;
    assert(own.state === 'waiting' && queue !== undefined, 'only a turn that waits can be cancelled');
    this.#advance(nowMs);
    this.#leave(queue, queue.waiting.indexOf(own));
    own.state = 'cancelled';
    this.#settle(queue);
    return this.#dispatchAll(nowMs);
  }

  /** Other rules, another limit, for those too that wait. Returns the turns that begin to execute by that. */
  configure(rule: LimitRule, limit: number, nowMs: number): readonly Turn<T>[] {
    this.#advance(nowMs);
    this.#rule = rule;
    this.#limit = limit;
    return this.#dispatchAll(nowMs);
  }

  /** The seats that were wanted, by those executing and those waiting, since the last call. */
  takeDemand(nowMs: number): Demand {
    return this.#demand.take(nowMs);
  }

  #place(turn: OwnTurn<T>, hand: Hand, nowMs: number): Turn<T> {
    const rule = this.#rule;
    if (rule.kind !== 'queue') {
      if (rule.kind === 'exempt' || this.#fits(turn)) this.#execute(turn, nowMs);
      return turn;
    }
    const queue = this.#choose(hand);
    if (this.#waiting === 0 && this.#fits(turn)) {
      this.#enter(queue);
      turn.queue = queue;
      this.#execute(turn, nowMs);
      return turn;
    }
    if (queue.waiting.length >= rule.queueLengthLimit) return turn;
    this.#enter(queue);
    this.#join(queue, turn);
    // The others were looked at when they came: only this one can go now.
    if (this.#next() === queue && queue.waiting[0] === turn && this.#fits(turn)) this.#dispatch(queue, nowMs);
    this.#noteDemand(nowMs);
    return turn;
  }

  /** The queue of the hand in which the least waits. */
  #choose(hand: Hand): Queue<T> {
    const turned = this.#arrivals % hand.length;
    this.#arrivals++;
    let best: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < hand.length && least > 0; at++) {
      const index = hand[(turned + at) % hand.length];
      const seats = index === undefined ? least : (this.#active.get(index)?.waitingSeats ?? 0);
      if (seats >= least) continue;
      best = index;
      least = seats;
    }
    assert(best !== undefined, 'a hand holds at least one queue');
    return this.#active.get(best) ?? { index: best, waiting: [], waitingSeats: 0, executing: 0, start: 0 };
  }

  /** A queue that had nothing to do begins at the progress of now. */
  #enter(queue: Queue<T>): void {
    if (this.#active.has(queue.index)) return;
    queue.start = this.#progress;
    this.#active.set(queue.index, queue);
  }

  #join(queue: Queue<T>, turn: OwnTurn<T>): void {
    turn.queue = queue;
    turn.state = 'waiting';
    queue.waiting.push(turn);
    queue.waitingSeats += turn.width;
    this.#waiting++;
    this.#seatsWaiting += turn.width;
    this.#backlogged.add(queue);
    this.#bound(queue);
  }

  #leave(queue: Queue<T>, at: number): OwnTurn<T> {
    const [turn] = queue.waiting.splice(at, 1);
    assert(turn !== undefined, 'a turn that waits is in its queue');
    queue.waitingSeats -= turn.width;
    this.#waiting--;
    this.#seatsWaiting -= turn.width;
    if (queue.waiting.length === 0) this.#backlogged.delete(queue);
    return turn;
  }

  /** After anything left a queue. */
  #settle(queue: Queue<T>): void {
    this.#bound(queue);
    if (queue.waiting.length === 0 && queue.executing === 0) this.#active.delete(queue.index);
  }

  #bound(queue: Queue<T>): void {
    const head = queue.waiting[0];
    if (head !== undefined && queue.start < head.arrivedAt) queue.start = head.arrivedAt;
  }

  /** What a turn would hold: one wider than the whole level takes all of it. */
  #seatsFor(turn: OwnTurn<T>): number {
    return Math.min(turn.width, this.#limit);
  }

  #fits(turn: OwnTurn<T>): boolean {
    return this.#limit > 0 && this.#seatsInUse + this.#seatsFor(turn) <= this.#limit;
  }

  #dispatchAll(nowMs: number): readonly Turn<T>[] {
    let begun: Turn<T>[] | undefined;
    for (let queue = this.#next(); queue !== undefined; queue = this.#next()) {
      const [head] = queue.waiting;
      if (head === undefined || !this.#fits(head)) break;
      begun ??= [];
      begun.push(this.#dispatch(queue, nowMs));
    }
    this.#noteDemand(nowMs);
    return begun ?? NONE;
  }

  #next(): Queue<T> | undefined {
    let best: Queue<T> | undefined;
    let soonest = Number.POSITIVE_INFINITY;
    for (const queue of this.#backlogged) {
      const [head] = queue.waiting;
      if (head === undefined) continue;
      const done = queue.start + this.#seatsFor(head) * SERVICE_GUESS_MS;
      if (done > soonest || (done === soonest && best !== undefined && !this.#isBefore(queue, best))) continue;
      best = queue;
      soonest = done;
    }
    return best;
  }

  /** In turn, from the queue after the one that was served last. */
  #isBefore(a: Queue<T>, b: Queue<T>): boolean {
    const aIsAhead = a.index > this.#lastServed;
    const bIsAhead = b.index > this.#lastServed;
    return aIsAhead === bIsAhead ? a.index < b.index : aIsAhead;
  }

  #dispatch(queue: Queue<T>, nowMs: number): Turn<T> {
    const turn = this.#leave(queue, 0);
    this.#lastServed = queue.index;
    this.#execute(turn, nowMs);
    this.#bound(queue);
    return turn;
  }

  #execute(turn: OwnTurn<T>, nowMs: number): void {
    const exempt = this.#rule.kind === 'exempt';
    turn.seats = exempt ? turn.width : this.#seatsFor(turn);
    turn.state = 'executing';
    turn.dispatchedMs = nowMs;
    this.#executing++;
    this.#seatsInUse += turn.seats;
    if (turn.queue !== undefined) {
      turn.queue.executing++;
      turn.queue.start += turn.seats * SERVICE_GUESS_MS;
    }
    this.#noteDemand(nowMs);
  }

  #noteDemand(nowMs: number): void {
    this.#demand.note(this.#seatsInUse + this.#seatsWaiting, nowMs);
  }

  #advance(nowMs: number): void {
    const passedMs = nowMs - this.#progressMs;
    if (passedMs <= 0) return;
    this.#progressMs = nowMs;
    if (this.#active.size === 0) return;
    const usable = Math.min(this.#seatsInUse + this.#seatsWaiting, this.#limit);
    this.#progress += (passedMs * usable) / this.#active.size;
  }
}
