// The limits of the scheduler. Units are in the names; where upstream has the same limit, the value is upstream's.

/** A pod that failed waits so long, doubled with each attempt up to the second. */
export const POD_BACKOFF_MIN_MS = 1_000;
export const POD_BACKOFF_MAX_MS = 10_000;
/** A pod that nothing woke is tried again after so long … */
export const UNSCHEDULABLE_LIMIT_MS = 300_000;
/** … found by a look at all of them this often. */
export const UNSCHEDULABLE_CHECK_MS = 30_000;
/** A bound pod that no watch confirmed is forgotten after this, and its room is free again. */
export const ASSUMED_POD_LIMIT_MS = 60_000;
/** Bindings and status writes under way at once; deciding waits for a free one. */
export const WRITES_IN_FLIGHT = 64;
/** Permit plugins may hold a pod back so long. */
export const PERMIT_LIMIT_MS = 900_000;
/** One binding, over all API servers. */
export const BIND_TIMEOUT_MS = 15_000;
/** Decisions in a row before other work of the process gets its turn. */
export const DECISIONS_PER_TURN = 16;

/** Clusters up to this size are searched in full; larger ones until so many nodes (or a share of all) were found. */
export const FEASIBLE_NODES_MIN = 100;
export const FEASIBLE_NODES_MIN_PERCENT = 5;

/** Scores of a plugin go from 0 to this. */
export const SCORE_MAX = 100;
/** What a container counts for in scores when it requests nothing. */
export const ASSUMED_MILLI_CPU = 100;
export const ASSUMED_MEMORY_BYTES = 200 * 1024 * 1024;
