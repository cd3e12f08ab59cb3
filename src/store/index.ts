// The door of the object store.
export * from './port.ts';
