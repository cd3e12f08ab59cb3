// The limits of the adapters: sockets, queues and reconnects. Times in milliseconds, sizes in bytes.
import { COMMAND_LIMIT_BYTES, KIB, MIB } from '../../src/lib/index.ts';

/** Messages are put into one frame until it holds this much. */
export const FRAME_TARGET_BYTES = 256 * KIB;
/** The largest frame that is accepted: one message is at most one command beyond the limits of the core. */
export const FRAME_LIMIT_BYTES = COMMAND_LIMIT_BYTES + 8 * MIB;
/** Bytes that wait for one peer's socket; further messages are dropped, and the node is told so. */
export const SEND_QUEUE_LIMIT_BYTES = 32 * MIB;
/** How often it is looked whether a full queue has drained. */
export const DRAIN_CHECK_MS = 500;
/** A greeting is small; what is larger comes from no peer. */
export const GREETING_LIMIT_BYTES = 4 * KIB;
/** Connecting, TLS and greeting together. */
export const GREETING_LIMIT_MS = 2_000;
/** The pause before a peer is dialled again: doubled from the first to the longest, reset by a success. */
export const REDIAL_FIRST_MS = 50;
export const REDIAL_LONGEST_MS = 1_000;
/** Connections are probed this often, and given up at a probe when nothing was heard for the limit: the second after a silence began. */
export const PING_PERIOD_MS = 2_000;
export const SILENCE_LIMIT_MS = 3_500;
/** Connections that have not greeted yet, of all remote ends together. */
export const UNGREETED_LIMIT = 32;
/** So many times damaged files are set aside; then the disk itself is in doubt. */
export const QUARANTINE_LIMIT = 8;
/** Zeroes written at once when a file is extended. */
export const ZERO_CHUNK_BYTES = MIB;
/** How long a socket may take to say goodbye before it is destroyed. */
export const CLOSE_LIMIT_MS = 250;
/** The longest path of a Unix socket that every supported system takes. */
export const SOCKET_PATH_LIMIT_BYTES = 100;
/** What a close frame may say (RFC 6455 §5.5), less a little. */
export const CLOSE_REASON_LIMIT_BYTES = 120;
/** Connections to the Raft endpoint, whoever makes them. */
export const CONNECTION_LIMIT = 256;
/** The Raft thread's event loop is asked so often how late it is: each time wakes the machine, so not oftener than it pays. */
export const LOOP_DELAY_RESOLUTION_MS = 200;
/** … and tells what it found for so long at a time. */
export const LOOP_DELAY_WINDOW_MS = 10_000;
