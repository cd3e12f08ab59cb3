// The door of the object store.
export { withRevision } from './envelope.ts';
export { type KeyParts, keyRange, parseStoreKey, resourceRange, storeKey } from './key.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export * from './port.ts';
