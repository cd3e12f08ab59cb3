// The door of the Raft node.
export type * from './ports.ts';
