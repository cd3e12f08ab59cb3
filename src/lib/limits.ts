// Limits that more than one room must agree on. A room's own limits are in its limits.ts. Units are in the names.

export const KIB = 1024;
export const MIB = 1024 * KIB;

/** Request bodies (Kubernetes' own limit; answered with 413). */
export const REQUEST_BODY_LIMIT_BYTES = 3 * MIB;
/** One stored object, encoded (etcd's default request limit, as Kubernetes users know it). */
export const OBJECT_LIMIT_BYTES = 1.5 * MIB;
/** Nesting of JSON and YAML bodies, found before parsing; deeper ones would overflow JSON.stringify. */
export const NESTING_LIMIT = 200;
/** One command in the Raft log: several objects at once, with room for their envelopes. */
export const COMMAND_LIMIT_BYTES = 8 * MIB;
