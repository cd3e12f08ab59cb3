// A request's place among the others, from its admission to its end.
import type { Flow } from './classifier.ts';
import type { Turn } from './queue-set.ts';

/** Who is told of a seat that is given back. */
export interface SeatOwner {
  released(seat: Seat): void;
}

export class Seat {
  readonly flow: Flow;
  /** Counts among readers, or among those who change things. */
  readonly reads: boolean;
  turn: Turn<Seat> | undefined;
  /** Called when a turn that waited begins to execute. */
  wake: (() => void) | undefined;
  readonly #owner: SeatOwner;
  #isKept = false;
  #isReleased = false;

  constructor(owner: SeatOwner, flow: Flow, reads: boolean) {
    this.#owner = owner;
    this.flow = flow;
    this.reads = reads;
  }

  /** Whoever calls this releases it, instead of the request's end. */
  keep(): void {
    this.#isKept = true;
  }

  /** The request's handler is done. */
  leave(): void {
    if (!this.#isKept) this.release();
  }

  /** Gives it back. Idempotent. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#owner.released(this);
  }
}
