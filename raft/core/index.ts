// The door of the consensus core.
export type * from './types.ts';
