// The door of the API room: Kubernetes' API as data and pure functions.
export type * from './definition.ts';
export type * from './object.ts';
export type * from './types.ts';
