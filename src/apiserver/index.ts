// The door of the API server.
export * from './options.ts';
