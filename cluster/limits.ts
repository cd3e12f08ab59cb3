// The limits of running a local cluster. Times in milliseconds.
import { MIB } from '../src/lib/index.ts';

/** Servers of one cluster: odd numbers tolerate failures best, more than seven only cost. */
export const SERVERS_MAX = 7;
export const WORKERS_MAX = 100;
/** What `--disk-reserve` may ask for: room for a few deletions at least, and no more than disks have. */
export const DISK_RESERVE_MIN_BYTES = 16 * MIB;
export const DISK_RESERVE_MAX_BYTES = 1024 * 1024 * MIB;
/** Distance of the port blocks from the load balancer's port: servers follow it at once. */
export const RAFT_PORT_OFFSET = 11;
export const KUBELET_PORT_OFFSET = 21;
export const PORT_MAX = 65_535;

/** A process that dies is restarted after this long, doubled at each death up to the maximum … */
export const RESTART_DELAY_MIN_MS = 100;
export const RESTART_DELAY_MAX_MS = 10_000;
/** … and forgiven after it has lived this long. */
export const RESTART_FORGIVEN_AFTER_MS = 5_000;
/** From SIGTERM to SIGKILL: servers hand over leadership, workers stop their pods. */
export const STOP_GRACE_MS = 45_000;
/** How often processes that are not our children (adopted ones) are looked at. */
export const ADOPTED_CHECK_MS = 250;

/** How often the supervisor looks whether cluster.json has changed, and components whether their configuration has. */
export const TOPOLOGY_CHECK_MS = 250;
export const CONFIG_CHECK_MS = 500;
/** A new server that was started before its configuration is there looks for it so often, and for so long. */
export const CONFIG_AWAITED_CHECK_MS = 5;
export const CONFIG_AWAITED_LIMIT_MS = 30_000;
/** A change of cluster.json waits this long for another one; each holds it for milliseconds, a starting `up` for seconds. */
export const TOPOLOGY_LOCK_TIMEOUT_MS = 15_000;
export const TOPOLOGY_LOCK_POLL_MS = 10;

/** The load balancer: one health question per server each … */
export const HEALTH_PERIOD_MS = 1_000;
export const HEALTH_TIMEOUT_MS = 900;
/** Longest part of a server's explanation that is kept, and of any answer that is read. */
export const REASON_LIMIT_CHARS = 500;
export const ANSWER_LIMIT_CHARS = 100_000;
/** A server that leaves so many health questions in a row unanswered hangs: its connections are ended. */
export const SILENT_PROBES_MAX = 3;
/** A server that does not accept within this time is passed over. */
export const CONNECT_TIMEOUT_MS = 1_000;
/** Connections the load balancer holds at once; further ones are closed at once. */
export const CONNECTIONS_MAX = 10_000;

/** `up` gives up waiting for the cluster after this long, with the reason of whoever is not ready. */
export const READY_TIMEOUT_MS = 60_000;
export const READY_POLL_MS = 50;
/** Workers start when the servers are ready, and after so long whether they are or not. */
export const SERVERS_FIRST_LIMIT_MS = 5_000;

export const DAY_MS = 86_400_000;
/** Certificates: the cluster's authority and what it signs. In days. */
export const CA_VALIDITY_DAYS = 3_650;
export const CERTIFICATE_VALIDITY_DAYS = 365;
/** A certificate with less time left is made anew by the next `up`. */
export const CERTIFICATE_RENEW_BEFORE_DAYS = 120;

/** Changes of members: how long a leader is looked for, and one is waited for that refuses for a passing reason … */
export const LEADER_TIMEOUT_MS = 15_000;
export const LEADER_POLL_MS = 150;
export const CHANGE_RETRY_TIMEOUT_MS = 60_000;
/** … how long one request for a change may take … */
export const CHANGE_TIMEOUT_MS = 15_000;
/** … a new server's process to answer, and one that is removed to end with its data moved aside … */
export const SERVER_START_TIMEOUT_MS = 60_000;
export const SERVER_END_TIMEOUT_MS = 90_000;
/** … and a new member to come closer to the leader's log by one entry. */
export const CATCH_UP_STALL_MS = 120_000;
export const MEMBER_POLL_MS = 200;
/** Before a server is removed, clients are sent elsewhere; what is under way there has this long to end. */
export const LEAVING_NOTICE_MS = 1_500;
/** A learner this close to the leader's log has caught up. */
export const CAUGHT_UP_ENTRIES = 100;
