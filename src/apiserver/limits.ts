// The API server's limits. Units are in the names; what exceeds one gets the Status that Kubernetes gives.
import { KIB, MIB } from '../lib/index.ts';

/** A request that is no watch and no log. */
export const REQUEST_TIMEOUT_MS = 60_000;
/** How long a read waits for a revision that this server has not applied, before 504 (Kubernetes: 3 s). */
export const FUTURE_REVISION_WAIT_MS = 3_000;
/** Commit attempts of one request whose client named no resourceVersion, before it is told of the conflict. */
export const COMMIT_ATTEMPTS = 64;
/** Requests of one server that charge a namespace's quotas one right after the other, before other servers are given way. */
export const TURNS_IN_A_ROW = 8;
/** Names tried for one generateName before 409 AlreadyExists. */
export const GENERATE_NAME_ATTEMPTS = 8;

/** All headers of a request together (node's default is 16 KiB; kubectl's tokens and cookies fit). */
export const HEADER_LIMIT_BYTES = 32 * KIB;
export const HEADERS_TIMEOUT_MS = 30_000;
/** Receiving a whole request, body included. */
export const RECEIVE_TIMEOUT_MS = 60_000;
export const KEEP_ALIVE_TIMEOUT_MS = 120_000;
/** How often connections are looked through for those that wait for longer. */
export const CONNECTION_SWEEP_PERIOD_MS = 10_000;
/** Bytes that a client may send ahead of its answers before it is read no further. */
export const AHEAD_LIMIT_BYTES = 64 * KIB;
/** So much of a body is taken before anybody wants it. */
export const UNASKED_BODY_LIMIT_BYTES = 64 * KIB;
/** Streams of one HTTP/2 connection at a time (Kubernetes' --http2-max-streams-per-connection: 250 by default). */
export const HTTP2_STREAMS_LIMIT = 250;
/** Fields of one request's headers. */
export const HTTP2_HEADERS_LIMIT = 128;
/** Megabytes that node:http2 may hold for one connection; while it holds more, new streams are refused. */
export const HTTP2_SESSION_MEMORY_MB = 64;
/** Streams that a client resets: so many at once, and then so many a second, before its connection is ended. */
export const HTTP2_RESETS_LIMIT = 500;
export const HTTP2_RESETS_PER_SECOND = 25;
/** Frames that break a rule, and streams beyond what is allowed, before a connection is ended. */
export const HTTP2_INVALID_FRAMES_LIMIT = 100;
export const HTTP2_REFUSED_STREAMS_LIMIT = 100;
/** Looks at the connections (CONNECTION_SWEEP_PERIOD_MS) for which an HTTP/2 client may leave a ping unanswered. */
export const HTTP2_SILENT_SWEEPS_MAX = KEEP_ALIVE_TIMEOUT_MS / CONNECTION_SWEEP_PERIOD_MS;
/** Requests that are worked on at a time: the seats that priority levels share (Kubernetes adds the same two limits up). */
export const IN_FLIGHT_LIMIT = 400;
export const MUTATING_IN_FLIGHT_LIMIT = 200;
/** A priority level refuses so many requests at once, and then so many in a second: the others of a crowd are told no later. */
export const REFUSALS_AT_ONCE = 50;
export const REFUSALS_PER_SECOND = 250;
/** The longest that a refusal is held back; beyond that a level refuses as fast as it is asked. */
export const REFUSAL_HELD_LIMIT_MS = 2_000;
/** The widest request, in seats, and how many objects a list reads for one. */
export const SEATS_PER_REQUEST_LIMIT = 10;
export const OBJECTS_PER_SEAT = 100;
/** A request waits for a seat no longer than this part of its timeout, nor than so long. */
export const QUEUE_WAIT_SHARE = 1 / 4;
export const QUEUE_WAIT_LIMIT_MS = 60_000;
/** A watch that begins with a list holds its seats until that is sent, and no longer than this. */
export const WATCH_SEAT_LIMIT_MS = 15_000;
/** How often priority levels lend and borrow seats anew. */
export const SEAT_SHARING_PERIOD_MS = 10_000;
/**
 * What a level borrows whose borrowingLimitPercent says nothing, in percent of its own seats. Kubernetes sets no limit then; but here one
 * thread does the work, and a level with all the seats of the server would make everybody else as late as its own crowd.
 */
export const BORROWING_DEFAULT_PERCENT = 100;
/** A main thread that is busy for this part of its time has nothing to lend: more at a time would only make all of it later. */
export const SEAT_LENDING_BUSY_LIMIT = 0.8;
/** Flows of one flow schema whose queues are remembered. */
export const FLOWS_REMEMBERED = 4_096;
/** Seconds in the Retry-After of an administrator's 429. */
export const RETRY_AFTER_SECONDS = 1;

/** A watch that asks for no timeout ends after 30 to 60 minutes, at random, so that reconnects spread. */
export const WATCH_TIMEOUT_MIN_SECONDS = 1_800;
export const WATCH_BOOKMARK_PERIOD_MS = 60_000;
/** Between two rounds of writing to watchers; longer, up to the maximum, the longer a round takes. */
export const WATCH_PAUSE_MIN_MS = 5;
export const WATCH_PAUSE_MAX_MS = 60;
/** So much for one watcher is written at once. */
export const WATCH_ROUND_BYTES = 256 * KIB;
/** What may wait for one slow watcher's socket before its stream is ended. */
export const WATCH_BUDGET_BYTES = 16 * MIB;
/** Frames from a watching WebSocket client: it has nothing to say. */
export const WEBSOCKET_PAYLOAD_LIMIT_BYTES = 16 * KIB;
/** WebSocket pings keep proxies from ending idle watches. */
export const WEBSOCKET_PING_PERIOD_MS = 20_000;

/** Longer answers are compressed for clients that offer it; shorter ones are not worth it. */
export const GZIP_THRESHOLD_BYTES = 128 * KIB;
/** Fast rather than small: loopback and LAN links outrun slow compression. */
export const GZIP_LEVEL = 1;

/** A longer answer is sent in slices of this, the event loop being free in between. */
export const STREAM_SLICE_BYTES = 256 * KIB;
/** Indented answers go no deeper to the right: an object that nests as deep as it may would become two hundred times as long. */
export const PRETTY_LEVELS_MAX = 32;
/** A slice that takes longer to make (tables are computed) ends before it is full. */
export const STREAM_SLICE_MS = 8;

/** Verified service-account tokens that are remembered. */
export const TOKEN_CACHE_ENTRIES = 4_096;
/** A remembered token is looked at again after this long. */
export const TOKEN_CACHE_MS = 10_000;
/** TokenRequest: what a caller may ask for. */
export const TOKEN_MIN_SECONDS = 600;
export const TOKEN_MAX_SECONDS = 2 ** 32;
export const TOKEN_DEFAULT_SECONDS = 3_600;

/** Events are deleted after this long (Kubernetes' --event-ttl). */
export const EVENT_TTL_MS = 3_600_000;
export const EVENT_SWEEP_PERIOD_MS = 60_000;
/** Events deleted by one command of the sweeper. */
export const EVENT_SWEEP_BATCH = 500;

/** Evictions that a disruption budget remembers; with more outstanding, it grants no further one (Kubernetes: 2000). */
export const DISRUPTED_PODS_LIMIT = 2_000;

/** Opening a connection to a kubelet. */
export const KUBELET_CONNECT_TIMEOUT_MS = 10_000;
/** How long stop() waits for requests in flight before it closes their connections. */
export const DRAIN_TIMEOUT_MS = 5_000;
/** The longest name of any object, in characters (DNS subdomain, and Kubernetes' limit for the others). */
export const NAME_LIMIT = 253;
/** What is read of a kubelet's refusal. */
export const KUBELET_ANSWER_LIMIT_BYTES = 16 * KIB;
/** How often a leader that could not create the first objects tries again. */
export const BOOTSTRAP_RETRY_MS = 1_000;
/** How often it looks whether they are all still there (Kubernetes: 10 s for its service). */
export const BOOTSTRAP_KEEP_MS = 10_000;
/** A server that the leader has not heard of for so long is no endpoint of the API any more. */
export const API_SERVER_SILENCE_MS = 4_000;
/** How often the records of service addresses are compared with the services (Kubernetes: 3 min). */
export const ADDRESS_REPAIR_PERIOD_MS = 180_000;
/** Repairs in one command. */
export const ADDRESS_REPAIR_BATCH = 500;

/** What administrators send to /quorate/v1/. */
export const ADMIN_BODY_LIMIT_BYTES = 64 * KIB;
/** Changes of members in one step. */
export const MEMBER_CHANGES_LIMIT = 16;

/** Snapshots of the state that one server sends at a time: each holds a view of its database open … */
export const SNAPSHOTS_LIMIT = 2;
/** … and is given up when its client takes nothing for so long. */
export const SNAPSHOT_IDLE_LIMIT_MS = 30_000;
