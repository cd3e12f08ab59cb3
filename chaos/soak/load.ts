// How much clients do to a cluster while it is hurt.

export interface Load {
  /** Registers that all clients share. */
  readonly keys: number;
  /** Clients of one server each, beside one at each server that fills sets. */
  readonly pinned: number;
  /** Clients that come through the load balancer. */
  readonly roaming: number;
  readonly watchers: number;
  /** Clients that read the parts of families, beside one that creates them; none: neither, and no watchers of them. */
  readonly families: number;
  /** A client's pause between two operations, on average. */
  readonly pauseMs: number;
}

/** Enough of everything for the checkers to work on. */
export const FULL_LOAD: Load = { keys: 50, pinned: 13, roaming: 4, watchers: 3, families: 2, pauseMs: 38 };

/** For gaps: an acknowledgement every few milliseconds, from so few clients that they are not what is measured. */
export const STEADY_LOAD: Load = { keys: 50, pinned: 6, roaming: 1, watchers: 2, families: 0, pauseMs: 15 };
