// The limits of the chaos room. Times in milliseconds.

/** A request that takes longer than this has failed: servers wait out elections for at most 60 s. */
export const REQUEST_TIMEOUT_MS = 65_000;
/** Until a killed server is ready again. */
export const RECOVERY_TIMEOUT_MS = 120_000;
export const POLL_MS = 50;
/** A server that hangs, or sleeps, is not whole. */
export const STATUS_TIMEOUT_MS = 2_000;
/** … where what is waited for is measured. */
export const SHORT_POLL_MS = 5;
/** Until what follows the start of a cluster is over: caches fill, code is compiled, components elect their leaders. */
export const SETTLE_MS = 3_000;
/** Writes go on for so long before each fault, so that the gap has an edge on both sides … */
export const CALM_BEFORE_FAULT_MS = 250;
/** … and for so long after the cluster is whole again. */
export const CALM_AFTER_FAULT_MS = 250;
/** Bars of a printed histogram, at most. */
export const HISTOGRAM_BARS = 20;
/** Reads that wait at a leader that sleeps or is cut off … */
export const READS_BEFORE_WAKING = 4;
/** … and for how long more of them follow. */
export const READS_AFTER_WAKING_MS = 500;
export const READ_PAUSE_MS = 20;
/** A killed process has been missed, and is being started again, after this long. */
export const RESTART_NOTICED_MS = 500;
/** A soak's request: longer than any fault, so that only a lost cause ends it. */
export const SOAK_REQUEST_TIMEOUT_MS = 20_000;
/** A client's pause when nobody accepts its connection. */
export const REFUSED_PAUSE_MS = 100;
/** Members of one set. */
export const SET_MEMBERS = 100;
/** A composer's pause between two families, on average … */
export const FAMILY_PAUSE_MS = 400;
/** … of which so many are read again. */
export const RECENT_FAMILIES = 10;
/** A watcher goes to another server after so long … */
export const WATCH_SHORTEST_MS = 500;
export const WATCH_LONGEST_MS = 15_000;
/** … or when it hears nothing for so long, bookmarks included. */
export const WATCH_SILENT_MS = 5_000;
/** All watchers have seen the last write after this long. */
export const LAST_EVENT_TIMEOUT_MS = 30_000;
/** A server whose disk takes nothing goes out within this time, or a promise is broken (how fast is for the bars). */
export const OUT_PATIENCE_MS = 10_000;
/** Syncs hang for so long: a leader hands over after two seconds (house.md, decision 8) … */
export const HANG_MS = 4_000;
/** … and another one leads by then. */
export const HAND_OVER_LIMIT_MS = 3_800;
/** A slow disk. */
export const SLOW_SYNC_MS = 40;
export const SLOW_WRITE_MS = 2;
/** Certificates are valid from five minutes before they were made on: a clock is put back by less. */
export const CLOCK_STEP_SHORTEST_MS = 30_000;
export const CLOCK_STEP_LONGEST_MS = 270_000;
/** A server's own file system. Its file is sparse: it takes what is written, not this. */
export const DISK_BYTES = 2 * 1024 ** 3;
/** A server with a damaged file is whole, or has asked to be replaced, after this long … */
export const REPAIR_LIMIT_MS = 60_000;
/** … and two of three that could be neither have halted. */
export const HALT_LIMIT_MS = 25_000;
/** A server whose file was damaged under it runs on for so long before it is killed. */
export const DAMAGED_RUN_MS = 300;
/** Before a power cut syncs are held for so long, so that there is something that they did not save. */
export const UNSYNCED_MS = 250;
/** What is left of a disk that is filled into its reserve of 256 MiB … */
export const IN_RESERVE_BYTES = 128 * 1024 ** 2;
/** … which the server, which looks every second, has noticed by then. */
export const RESERVE_NOTICED_MS = 10_000;
/** Servers hash their states at most ten seconds after a write; all have done so by then. */
export const CHECKPOINT_WAIT_MS = 60_000;
