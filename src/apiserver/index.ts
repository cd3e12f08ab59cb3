// The door of the API server.
export { Fairness } from './fairness/fairness.ts';
export type { AppContext } from './http/env.ts';
export * from './options.ts';
export { parseRequest } from './request-info/parse.ts';
export { createApiServer } from './server.ts';
