// The kubelet's limits, each with its unit. The figures are Kubernetes' own where a user could notice.
import { KIB, MIB } from '../lib/index.ts';

/** How often the node's Lease is renewed, and how long it is valid. */
export const LEASE_RENEW_MS = 10_000;
export const LEASE_DURATION_SECONDS = 40;
/** How often the node's status is looked at, and how often it is written although nothing changed. */
export const NODE_STATUS_CHECK_MS = 10_000;
export const NODE_STATUS_REPORT_MS = 300_000;
/** Between attempts to register the node. */
export const REGISTRATION_RETRY_MS = 1_000;
/** A runtime that does not answer for so long makes the node NotReady. */
export const RUNTIME_SILENCE_MS = 30_000;

/** Crash-loop back-off: first delay, greatest delay, and how long a container must run to start anew. */
export const CRASH_BACKOFF_FIRST_MS = 10_000;
export const CRASH_BACKOFF_LIMIT_MS = 300_000;
export const CRASH_BACKOFF_RESET_MS = 600_000;
/** Image pulls back off the same way. */
export const IMAGE_BACKOFF_FIRST_MS = 10_000;
export const IMAGE_BACKOFF_LIMIT_MS = 300_000;
export const IMAGE_PULL_TIMEOUT_MS = 15 * 60_000;
/** Image pulls at the same time. */
export const PARALLEL_IMAGE_PULLS = 3;
/** How long a failed step of a pod (a missing ConfigMap, a refused sandbox) waits: doubles from the first to the second. */
export const POD_RETRY_FIRST_MS = 1_000;
export const POD_RETRY_LIMIT_MS = 10_000;
/** A pod is looked at so often even when nothing says that it changed (the safety net under runtime events). */
export const POD_RESYNC_MS = 60_000;
/** How often the runtime is asked for pods that the API does not know. */
export const ORPHAN_SWEEP_MS = 60_000;
/** Volumes from ConfigMaps, Secrets and tokens are looked at so often. */
export const VOLUME_REFRESH_MS = 60_000;
/** A token is renewed after this share of its life, or at this age. */
export const TOKEN_REFRESH_SHARE = 0.8;
export const TOKEN_REFRESH_AGE_MS = 24 * 3_600_000;
export const TOKEN_DEFAULT_SECONDS = 3_600;
/** Least time between the kill signal's deadline and now when a preStop hook has used the grace up. */
export const MINIMUM_GRACE_SECONDS = 2;
export const DEFAULT_GRACE_SECONDS = 30;
/** A postStart or preStop hook of kind httpGet or tcpSocket. */
export const HOOK_TIMEOUT_MS = 30_000;

export const EXEC_OUTPUT_LIMIT_BYTES = 10 * KIB;
export const PROBE_DETAIL_LIMIT_CHARACTERS = 1_024;
export const TERMINATION_MESSAGE_LIMIT_BYTES = 4 * KIB;
export const TERMINATION_LOG_LINES = 80;
export const TERMINATION_LOG_LIMIT_BYTES = 2 * KIB;
/** Images reported in a node's status. */
export const NODE_IMAGES_LIMIT = 50;
export const PODS_PER_NODE = 110;
/** The log the simulated runtime keeps per container. */
export const SIMULATED_LOG_LINES = 1_000;
/** A status that could not be written is tried again. */
export const STATUS_RETRY_MS = 1_000;
/** One line from Docker's event stream, and the wait before a broken stream is opened again. */
export const RUNTIME_EVENT_LIMIT_BYTES = MIB;
export const RUNTIME_EVENTS_RETRY_MS = 1_000;
/** Request heads to the kubelet's server must be in after so long. */
export const SERVER_HEADERS_TIMEOUT_MS = 10_000;
