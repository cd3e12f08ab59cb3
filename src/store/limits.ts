// The limits of the object store, with their units and reasons. What exceeds one gets a clear error or is bounded by
// waiting; never silence.
import { COMMAND_LIMIT_BYTES, KIB, MIB, OBJECT_LIMIT_BYTES } from '../lib/index.ts';

export { COMMAND_LIMIT_BYTES, OBJECT_LIMIT_BYTES };

/** Keys are `<resource>/<namespace>/<name>`: three DNS names at most. */
export const KEY_LIMIT_CHARACTERS = 1024;
/** Conditions and writes of one command. */
export const COMMAND_LIMIT_PARTS = 4096;
/** Commits accepted here whose outcome is not known yet, those given up by their callers among them. */
export const PENDING_LIMIT_COMMANDS = 20_000;
export const PENDING_LIMIT_BYTES = 64 * MIB;
/** Applied changes that the state database has not taken yet; beyond it this server accepts no commits. */
export const WRITE_BEHIND_LIMIT_BYTES = 128 * MIB;
/** So many changes are given to the state database at once (copying them takes this thread a few milliseconds) … */
export const STATE_FLUSH_BYTES = 2 * MIB;
/** … fewer after so long. */
export const STATE_FLUSH_DELAY_MS = 200;

/** Superseded versions are kept this long (house.md, decision 4) … */
export const HISTORY_LIMIT_MS = 5 * 60_000;
/** … or until they take this much, whichever comes first; compaction then drops the older half. */
export const HISTORY_LIMIT_BYTES = 128 * MIB;
/** How often the leader looks whether there is something to compact. */
export const HISTORY_MARK_MS = 15_000;
/** Changes forgotten by one compaction entry: it runs within one turn on every server. */
export const COMPACTION_STEP_CHANGES = 20_000;
/** Changes between two remembered roots of the tree: what an old snapshot costs to rebuild. */
export const HISTORY_SEGMENT_CHANGES = 4096;
/** Rebuilt old snapshots that are kept, for lists continued page by page. */
export const HISTORY_CACHE_SNAPSHOTS = 8;

/** Changes looked at in one turn when a watch catches up from history. */
export const REPLAY_LIMIT_CHANGES = 2048;

/** How often a store looks after itself: asks again, re-sends, compacts. */
export const HOUSEKEEPING_MS = 500;
/** Commits sent and not yet applied; further ones wait their turn, so that a leader is never flooded by one server. */
export const SEND_WINDOW_BYTES = 8 * MIB;
/** Batches of commits sent and not yet applied; what comes meanwhile goes together with the next one. */
export const SEND_WINDOW_BATCHES = 2;
/** Questions to the leader that have no answer yet; reads that come meanwhile share the next one. */
export const READ_QUESTIONS_LIMIT = 2;
/** For which part of the time that a batch was under way the next one waits for as many again, and for how long at most. */
export const COMPANY_SHARE = 0.25;
export const COMPANY_LIMIT_MS = 5;
/** How long to wait before sending again what the same leader has dropped. */
export const RESEND_DELAY_MS = 10;
/** A commit whose outcome is unknown for so long is sent again even though nothing seems to be lost. */
export const RESEND_AFTER_MS = 5_000;

/** Records of one chunk of a snapshot: what each end of a transfer holds in memory. One record alone may be larger. */
export const SNAPSHOT_CHUNK_BYTES = 512 * KIB;
/** How often a transfer looks after itself: offers or asks again. */
export const SNAPSHOT_RETRY_MS = 1_000;
/** A receiver gives up after so many questions without an answer … */
export const SNAPSHOT_ASK_LIMIT = 10;
/** … and a sender when it has heard nothing for so long: it holds a view of the database open. */
export const SNAPSHOT_IDLE_LIMIT_MS = 4_000;
/** Keys removed at once from the place of a former state. */
export const SLOT_CLEAR_KEYS = 1_000;

/** States are compared this long after the last time, if something was applied since … */
export const CHECKPOINT_PERIOD_MS = 10_000;
/** … or after so many commands. */
export const CHECKPOINT_ENTRIES = 10_000;
/** A checkpoint or a claim that was not seen applied for so long is proposed again. */
export const CHECKPOINT_RETRY_MS = 5_000;
/** Checkpoints that a server remembers, so that the claims of laggards are still judged. */
export const CHECKPOINTS_KEPT = 8;

/** Below so much free disk only deletions, leases and internal entries are accepted (house.md, decision 12) … */
export const DISK_RESERVE_BYTES = 256 * MIB;
/** … until there is so many times as much, so that a server does not change its mind with each write. */
export const DISK_RECOVERED_FACTOR = 1.25;
/** How often the free disk space is asked for. */
export const DISK_POLL_MS = 500;
/** A leader low on disk asks again after so long which member could lead. */
export const DISK_HANDOVER_RETRY_MS = 2_000;

/** LevelDB's own buffers. */
export const LEVEL_CACHE_BYTES = 2 * MIB;
export const LEVEL_WRITE_BUFFER_BYTES = 8 * MIB;
/** Entries taken from LevelDB at once while loading, and their bytes: it reads so much ahead. */
export const LEVEL_READ_ENTRIES = 1000;
export const LEVEL_READ_BYTES = 256 * KIB;

/** How long a transfer of leadership is waited for: the core gives it up after one election timeout (500 ms). */
export const TRANSFER_LIMIT_MS = 2_000;

/** One chunk of an archive: a record at its limit, with room to spare. A longer one is damage. */
export const ARCHIVE_CHUNK_LIMIT_BYTES = 64 * MIB;
/** How far restore and recover raise the revision: further than any client can have seen (house.md, decision 11). */
export const RESTORED_REVISION_DISTANCE = 1_000_000_000;
/** Log entries replayed at once by offline tools. */
export const REPLAY_LIMIT_BYTES = 4 * MIB;
