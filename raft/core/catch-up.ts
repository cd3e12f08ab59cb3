// Whether a learner keeps up (dissertation §4.2.1): it is replicated to in rounds, each up to where the log ended when the
// round began. A round that took less than an election timeout shows that as a voter it would hold nobody up for longer.
import type { Progress } from './progress.ts';
import type { LogIndex } from './types.ts';

export class CatchUp {
  /** What the round under way is to reach. */
  #target: LogIndex;
  #beganAtTick: number;
  /** How long the last whole round took. */
  #lastTicks: number | undefined;

  constructor(target: LogIndex, tick: number) {
    this.#target = target;
    this.#beganAtTick = tick;
  }

  /** The learner was heard: the next round begins when it has reached the target of this one. */
  heard(peer: Progress, lastIndex: LogIndex, tick: number): void {
    if (peer.match < this.#target) return;
    this.#lastTicks = tick - this.#beganAtTick;
    this.#target = lastIndex;
    this.#beganAtTick = tick;
  }

  /** Invariant: true only while rounds are short, the one under way included. */
  isCaughtUp(peer: Progress, tick: number, limitTicks: number): boolean {
    if (peer.state !== 'replicate' || this.#lastTicks === undefined) return false;
    return this.#lastTicks < limitTicks && tick - this.#beganAtTick < limitTicks;
  }
}
