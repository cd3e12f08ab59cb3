// The limits of the client room. Units are in the names.
import { MIB } from '../lib/index.ts';

/** One request, over all endpoints and repetitions (Kubernetes' own default for the server's side is the same). */
export const REQUEST_TIMEOUT_MS = 60_000;
/** Until the head of an answer arrives at one endpoint, where another may be tried. Longer than any election. */
export const ATTEMPT_TIMEOUT_MS = 10_000;
/** Until a TCP (and TLS) connection stands. */
export const CONNECT_TIMEOUT_MS = 3_000;
/** Wait before the same endpoint is tried again after a failure: doubles from the first to the second. */
export const ENDPOINT_BACKOFF_MIN_MS = 50;
export const ENDPOINT_BACKOFF_MAX_MS = 1_000;
/** The longest Retry-After that is obeyed. */
export const RETRY_AFTER_MAX_MS = 30_000;
/** Connections per endpoint; further requests queue inside the pool. */
export const CONNECTIONS_PER_ENDPOINT = 16;
/** An idle connection is closed by us after this, before a server's own limit (Node.js: 5 s) can race with a request. */
export const KEEP_ALIVE_MS = 4_000;
/** No API server has answered for so long: the log says so. A server that dies is followed by another much sooner. */
export const OUTAGE_TOLD_AFTER_MS = 1_000;
/** While that lasts, or a watch is refused again and again, the log says so again after so long. */
export const REMINDER_PERIOD_MS = 30_000;
/** One answer, decoded in memory at once (a list of everything in a large cluster). */
export const RESPONSE_LIMIT_BYTES = 512 * MIB;

/** One watch event: an object at its limit of 1.5 MiB, doubled by escapes, with room for its wrapping. */
export const WATCH_MESSAGE_LIMIT_BYTES = 8 * MIB;
/** Until the WebSocket handshake is answered: a server may first wait for the revision asked for. */
export const WATCH_HANDSHAKE_TIMEOUT_MS = 10_000;
/** How often we ping a server whose watches heard nothing … */
export const WATCH_PING_PERIOD_MS = 5_000;
/** … and after how much silence (no event, bookmark, ping or pong) a watch is opened anew elsewhere. */
export const WATCH_SILENCE_LIMIT_MS = 15_000;
/** A watch that heard nothing for so long pings, whatever the others heard: the server itself pings more often. */
export const WATCH_OWN_SILENCE_MS = 25_000;
/** A watch that brought neither event nor bookmark (one comes each minute) for so long is stuck, whatever its pongs say. */
export const WATCH_QUIET_LIMIT_MS = 150_000;
/** A watch that ended by a failure is reopened after a wait that doubles from the first to the second. */
export const WATCH_BACKOFF_MIN_MS = 20;
export const WATCH_BACKOFF_MAX_MS = 5_000;

/** A key that fails is tried again after a wait that doubles from the first to the second. */
export const QUEUE_BACKOFF_MIN_MS = 5;
export const QUEUE_BACKOFF_MAX_MS = 30_000;

/**
 * Leader election (client-go: 15 s, 10 s, 2 s; shorter here, because the fence makes an early takeover safe).
 * A lease is free this long after another process saw its last renewal.
 */
export const LEASE_DURATION_MS = 6_000;
/** A leader that could not renew for so long stops leading. */
export const LEASE_RENEW_DEADLINE_MS = 5_000;
/** Between renewals; after a failed one, and between attempts to acquire where the lease cannot be watched, less. */
export const LEASE_RETRY_PERIOD_MS = 2_000;
/** Giving the lease up at shutdown may take so long. */
export const LEASE_RELEASE_TIMEOUT_MS = 2_000;

/** Events that wait to be written; more are dropped. */
export const EVENT_QUEUE_LIMIT = 1_000;
/** Event series remembered for counting, and objects remembered for the rate limit. */
export const EVENT_CACHE_LIMIT = 4_096;
/** Different messages of one object and reason within the interval, beyond which they are combined into one event. */
export const EVENT_SIMILAR_LIMIT = 10;
export const EVENT_SIMILAR_INTERVAL_MS = 600_000;
/** Events of one component about one object: a burst, then one per period. */
export const EVENT_BURST = 25;
export const EVENT_REFILL_MS = 300_000;
/** Writing one event may take so long, all repetitions included. */
export const EVENT_WRITE_TIMEOUT_MS = 10_000;
/** Characters of an event's message; the rest is cut (core/v1 allows 1 KiB). */
export const EVENT_MESSAGE_LIMIT = 1_024;
