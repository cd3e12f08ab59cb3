// The door of the object store.
export { type DiskSpace, nodeDiskSpace } from './disk/disk-space.ts';
export { withRevision } from './envelope.ts';
export { type KeyParts, keyRange, parseStoreKey, resourceRange, storeKey } from './key.ts';
export * from './membership-port.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export * from './port.ts';
export { createReplicatedStore, type ReplicatedStore } from './replicated-store.ts';
export type { ReplicatedStoreOptions } from './replicated-store-options.ts';
export { StateDamageError } from './state/damage.ts';
export type { KeyValue, KeyValueEntry, KeyValueOperation } from './state/key-value.ts';
export { openLevelKeyValue } from './state/level-key-value.ts';
export { type MemoryContents, memoryKeyValue } from './state/memory-key-value.ts';
