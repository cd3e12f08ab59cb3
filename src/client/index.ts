// The door of the client room.
export type * from './types.ts';
