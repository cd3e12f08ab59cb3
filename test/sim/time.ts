// Virtual time: one queue of events for the whole simulated world, and the clocks of its processes. Nothing happens but
// by an event; events at the same microsecond happen in the order in which they were made. Same seed, same order.
import type { Clock, Timer } from '../../src/lib/index.ts';

/** Microseconds since the beginning of the run. */
export type Micros = number;

export const MS: Micros = 1_000;
export const SECOND: Micros = 1_000_000;

/** One incarnation of a process: its events end with it, and wait while it is paused (SIGSTOP, a long collection). */
export interface Incarnation {
  readonly name: string;
  alive: boolean;
  pausedUntil: Micros;
  /** What has happened to it while it is paused, in order. */
  readonly held: (() => void)[];
}

interface Event {
  readonly at: Micros;
  readonly sequence: number;
  readonly owner: Incarnation | undefined;
  run: (() => void) | undefined;
}

export class Scheduler {
  now: Micros = 0;
  /** Events carried out. */
  steps = 0;
  readonly #heap: Event[] = [];
  #sequence = 0;

  /** Calls `run` at `delay` from now. Events of an owner wait while it is paused, and are dropped when it is dead. */
  after(delay: Micros, run: () => void, owner?: Incarnation): Timer {
    return this.#push(this.now + Math.max(0, Math.round(delay)), run, owner);
  }

  #push(at: Micros, run: () => void, owner: Incarnation | undefined): Timer {
    this.#sequence += 1;
    const event: Event = { at, sequence: this.#sequence, owner, run };
    this.#heap.push(event);
    this.#up(this.#heap.length - 1);
    return {
      cancel() {
        event.run = undefined;
      },
    };
  }

  /** Carries out the next event. Returns false when there is none before `until`. */
  step(until: Micros): boolean {
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.at > until) {
        this.now = Math.max(this.now, until);
        return false;
      }
      this.#pop();
      const { run, owner } = event;
      if (run === undefined || owner?.alive === false) continue;
      if (owner !== undefined && owner.pausedUntil > event.at) {
        owner.held.push(() => event.run?.());
        continue;
      }
      this.now = Math.max(this.now, event.at);
      this.steps += 1;
      run();
      return true;
    }
  }

  /** Stops a process until then, or wakes it. */
  pause(owner: Incarnation, until: Micros): void {
    // Whole, or the event that wakes it would come a part of a microsecond early.
    owner.pausedUntil = Math.round(until);
    this.after(owner.pausedUntil - this.now, () => {
      if (owner.pausedUntil > this.now) return;
      for (const run of owner.held.splice(0)) this.after(0, run, owner);
    });
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      let least = at;
      for (const child of [left, left + 1]) if (this.#before(child, least)) least = child;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #up(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >>> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #before(a: number, b: number): boolean {
    const one = this.#heap[a];
    const other = this.#heap[b];
    if (one === undefined || other === undefined) return false;
    return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
  }

  #swap(a: number, b: number): void {
    const one = this.#heap[a];
    const other = this.#heap[b];
    if (one === undefined || other === undefined) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}

/** The clock of one process. Its wall time is off by `skew.ms`, which may change. */
export function virtualClock(scheduler: Scheduler, owner: Incarnation, skew: { readonly ms: number }): Clock {
  const epochMs = 1_800_000_000_000;
  return {
    now: () => epochMs + Math.floor(skew.ms) + Math.floor(scheduler.now / MS),
    monotonic: () => scheduler.now / MS,
    timer: (delayMs, fire) => scheduler.after(delayMs * MS, fire, owner),
  };
}

/**
 * Lets every promise that can go on do so. A tick that is asked for by a promise's continuation comes when the queue of
 * microtasks is empty, whatever its length; and the event loop, with its system calls, is not gone through for each event.
 * To be called from such a continuation only: simulate() sees to that.
 */
export function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
