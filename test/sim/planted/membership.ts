// Planted bugs of membership: who counts, when a change may begin, and who is told of it.
import type { PlantedSection } from './bug.ts';

export const MEMBERSHIP: PlantedSection = {
  section: 'Membership',
  bugs: [
    {
      name: 'concurrent-changes',
      trap: 'A change begins while another is not committed.',
      file: 'raft/core/change.ts',
      find: '  if (!isSettled(state)) return',
      replace: '  if (state.tick < 0) return',
    },
    {
      name: 'one-half-decides',
      trap: 'While a membership is joint, a majority of the new voters alone commits.',
      file: 'raft/core/quorum.ts',
      find: '  return Math.min(reached, before) as T;\n',
      replace: '  return Math.max(reached, before === undefined ? 0 : reached) as T;\n',
    },
    {
      name: 'learners-count',
      trap: 'A learner counts in the quorum before it votes.',
      file: 'raft/core/quorum.ts',
      find: '  const reached = majorityReached(voters, reachedBy);\n',
      replace: '  const reached = majorityReached([...voters, ...membership.learners], reachedBy);\n',
    },
    {
      name: 'joint-for-ever',
      trap: 'Nobody leaves the joint membership: it needs two majorities for ever.',
      file: 'raft/core/change.ts',
      find: '  if (isJoint(current)) appendMembership(state, leading, afterJoint(current));\n  else if',
      replace: '  if',
    },
    {
      name: 'change-takes-effect-late',
      trap: 'A member goes by the newest committed membership instead of the newest in its log.',
      file: 'raft/core/memberships.ts',
      find: "return defined(this.#held.at(-1), 'a membership');",
      replace: "return defined(this.#held[0], 'a membership');",
    },
    {
      name: 'snapshot-without-members',
      trap: 'A member that was sent the state does not learn from it who the members are.',
      file: 'raft/core/following.ts',
      find: '  state.memberships.reset(snapshot.membership);\n',
      replace: '',
    },
  ],
};
