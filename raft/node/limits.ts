// The limits of the Raft node and its log. Times in milliseconds, sizes in bytes, as the names say.
import { KIB, MIB } from '../../src/lib/index.ts';

/** A segment of the log is closed when the next batch would pass this; one batch alone may be larger. */
export const SEGMENT_LIMIT_BYTES = 16 * MIB;
/** A segment is allocated in steps of this size, so that no append waits for a whole segment to be zeroed. */
export const SEGMENT_STEP_BYTES = 2 * MIB;
/** Entry data kept in memory behind the end of the log; older entries are read from their segments. */
export const RECENT_LIMIT_BYTES = 32 * MIB;
/** Closed segments that stay although the state holds what is in them, so that a member that was away for a while needs no snapshot. */
export const KEPT_LIMIT_BYTES = 64 * MIB;
/** Closed segments that stay while a follower is being sent what is in them; beyond, even a follower that keeps up is sent a snapshot. */
export const LAGGARD_LIMIT_BYTES = 512 * MIB;
/** How long what follows a snapshot stays for a follower that has installed it, and has not answered since. */
export const INSTALLED_WAIT_MS = 10_000;
/** One payload in the log: a command at its limit, with room to spare. A longer one on disk is damage. */
export const RECORD_PAYLOAD_LIMIT_BYTES = 64 * MIB;
/** The longest cluster or member id, encoded in UTF-8. */
export const ID_LIMIT_BYTES = 255;
/** Commands handed to the core at once; a turn with more is handed over in several pieces. */
export const PROPOSAL_BATCH_LIMIT_BYTES = MIB;
/** Commands waiting for the next turn of the node; more are refused and re-sent by their owner. */
export const PROPOSAL_QUEUE_LIMIT_BYTES = 64 * MIB;
/** Committed data handed to the state machine that it has not applied yet; the rest waits in the log. */
export const APPLY_BACKLOG_LIMIT_BYTES = 32 * MIB;
/** Committed data in one delivery to the state machine. */
export const DELIVERY_LIMIT_BYTES = 512 * KIB;
/** How often the owner of a state machine tells how far it has come: the backlog is far larger than what comes in so long. */
export const PROGRESS_PERIOD_MS = 20;
/** A leader whose disk needs longer for one batch hands leadership over (house.md, decision 8). */
export const DISK_STALL_LIMIT_MS = 2_000;
/** A leader whose state machine applies nothing of what waits for this long hands leadership over. */
export const APPLY_STALL_LIMIT_MS = 5_000;
/** Ticks that may pass at once: less than half of the shortest election timeout. */
export const QUIET_LIMIT_TICKS = 12;
/** How long a removed member stays, so that what was asked of it is answered. */
export const REMOVED_WAIT_MS = 1_000;
/** How often a leader whose state is lost, and not repaired yet, tries to hand leadership over. */
export const STATELESS_LEAD_MS = 1_000;
/** How often the Raft side tells the main thread its status, if that has changed. */
export const STATUS_PERIOD_MS = 500;
/** How long stop() waits for the Raft side before it is given up. */
export const STOP_LIMIT_MS = 5_000;
