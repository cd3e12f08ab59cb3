// The queues and seats of one priority level, as a deterministic machine: time is what its callers say, hands are dealt elsewhere.
//
// Start-time fair queuing (Goyal, Vin and Cheng 1996) over seat-milliseconds:
// 1. A queue is charged the seats that its requests hold times how long, as it goes (queue.ts), and never nothing: so every dispatch
//    moves its queue behind. The queue that has had least goes first. Its head may be too wide for what is free: then it holds the
//    others back, or it would never fit.
// 2. `#virtual` is what the queue had that was served last. One that has had less when it begins to wait is taken to have had as
//    much: nobody saves up. One that has had more is remembered though it goes empty: nobody gets rid of it by that.
// 3. When a first turn has to wait, all queues are taken to have had as much as the one that had most: use of what was enough is no
//    debt. `#virtual` is what they will have had when one of their requests ends, so that newcomers are not behind all of them.
//
// Invariant: each turn ends exactly once, as rejected, cancelled or finished. While the limit is not lowered, seats in use ≤ limit.
import { assert } from '../../lib/index.ts';
import { type Demand, DemandMeter } from './demand.ts';
import { Queue, SERVICE_GUESS_MS } from './queue.ts';
import type { Hand } from './shuffle.ts';

/** What becomes of requests that find no seat. */
export type LimitRule =
  /** They need none: all are executed at once, and only counted. */
  | { readonly kind: 'exempt' }
  | { readonly kind: 'reject' }
  | { readonly kind: 'queue'; readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number };

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
  queue: Queue<OwnTurn<T>> | undefined;
  dispatchedMs: number;
}

const NONE: readonly never[] = [];

export class QueueSet<T> {
  #rule: LimitRule;
  #limit: number;
  /** By index: those with anything to do, and those that have had more than others who wait. */
  readonly #queues = new Map<number, Queue<OwnTurn<T>>>();
  /** Those with anything waiting. */
  readonly #backlogged = new Set<Queue<OwnTurn<T>>>();
  readonly #demand: DemandMeter;
  #virtual = 0;
  #executing = 0;
  #seatsInUse = 0;
  #waiting = 0;
  #seatsWaiting = 0;
  /** Turns the hand, so that idle queues are used evenly. */
  #arrivals = 0;
  /** The index of the queue that was served last: others go first where all else is equal. */
  #lastServed = -1;

  constructor(rule: LimitRule, limit: number, nowMs: number) {
    this.#rule = rule;
    this.#limit = limit;
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
    const rule = this.#rule;
    const turn: OwnTurn<T> = { of, width, state: 'rejected', seats: 0, queue: undefined, dispatchedMs: 0 };
    if (rule.kind !== 'queue') {
      if (rule.kind === 'exempt' || this.#fits(turn)) this.#execute(turn, nowMs);
      return turn;
    }
    const queue = this.#choose(hand);
    if (this.#waiting === 0 && this.#fits(turn)) {
      this.#queues.set(queue.index, queue);
      turn.queue = queue;
      this.#execute(turn, nowMs);
    } else if (queue.waiting.length < rule.queueLengthLimit) {
      this.#join(queue, turn, nowMs);
      // The others were looked at when they came: only this one can go now.
      if (this.#next(nowMs) === queue && queue.waiting[0] === turn && this.#fits(turn)) this.#dispatch(queue, nowMs);
    }
    return turn;
  }

  /** A request was answered. Returns the turns that begin to execute by that. */
  finish(turn: Turn<T>, nowMs: number): readonly Turn<T>[] {
    const own = turn as OwnTurn<T>;
    assert(own.state === 'executing', 'only a turn that executes can finish');
    own.state = 'finished';
    this.#executing--;
    this.#seatsInUse -= own.seats;
    const { queue } = own;
    if (queue !== undefined) {
      queue.finished(own, nowMs);
      this.#forget(queue, nowMs);
    }
    return this.#dispatchAll(nowMs);
  }

  /** Whoever waited for it waits no more. Returns the turns that begin to execute by that. */
  cancel(turn: Turn<T>, nowMs: number): readonly Turn<T>[] {
    const own = turn as OwnTurn<T>;
    const { queue } = own;
    assert(own.state === 'waiting' && queue !== undefined, 'only a turn that waits can be cancelled');
    own.state = 'cancelled';
    this.#leave(queue, own);
    this.#forget(queue, nowMs);
    return this.#dispatchAll(nowMs);
  }

  /** Other rules, another limit, for those too that wait. Returns the turns that begin to execute by that. */
  configure(rule: LimitRule, limit: number, nowMs: number): readonly Turn<T>[] {
    this.#rule = rule;
    this.#limit = limit;
    return this.#dispatchAll(nowMs);
  }

  /** The seats that were wanted, by those executing and those waiting, since the last call. */
  takeDemand(nowMs: number): Demand {
    return this.#demand.take(nowMs);
  }

  /** The queue of the hand in which the least waits. */
  #choose(hand: Hand): Queue<OwnTurn<T>> {
    const turned = this.#arrivals % hand.length;
    this.#arrivals++;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < hand.length && least > 0; at++) {
      const index = hand[(turned + at) % hand.length] ?? -1;
      const seats = this.#queues.get(index)?.waitingSeats ?? 0;
      if (seats >= least) continue;
      best = index;
      least = seats;
    }
    assert(best >= 0, 'a hand holds at least one queue');
    return this.#queues.get(best) ?? new Queue(best);
  }

  #join(queue: Queue<OwnTurn<T>>, turn: OwnTurn<T>, nowMs: number): void {
    if (this.#waiting === 0) this.#beginWaiting(nowMs);
    if (queue.waiting.length === 0) queue.raiseTo(this.#virtual, nowMs);
    turn.queue = queue;
    turn.state = 'waiting';
    queue.join(turn);
    this.#queues.set(queue.index, queue);
    this.#backlogged.add(queue);
    this.#waiting++;
    this.#seatsWaiting += turn.width;
    this.#noteDemand(nowMs);
  }

  #beginWaiting(nowMs: number): void {
    let most = 0;
    for (const queue of this.#queues.values()) {
      most = Math.max(most, queue.had(nowMs));
      if (queue.isIdle) this.#queues.delete(queue.index);
    }
    for (const queue of this.#queues.values()) queue.raiseTo(most, nowMs);
    this.#virtual = Math.max(this.#virtual, most - SERVICE_GUESS_MS);
  }

  #leave(queue: Queue<OwnTurn<T>>, named?: OwnTurn<T>): OwnTurn<T> {
    const turn = queue.leave(named);
    this.#waiting--;
    this.#seatsWaiting -= turn.width;
    if (queue.waiting.length === 0) this.#backlogged.delete(queue);
    return turn;
  }

  /** Unless it has had more than others who wait. */
  #forget(queue: Queue<OwnTurn<T>>, nowMs: number): void {
    if (!queue.isIdle) return;
    if (this.#waiting === 0 || queue.had(nowMs) <= this.#virtual) this.#queues.delete(queue.index);
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
    for (let queue = this.#next(nowMs); queue !== undefined; queue = this.#next(nowMs)) {
      const [head] = queue.waiting;
      if (head === undefined || !this.#fits(head)) break;
      begun ??= [];
      begun.push(this.#dispatch(queue, nowMs));
    }
    this.#noteDemand(nowMs);
    return begun ?? NONE;
  }

  /** The queue that has had least. */
  #next(nowMs: number): Queue<OwnTurn<T>> | undefined {
    let best: Queue<OwnTurn<T>> | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const queue of this.#backlogged) {
      const had = queue.had(nowMs);
      if (had > least || (had === least && best !== undefined && !this.#isBefore(queue, best))) continue;
      best = queue;
      least = had;
    }
    return best;
  }

  /** In turn, from the queue after the one that was served last. */
  #isBefore(a: Queue<OwnTurn<T>>, b: Queue<OwnTurn<T>>): boolean {
    const aIsAhead = a.index > this.#lastServed;
    const bIsAhead = b.index > this.#lastServed;
    return aIsAhead === bIsAhead ? a.index < b.index : aIsAhead;
  }

  #dispatch(queue: Queue<OwnTurn<T>>, nowMs: number): Turn<T> {
    this.#virtual = Math.max(this.#virtual, queue.had(nowMs));
    this.#lastServed = queue.index;
    const turn = this.#leave(queue);
    this.#execute(turn, nowMs);
    return turn;
  }

  #execute(turn: OwnTurn<T>, nowMs: number): void {
    turn.seats = this.#rule.kind === 'exempt' ? turn.width : this.#seatsFor(turn);
    turn.state = 'executing';
    turn.dispatchedMs = nowMs;
    this.#executing++;
    this.#seatsInUse += turn.seats;
    turn.queue?.began(turn);
    this.#noteDemand(nowMs);
  }

  #noteDemand(nowMs: number): void {
    this.#demand.note(this.#seatsInUse + this.#seatsWaiting, nowMs);
  }
}
