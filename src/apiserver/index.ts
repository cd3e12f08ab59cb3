// The door of the API server.
export * from './options.ts';
export { createApiServer } from './server.ts';
