// Planted bugs of liveness: a cluster that is safe and stands still, or a server that is well and cannot take part.
import type { PlantedSection } from './bug.ts';

export const LIVENESS: PlantedSection = {
  section: 'Liveness',
  bugs: [
    {
      name: 'no-first-entry',
      trap: 'A new leader appends nothing of its own term, and can commit nothing that it inherited.',
      file: 'raft/core/election.ts',
      find: "  appendOwn(state, 'noop', NO_DATA);\n",
      replace: '',
    },
    {
      name: 'no-check-quorum',
      trap: 'A leader that no majority hears goes on believing that it leads.',
      file: 'raft/core/core.ts',
      find: 'if (state.tick - majorityHeardAtTick(state, leading) >= state.limits.electionTimeoutMinTicks) {',
      replace: 'if (state.tick < 0) {',
    },
    {
      name: 'no-pre-vote',
      trap: "A rejoining server's higher term topples a good leader.",
      file: 'raft/core/election.ts',
      find: 'if (isAlone || state.electionElapsed >= state.electionTimeout) preCampaign(state);',
      replace: 'if (isAlone || state.electionElapsed >= state.electionTimeout) campaign(state, false);',
    },
  ],
};
