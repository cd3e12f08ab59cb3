// The door of the consensus core.
export { createRaftCore } from './core.ts';
export { describeMembership, describeMessage, describeReady, describeStatus } from './describe.ts';
export { CORE_LIMITS, TICK_MS } from './limits.ts';
export { electorate, encodeMembership, everyMember, membershipOf, NO_MEMBERS, readMembership } from './membership.ts';
export { voteResult } from './quorum.ts';
export type * from './types.ts';
