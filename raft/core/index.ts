// The door of the consensus core.
export { createRaftCore } from './core.ts';
export { describeMessage, describeReady, describeStatus } from './describe.ts';
export { CORE_LIMITS, TICK_MS } from './limits.ts';
export type * from './types.ts';
