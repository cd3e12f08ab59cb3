// The limits of the controllers, with their units in the names. Where Kubernetes has a figure, it is Kubernetes' figure.

/** Keys of one loop that are worked on at once. */
export const CONTROLLER_WORKERS = 5;

/** Pods that one ReplicaSet creates or deletes in one go. */
export const REPLICA_SET_BURST_PODS = 500;
/** The first batch of creations; each that succeeds doubles the next, so that a broken template fails once, not 500 times. */
export const SLOW_START_INITIAL_BATCH = 1;
/** Creations that no watch event confirmed are forgotten after this. */
export const EXPECTATION_TIMEOUT_MS = 5 * 60_000;

/** Old ReplicaSets kept when a Deployment does not say. */
export const REVISION_HISTORY_LIMIT_DEFAULT = 10;
/** Revisions remembered in a ReplicaSet's history annotation, in characters. */
export const REVISION_HISTORY_ANNOTATION_LIMIT = 2_000;
/** Seconds without progress after which a Deployment is called stuck, when it does not say. */
export const PROGRESS_DEADLINE_DEFAULT_SECONDS = 600;

/** Between two looks at all nodes. */
export const NODE_MONITOR_PERIOD_MS = 5_000;
/** A node that neither renewed its lease nor posted its status for so long is not heard of any more. */
export const NODE_MONITOR_GRACE_MS = 40_000;
/** The same for a node that never posted a Ready condition: its kubelet may still be starting. */
export const NODE_STARTUP_GRACE_MS = 60_000;
/** A look that comes so much too late, or a wall clock that ran so far ahead of the monotonic one, means that we slept. */
export const SLEEP_JUMP_MS = 15_000;
/** After a wake nobody is evicted for so long: nodes need time to be heard of again. */
export const WAKE_SUSPENSION_MS = 60_000;

/** Between two rounds of pod garbage collection. */
export const POD_GC_PERIOD_MS = 20_000;
/** A node must be absent for so long before its pods are deleted. */
export const POD_GC_QUARANTINE_MS = 40_000;
/** Finished pods that may stay in the cluster; beyond it the oldest go. */
export const TERMINATED_POD_LIMIT = 12_500;

/** An eviction that was granted, and whose pod is still there after this, counts as not having happened. */
export const DISRUPTION_TIMEOUT_MS = 2 * 60_000;

/** Endpoints in one EndpointSlice. */
export const ENDPOINTS_PER_SLICE = 100;
/** Addresses in one legacy Endpoints object; the rest is left out, and an annotation says so. */
export const ENDPOINTS_ADDRESS_LIMIT = 1_000;

/** Between two looks at a namespace whose contents are still going. */
export const NAMESPACE_POLL_MS = 1_000;
/** Objects read at once when those of a namespace are counted. */
export const NAMESPACE_LIST_LIMIT = 500;
/** Objects of a namespace that are deleted at once. */
export const NAMESPACE_DELETES_AT_ONCE = 20;

/** Deletions are gathered for so long before a quota is counted anew. */
export const QUOTA_GATHER_MS = 100;
/** A quota that has just begun to be enforced is counted again: what was under way then was not charged. */
export const QUOTA_RECHECK_MS = 1_000;
/** A status that somebody else changed is put right after this. */
export const QUOTA_RESTORE_MS = 10_000;
/** Between two counts of a quota of which nothing is heard. */
export const QUOTA_RESYNC_MS = 5 * 60_000;

/** Between two discoveries of the served resources. */
export const DISCOVERY_PERIOD_MS = 30_000;
/** First wait before a failed discovery is repeated while starting; doubles up to the period. */
export const DISCOVERY_RETRY_MS = 250;
/** Owners known to be absent, so that their dependents need not ask again one by one. */
export const ABSENT_OWNER_LIMIT = 500;
/** Objects whose owners are looked at at once. */
export const GARBAGE_WORKERS = 20;
/** An object that waits for its dependents is looked at again after this, should an event have been missed. */
export const GARBAGE_RECHECK_MS = 5_000;
